-- no-transaction
-- Which content of that id it is.
alter table deliveries add column if not exists slot integer;

-- no-transaction
-- The envelope id under which a content came with this arrival for the first time. Null where it had come under that id
-- before, or has none.
alter table deliveries add column if not exists envelope_id text collate "C";

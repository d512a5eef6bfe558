-- no-transaction
create index if not exists inbox_waits_for on inbox (waits_for) where waits_for is not null;

-- no-transaction
create index if not exists deliveries_digest on deliveries (digest);

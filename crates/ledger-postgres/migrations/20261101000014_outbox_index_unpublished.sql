-- no-transaction
create index if not exists outbox_unpublished on outbox (recorded_at)
where published_at is null and not set_aside;

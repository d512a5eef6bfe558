-- no-transaction
-- A lock: two processors that each see only one of two contents of one id conflict.
create unique index if not exists deliveries_envelope on deliveries (envelope_id, slot);

-- The envelope id under which a content came with this arrival for the first time, and which content of that id it is.
-- Null where it had come under that id before, or has none.
alter table deliveries add column envelope_id text;
alter table deliveries add column slot integer;

create unique index deliveries_envelope on deliveries (envelope_id, slot) where envelope_id is not null;

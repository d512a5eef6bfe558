-- no-transaction
-- For verifying, which goes stream by stream.
create index if not exists keys_stream on keys (stream);

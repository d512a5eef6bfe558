-- no-transaction
create index if not exists streams_due on streams (due_at, stream) where due_at is not null;

-- no-transaction
-- The ledger. Append-only: the primary key is the optimistic lock.
create table if not exists events (
    stream text collate "C" not null,
    version bigint not null,
    event_id text not null,
    kind text not null,
    schema integer not null,
    payload text not null,
    cause text not null,
    occurred_at bigint not null,
    recorded_at bigint not null,
    previous text not null,
    hash text not null,
    constraint events_pkey primary key (stream, version)
);

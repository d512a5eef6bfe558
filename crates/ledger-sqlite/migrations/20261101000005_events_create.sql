-- The ledger. Append-only; the primary key is the optimistic lock.
create table events (
    stream text not null,
    version integer not null,
    event_id text not null,
    kind text not null,
    schema integer not null,
    payload text not null,
    cause text not null,
    occurred_at integer not null,
    recorded_at integer not null,
    previous text not null,
    hash text not null,
    constraint events_pkey primary key (stream, version)
) strict;

-- no-transaction
-- A row a stream: snapshot, lock and read model. Built again from events at any time.
create table if not exists streams (
    stream text collate "C" not null,
    version bigint not null,
    touched bigint not null,
    head text not null,
    fold integer not null,
    facts text not null,
    concluded text not null,
    due_at bigint,
    constraint streams_pkey primary key (stream)
);

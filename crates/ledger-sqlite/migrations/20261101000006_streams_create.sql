-- A row a stream: snapshot, lock and read model. Built again from events at any time.
create table streams (
    stream text not null primary key,
    version integer not null,
    touched integer not null,
    head text not null,
    fold integer not null,
    facts text not null,
    concluded text not null,
    due_at integer
) strict;

create index streams_due on streams (due_at, stream) where due_at is not null;

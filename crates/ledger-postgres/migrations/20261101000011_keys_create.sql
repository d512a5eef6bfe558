-- no-transaction
-- From what streams say to the streams. Built again from events at any time.
create table if not exists keys (
    kind text collate "C" not null,
    value text collate "C" not null,
    hi bigint not null,
    stream text collate "C" not null,
    lo bigint not null,
    constraint keys_pkey primary key (kind, value, hi, stream, lo)
);

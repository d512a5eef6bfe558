-- no-transaction
-- What became of each notification. The greatest number counts. Append-only.
create table if not exists outcomes (
    digest text collate "C" not null,
    number integer not null,
    outcome text not null,
    reason text not null,
    waits_for text not null,
    streams text not null,
    recorded_at bigint not null,
    constraint outcomes_pkey primary key (digest, number)
);

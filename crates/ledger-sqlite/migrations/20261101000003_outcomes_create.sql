-- What became of each notification; the greatest number counts. Append-only.
create table outcomes (
    digest text not null,
    number integer not null,
    outcome text not null,
    reason text not null,
    waits_for text not null,
    streams text not null,
    recorded_at integer not null,
    primary key (digest, number)
) strict, without rowid;

-- One row an arrival. Append-only.
create table deliveries (
    id text not null primary key,
    digest text not null,
    via text not null,
    received_at integer not null
) strict, without rowid;

create index deliveries_digest on deliveries (digest);

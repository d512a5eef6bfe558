-- no-transaction
-- One row an arrival. Append-only.
create table if not exists deliveries (
    id text collate "C" not null,
    digest text collate "C" not null,
    via text not null,
    received_at bigint not null,
    constraint deliveries_pkey primary key (id)
);

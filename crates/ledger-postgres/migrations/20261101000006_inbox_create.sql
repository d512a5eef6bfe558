-- no-transaction
-- The notifications whose latest outcome waits for something. Derived from outcomes, written with them.
create table if not exists inbox (
    digest text collate "C" not null,
    number integer not null,
    outcome text not null,
    -- Null where a person or a newer version is awaited rather than a fact.
    waits_for text collate "C",
    constraint inbox_pkey primary key (digest)
);

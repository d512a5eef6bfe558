-- The notifications whose latest outcome waits for something. Derived from outcomes, written with them.
create table inbox (
    digest text not null primary key,
    number integer not null,
    outcome text not null,
    -- Null where a person or a newer version is awaited rather than a fact.
    waits_for text
) strict, without rowid;

create index inbox_waits_for on inbox (waits_for) where waits_for is not null;

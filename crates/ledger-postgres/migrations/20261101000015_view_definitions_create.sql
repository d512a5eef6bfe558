-- no-transaction
-- The views as they were made, so that they are made again only when their definitions change.
create table if not exists view_definitions (
    name text collate "C" not null,
    definition text not null,
    constraint view_definitions_pkey primary key (name)
);

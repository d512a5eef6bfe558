-- The views as they were made, so that they are made again only when their definitions change.
create table view_definitions (
    name text not null primary key,
    definition text not null
) strict, without rowid;

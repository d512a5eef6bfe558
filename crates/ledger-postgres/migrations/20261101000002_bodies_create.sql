-- no-transaction
-- Raw bodies, in two parts of at most 512 KiB. A table of their own: the only one of the log whose rows may
-- change, when a body is erased (both parts null).
create table if not exists bodies (
    digest text collate "C" not null,
    head bytea,
    rest bytea,
    constraint bodies_pkey primary key (digest)
);

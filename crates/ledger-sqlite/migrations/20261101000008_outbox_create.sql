-- Public events to be published.
create table outbox (
    stream text not null,
    version integer not null,
    event_id text not null,
    detail_type text not null,
    recorded_at integer not null,
    set_aside integer not null,
    published_at integer,
    attempts integer not null,
    last_error text not null,
    primary key (stream, version)
) strict, without rowid;

create index outbox_unpublished on outbox (recorded_at) where published_at is null and set_aside = 0;

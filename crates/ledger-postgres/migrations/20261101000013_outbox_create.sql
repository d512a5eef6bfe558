-- no-transaction
-- Public events to be published.
create table if not exists outbox (
    stream text collate "C" not null,
    version bigint not null,
    event_id text not null,
    detail_type text not null,
    recorded_at bigint not null,
    set_aside boolean not null,
    published_at bigint,
    attempts integer not null,
    last_error text not null,
    constraint outbox_pkey primary key (stream, version)
);

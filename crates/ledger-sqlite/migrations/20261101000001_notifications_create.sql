-- What AWS sent, each content once. The body is the last column and usually in the row's own page.
create table notifications (
    digest text not null primary key,
    -- Null where there is none, so that only real ids are unique.
    envelope_id text,
    slot integer not null,
    source text not null,
    detail_type text not null,
    account text not null,
    event_time integer,
    received_at integer not null,
    size integer not null,
    -- Null once erased.
    body blob,
    constraint notifications_envelope unique (envelope_id, slot)
) strict;

-- no-transaction
-- What AWS sent, each content once, without its body.
create table if not exists notifications (
    digest text collate "C" not null,
    -- Null where there is none, so that only real ids are unique.
    envelope_id text collate "C",
    slot integer not null,
    source text not null,
    detail_type text not null,
    account text not null,
    event_time bigint,
    received_at bigint not null,
    size bigint not null,
    constraint notifications_pkey primary key (digest),
    constraint notifications_envelope unique (envelope_id, slot)
);

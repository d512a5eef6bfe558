-- From what streams say to the streams. Built again from events at any time.
create table keys (
    kind text not null,
    value text not null,
    hi integer not null,
    stream text not null,
    lo integer not null,
    primary key (kind, value, hi, stream, lo)
) strict, without rowid;

-- For verifying, which goes stream by stream.
create index keys_stream on keys (stream);

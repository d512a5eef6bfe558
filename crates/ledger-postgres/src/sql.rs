//! Every statement of the store. Rows and lists arrive as arrays, one a column, so that their number does not change the
//! text. `tests.rs` holds all of it against what Aurora DSQL lacks.

use crate::connect::Server;

/// So many bytes of a body go to `head`, the others to `rest`: a column of Aurora DSQL holds 1 MiB with its overhead.
pub(crate) const HEAD_BYTES: usize = 512 * 1024;

pub(crate) const BEGIN: &str = "begin isolation level repeatable read";
pub(crate) const BEGIN_SNAPSHOT: &str = "begin isolation level repeatable read read only";
/// Aurora DSQL has no other level, and does not document the words for one.
pub(crate) const BEGIN_DSQL: &str = "begin";
pub(crate) const BEGIN_SNAPSHOT_DSQL: &str = "begin read only";

/// [`SESSION`] for the transaction alone: its server process is another client's after it.
macro_rules! pooled {
    ($begin:literal) => {
        concat!(
            $begin,
            "; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; set local enable_hashjoin = off; \
             set local enable_mergejoin = off; set local jit = off"
        )
    };
}

pub(crate) const BEGIN_POOLED: &str = pooled!("begin isolation level repeatable read");
pub(crate) const BEGIN_SNAPSHOT_POOLED: &str =
    pooled!("begin isolation level repeatable read read only");

/// Begins a transaction that writes.
pub(crate) const fn begin(server: Server) -> &'static str {
    match server {
        Server::Postgres => BEGIN,
        Server::Pooled => BEGIN_POOLED,
        Server::Dsql => BEGIN_DSQL,
    }
}

/// Begins a transaction that only reads.
pub(crate) const fn begin_snapshot(server: Server) -> &'static str {
    match server {
        Server::Postgres => BEGIN_SNAPSHOT,
        Server::Pooled => BEGIN_SNAPSHOT_POOLED,
        Server::Dsql => BEGIN_SNAPSHOT_DSQL,
    }
}

/// Whether the transaction that asks may write.
pub(crate) const ONLY_READS: &str =
    "select current_setting('transaction_read_only') = 'on' as only_reads";

/// The encoding of a database's text.
pub(crate) const ENCODING: &str = "select current_setting('server_encoding')";

/// For each connection to PostgreSQL. Plans are made once and kept: one made while the tables were empty must be right
/// when they are large, so only those that use indexes are made. (Such a plan's cost looks absurd when a list really is
/// to be read from end to end, hence no `jit`.)
pub(crate) const SESSION: &str = "
    set plan_cache_mode = force_generic_plan;
    set enable_seqscan = off;
    set enable_hashjoin = off;
    set enable_mergejoin = off;
    set jit = off";

pub(crate) const INSERT_NOTIFICATIONS: &str = "
    insert into notifications
        (digest, envelope_id, slot, source, detail_type, account, event_time, received_at, size)
    select * from unnest(
        $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[],
        $8::bigint[], $9::bigint[])";

pub(crate) const INSERT_BODIES: &str = "
    insert into bodies (digest, head, rest)
    select * from unnest($1::text[], $2::bytea[], $3::bytea[])";

pub(crate) const INSERT_DELIVERIES: &str = "
    insert into deliveries (id, digest, via, received_at, envelope_id, slot)
    select * from unnest(
        $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[])";

pub(crate) const INSERT_OUTCOMES: &str = "
    insert into outcomes (digest, number, outcome, reason, waits_for, streams, recorded_at)
    select * from unnest(
        $1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])";

pub(crate) const INSERT_INBOX: &str = "
    insert into inbox (digest, number, outcome, waits_for)
    select * from unnest($1::text[], $2::integer[], $3::text[], $4::text[])";

pub(crate) const DELETE_INBOX: &str = "delete from inbox where digest = any($1::text[])";

pub(crate) const INSERT_EVENTS: &str = "
    insert into events
        (stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash)
    select * from unnest(
        $1::text[], $2::bigint[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[],
        $8::bigint[], $9::bigint[], $10::text[], $11::text[])";

pub(crate) const INSERT_STREAMS: &str = "
    insert into streams (stream, version, touched, head, fold, facts, concluded, due_at)
    select * from unnest(
        $1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], $6::text[], $7::text[],
        $8::bigint[])";

/// Writes streams that exist, each only if its `touched` is the one that was read.
pub(crate) const UPDATE_STREAMS: &str = "
    update streams
    set version = new.version, touched = new.touched, head = new.head, fold = new.fold,
        facts = new.facts, concluded = new.concluded, due_at = new.due_at
    from unnest(
        $1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], $6::text[], $7::text[],
        $8::bigint[], $9::bigint[])
        as new (stream, version, touched, head, fold, facts, concluded, due_at, read)
    where streams.stream = new.stream and streams.touched = new.read";

pub(crate) const INSERT_KEYS: &str = "
    insert into keys (kind, value, hi, stream, lo)
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])";

pub(crate) const DELETE_KEYS: &str = "
    delete from keys
    using unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
        as old (kind, value, hi, stream, lo)
    where keys.kind = old.kind and keys.value = old.value and keys.hi = old.hi
        and keys.stream = old.stream and keys.lo = old.lo";

pub(crate) const INSERT_OUTBOX: &str = "
    insert into outbox
        (stream, version, event_id, detail_type, recorded_at, set_aside, attempts, last_error)
    select stream, version, event_id, detail_type, recorded_at, set_aside, 0, ''
    from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::boolean[])
        as new (stream, version, event_id, detail_type, recorded_at, set_aside)";

/// Notes what became of publishing, of what is not published yet.
pub(crate) const MARK_OUTBOX: &str = "
    update outbox
    set published_at = new.published_at, attempts = outbox.attempts + new.attempts,
        last_error = new.last_error, set_aside = outbox.set_aside or new.set_aside
    from unnest(
        $1::text[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::boolean[])
        as new (stream, version, published_at, attempts, last_error, set_aside)
    where outbox.stream = new.stream and outbox.version = new.version
        and outbox.published_at is null";

pub(crate) const ERASE: &str =
    "update bodies set head = null, rest = null where digest = any($1::text[])";

pub(crate) const CLEAR_STREAMS: &str = "delete from streams";
pub(crate) const CLEAR_KEYS: &str = "delete from keys";

pub(crate) const KNOWN: &str = "
    select n.digest, k.envelope_id, k.slot, n.event_time, i.outcome
    from (
        select digest, '' as envelope_id, 0 as slot
        from notifications
        where digest = any($1::text[])
        union
        select digest, envelope_id, slot from notifications where envelope_id = any($2::text[])
        union
        select digest, envelope_id, slot from deliveries where envelope_id = any($2::text[])
    ) as k
    join notifications n on n.digest = k.digest
    left join inbox i on i.digest = k.digest";

pub(crate) const DELIVERED: &str = "
    select d.id, not exists (
        select 1 from deliveries o
        where o.digest = d.digest and o.received_at <= d.received_at and o.id <> all($1::text[])
    )
    from deliveries d
    where d.id = any($1::text[])";

pub(crate) const PARKED: &str = "
    select i.digest, b.head, b.rest, i.number, i.outcome, n.received_at
    from inbox i
    join notifications n on n.digest = i.digest
    left join bodies b on b.digest = i.digest
    where i.waits_for = any($1::text[]) and i.outcome = 'parked'
    order by i.digest
    limit $2";

pub(crate) const STREAMS_BY_ID: &str = "
    select stream, version, touched, head, fold, facts, concluded, due_at
    from streams
    where stream = any($1::text[])";

/// Looks up keys, each query with its own window and limit, in one statement.
pub(crate) const FIND: &str = "
    select q.number, k.hi, k.stream
    from unnest(
        $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
        $8::bigint[]) with ordinality
        as q (kind, value, hi_from, hi_to, lo_to, after_hi, after_stream, most, number)
    cross join lateral (
        select hi, stream
        from keys
        where kind = q.kind and value = q.value and hi between q.hi_from and q.hi_to
            and lo <= q.lo_to and (hi, stream) > (q.after_hi, q.after_stream)
        order by hi, stream
        limit q.most
    ) as k
    order by q.number, k.hi, k.stream";

pub(crate) const DUE: &str = "
    select stream, version, touched, head, fold, facts, concluded, due_at
    from streams
    where due_at <= $1
    order by due_at, stream
    limit $2";

/// Ids of one kind lie between the kind's word with `/` and the same with the character after `/`.
pub(crate) const PAGE: &str = "
    select stream, version, touched, head, fold, facts, concluded, due_at
    from streams
    where stream > $1 and stream < $2
    order by stream
    limit $3";

pub(crate) const EVENTS_OF: &str = "
    select stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash
    from events
    where stream = $1 and version >= $2
    order by version
    limit $3";

pub(crate) const ALL_EVENTS: &str = "
    select stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash
    from events
    where (stream, version) > ($1, $2)
    order by stream, version
    limit $3";

pub(crate) const ALL_KEYS: &str = "
    select stream, kind, value, lo, hi
    from keys
    where stream >= $1 and (stream, kind, value, lo, hi) > ($1, $2, $3, $4, $5)
    order by stream, kind, value, lo, hi
    limit $6";

/// Every notification, with its latest outcome.
pub(crate) const NOTIFICATION_PAGE: &str = "
    select n.digest, coalesce(n.envelope_id, ''), n.slot, n.source, n.detail_type, n.account,
        n.event_time, n.received_at, n.size,
        o.number, o.outcome, o.reason, o.waits_for, o.streams, o.recorded_at
    from notifications n
    left join lateral (
        select * from outcomes where digest = n.digest order by number desc limit 1
    ) as o on true
    where n.digest > $1 and ($2::text is null or o.outcome = $2)
    order by n.digest
    limit $3";

/// Those whose latest outcome waits: through the inbox, which is short.
pub(crate) const WAITING_PAGE: &str = "
    select n.digest, coalesce(n.envelope_id, ''), n.slot, n.source, n.detail_type, n.account,
        n.event_time, n.received_at, n.size,
        o.number, o.outcome, o.reason, o.waits_for, o.streams, o.recorded_at
    from inbox i
    join notifications n on n.digest = i.digest
    join outcomes o on o.digest = i.digest and o.number = i.number
    where i.digest > $1 and i.outcome = $2
    order by i.digest
    limit $3";

pub(crate) const BODIES: &str = "
    select n.digest, b.head, b.rest, o.number, o.outcome, n.received_at
    from notifications n
    left join bodies b on b.digest = n.digest
    left join lateral (
        select number, outcome from outcomes where digest = n.digest order by number desc limit 1
    ) as o on true
    where n.digest = any($1::text[])
    order by n.digest";

pub(crate) const DELIVERIES_OF: &str = "
    select id, digest, via, received_at, coalesce(envelope_id, ''), coalesce(slot, 0)
    from deliveries
    where digest = $1
    order by received_at, id";

pub(crate) const OUTCOMES_OF: &str = "
    select digest, number, outcome, reason, waits_for, streams, recorded_at
    from outcomes
    where digest = $1
    order by number";

pub(crate) const OUTBOX_PAGE: &str = "
    select stream, version, event_id, detail_type, recorded_at, set_aside, published_at, attempts, last_error
    from outbox
    where (stream, version) > ($1, $2)
    order by stream, version
    limit $3";

/// What is to be published, with its events, through the index of what is not.
pub(crate) const UNPUBLISHED: &str = "
    select e.stream, e.version, e.event_id, e.kind, e.schema, e.payload, e.cause, e.occurred_at,
        e.recorded_at, e.previous, e.hash, o.detail_type, o.attempts
    from outbox o
    join events e on e.stream = o.stream and e.version = o.version
    where o.published_at is null and not o.set_aside
        and o.recorded_at >= $1 and (o.recorded_at, o.stream, o.version) > ($1, $2, $3)
    order by o.recorded_at, o.stream, o.version
    limit $4";

/// All counts as (what, of which, how many).
pub(crate) const COUNTS: &str = "
    select 'notifications', '', count(*) from notifications
    union all
    select 'deliveries', '', count(*) from deliveries
    union all
    select 'events', '', count(*) from events
    union all
    select 'unpublished', '', count(*) from outbox where published_at is null and not set_aside
    union all
    select 'refused', '', count(*) from outbox
    where published_at is null and set_aside and last_error <> ''
    union all
    select 'waiting', outcome, count(*) from inbox group by outcome
    union all
    select 'streams', split_part(stream, '/', 1), count(*) from streams group by 2
    union all
    select 'accounts', account, count(*) from notifications group by account";

pub(crate) const VERSION: &str = "select coalesce(max(version), 0) from _sqlx_migrations";

/// An index that is still being built, or whose building failed.
pub(crate) const UNBUILT_INDEX: &str = "
    select c.relname::text
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and not i.indisvalid
    order by c.relname
    limit 1";

pub(crate) const VIEW_DEFINITIONS: &str = "select name, definition from view_definitions";
pub(crate) const FORGET_VIEW: &str = "delete from view_definitions where name = $1";
pub(crate) const REMEMBER_VIEW: &str =
    "insert into view_definitions (name, definition) values ($1, $2)";

/// What a role may do to tables of the log beyond reading and adding.
pub(crate) const EXCESS: &str = "
    select name, rights
    from (
        select t.name, concat_ws(', ',
            case when has_any_column_privilege($1::name, t.name, 'update') then 'update' end,
            case when has_table_privilege($1::name, t.name, 'delete') then 'delete' end) as rights
        from unnest($2::text[]) as t (name)
    ) as r
    where rights <> ''
    order by name";

/// The columns of a view.
pub(crate) const VIEW_COLUMNS: &str = "
    select column_name::text from information_schema.columns
    where table_schema = current_schema() and table_name = $1";

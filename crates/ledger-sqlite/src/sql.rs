//! Every statement of the store. Lists of ids arrive as one JSON array, so that their number does not change the text;
//! rows arrive in chunks of few sizes, so that each table has few texts and all of them stay prepared.

/// The most rows that one statement carries.
pub(crate) const MAX_CHUNK: usize = 64;

/// A table that rows are inserted into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Insert {
    pub(crate) table: &'static str,
    columns: &'static str,
    width: usize,
}

pub(crate) const NOTIFICATIONS: Insert = Insert {
    table: "notifications",
    columns: "digest, envelope_id, slot, source, detail_type, account, event_time, received_at, size, body",
    width: 10,
};
pub(crate) const DELIVERIES: Insert = Insert {
    table: "deliveries",
    columns: "id, digest, via, received_at, envelope_id, slot",
    width: 6,
};
pub(crate) const OUTCOMES: Insert = Insert {
    table: "outcomes",
    columns: "digest, number, outcome, reason, waits_for, streams, recorded_at",
    width: 7,
};
pub(crate) const INBOX: Insert =
    Insert { table: "inbox", columns: "digest, number, outcome, waits_for", width: 4 };
pub(crate) const EVENTS: Insert = Insert {
    table: "events",
    columns: "stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash",
    width: 11,
};
pub(crate) const STREAMS: Insert = Insert {
    table: "streams",
    columns: "stream, version, touched, head, fold, facts, concluded, due_at",
    width: 8,
};
pub(crate) const KEYS: Insert =
    Insert { table: "keys", columns: "kind, value, hi, stream, lo", width: 5 };
pub(crate) const OUTBOX: Insert = Insert {
    table: "outbox",
    columns: "stream, version, event_id, detail_type, recorded_at, set_aside, published_at, attempts, last_error",
    width: 9,
};

impl Insert {
    /// The statement for so many rows.
    pub(crate) fn text(self, rows: usize) -> String {
        let Self { table, columns, width } = self;
        format!("insert into {table} ({columns}) values {}", tuples(width, rows))
    }
}

/// `(?, ?), (?, ?)`: so many placeholders in each of so many tuples.
fn tuples(width: usize, rows: usize) -> String {
    let tuple = format!("({})", vec!["?"; width].join(", "));
    vec![tuple.as_str(); rows].join(", ")
}

/// Writes streams that exist. The values of a row are those of [`STREAMS`] and the `touched` that was read.
pub(crate) fn update_streams(rows: usize) -> String {
    format!(
        "with new (stream, version, touched, head, fold, facts, concluded, due_at, read) as (values {})
         update streams
         set version = new.version, touched = new.touched, head = new.head, fold = new.fold,
             facts = new.facts, concluded = new.concluded, due_at = new.due_at
         from new
         where streams.stream = new.stream and streams.touched = new.read",
        tuples(9, rows)
    )
}

/// Notes what became of publishing. The values of a row are stream, version, when it was published (or null), attempts,
/// the error, and whether nobody is to try again.
pub(crate) fn mark_outbox(rows: usize) -> String {
    format!(
        "with new (stream, version, published_at, attempts, last_error, set_aside) as (values {})
         update outbox
         set published_at = new.published_at, attempts = outbox.attempts + new.attempts,
             last_error = new.last_error, set_aside = max(outbox.set_aside, new.set_aside)
         from new
         where outbox.stream = new.stream and outbox.version = new.version
             and outbox.published_at is null",
        tuples(6, rows)
    )
}

/// Removes index rows, each named by all of its columns, in the order of [`KEYS`].
pub(crate) fn delete_keys(rows: usize) -> String {
    format!("delete from keys where (kind, value, hi, stream, lo) in (values {})", tuples(5, rows))
}

/// The most lookups that one statement carries.
pub(crate) const MAX_FIND: usize = 64;

/// Looks up so many keys, each with its own window and limit. The values of a query are kind, value, the window
/// (`hi` from, `hi` to, `lo` to), the (`hi`, stream) to go on after, and the limit.
pub(crate) fn find(queries: usize) -> String {
    let parts: Vec<String> = (0..queries)
        .map(|query| {
            format!(
                "select * from (select {query}, hi, stream from keys
                 where kind = ? and value = ? and hi between ? and ? and lo <= ? and (hi, stream) > (?, ?)
                 order by hi, stream limit ?)"
            )
        })
        .collect();
    parts.join(" union all ")
}

pub(crate) const DELETE_INBOX: &str =
    "delete from inbox where digest in (select value from json_each(?))";

pub(crate) const ERASE: &str =
    "update notifications set body = null where digest in (select value from json_each(?))";

pub(crate) const CLEAR_STREAMS: &str = "delete from streams";
pub(crate) const CLEAR_KEYS: &str = "delete from keys";

pub(crate) const KNOWN: &str = "
    select n.digest, k.envelope_id, k.slot, n.event_time, i.outcome
    from (
        select digest, '' as envelope_id, 0 as slot
        from notifications
        where digest in (select value from json_each(?1))
        union
        select digest, envelope_id, slot
        from notifications
        where envelope_id in (select value from json_each(?2))
        union
        select digest, envelope_id, slot
        from deliveries
        where envelope_id in (select value from json_each(?2))
    ) as k
    join notifications n on n.digest = k.digest
    left join inbox i on i.digest = k.digest";

pub(crate) const DELIVERED: &str = "
    select d.id, not exists (
        select 1 from deliveries o
        where o.digest = d.digest and o.received_at <= d.received_at and o.id not in (select value from json_each(?1))
    )
    from deliveries d
    where d.id in (select value from json_each(?1))";

pub(crate) const PARKED: &str = "
    select i.digest, n.body, i.number, i.outcome, n.received_at
    from inbox i
    join notifications n on n.digest = i.digest
    where i.waits_for in (select value from json_each(?)) and i.outcome = 'parked'
    order by i.digest
    limit ?";

pub(crate) const STREAMS_BY_ID: &str = "
    select stream, version, touched, head, fold, facts, concluded, due_at
    from streams
    where stream in (select value from json_each(?))";

pub(crate) const DUE: &str = "
    select stream, version, touched, head, fold, facts, concluded, due_at
    from streams
    where due_at <= ?
    order by due_at, stream
    limit ?";

/// Ids of one kind lie between the kind's word with `/` and the same with the character after `/`.
pub(crate) const PAGE: &str = "
    select stream, version, touched, head, fold, facts, concluded, due_at
    from streams
    where stream > ? and stream < ?
    order by stream
    limit ?";

pub(crate) const EVENTS_OF: &str = "
    select stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash
    from events
    where stream = ? and version >= ?
    order by version
    limit ?";

pub(crate) const ALL_EVENTS: &str = "
    select stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash
    from events
    where (stream, version) > (?, ?)
    order by stream, version
    limit ?";

pub(crate) const ALL_KEYS: &str = "
    select stream, kind, value, lo, hi
    from keys
    where stream >= ?1 and (stream, kind, value, lo, hi) > (?1, ?2, ?3, ?4, ?5)
    order by stream, kind, value, lo, hi
    limit ?6";

/// Every notification, with its latest outcome.
pub(crate) const NOTIFICATION_PAGE: &str = "
    select n.digest, coalesce(n.envelope_id, ''), n.slot, n.source, n.detail_type, n.account,
        n.event_time, n.received_at, n.size,
        o.number, o.outcome, o.reason, o.waits_for, o.streams, o.recorded_at
    from notifications n
    left join outcomes o on o.digest = n.digest
        and o.number = (select max(number) from outcomes where digest = n.digest)
    where n.digest > ?1 and (?2 is null or o.outcome = ?2)
    order by n.digest
    limit ?3";

/// Those whose latest outcome waits: through the inbox, which is short.
pub(crate) const WAITING_PAGE: &str = "
    select n.digest, coalesce(n.envelope_id, ''), n.slot, n.source, n.detail_type, n.account,
        n.event_time, n.received_at, n.size,
        o.number, o.outcome, o.reason, o.waits_for, o.streams, o.recorded_at
    from inbox i
    join notifications n on n.digest = i.digest
    join outcomes o on o.digest = i.digest and o.number = i.number
    where i.digest > ? and i.outcome = ?
    order by i.digest
    limit ?";

pub(crate) const BODIES: &str = "
    select n.digest, n.body, o.number, o.outcome, n.received_at
    from notifications n
    left join outcomes o on o.digest = n.digest
        and o.number = (select max(number) from outcomes where digest = n.digest)
    where n.digest in (select value from json_each(?))
    order by n.digest";

pub(crate) const DELIVERIES_OF: &str = "
    select id, digest, via, received_at, coalesce(envelope_id, ''), coalesce(slot, 0)
    from deliveries
    where digest = ?
    order by received_at, id";

pub(crate) const OUTCOMES_OF: &str = "
    select digest, number, outcome, reason, waits_for, streams, recorded_at
    from outcomes
    where digest = ?
    order by number";

pub(crate) const OUTBOX_PAGE: &str = "
    select stream, version, event_id, detail_type, recorded_at, set_aside, published_at, attempts, last_error
    from outbox
    where (stream, version) > (?, ?)
    order by stream, version
    limit ?";

/// What is to be published, with its events, through the index of what is not.
pub(crate) const UNPUBLISHED: &str = "
    select e.stream, e.version, e.event_id, e.kind, e.schema, e.payload, e.cause, e.occurred_at,
        e.recorded_at, e.previous, e.hash, o.detail_type, o.attempts
    from outbox o
    join events e on e.stream = o.stream and e.version = o.version
    where o.published_at is null and o.set_aside = 0
        and o.recorded_at >= ?1 and (o.recorded_at, o.stream, o.version) > (?1, ?2, ?3)
    order by o.recorded_at, o.stream, o.version
    limit ?4";

/// All counts as (what, of which, how many).
pub(crate) const COUNTS: &str = "
    select 'notifications', '', count(*) from notifications
    union all
    select 'deliveries', '', count(*) from deliveries
    union all
    select 'events', '', count(*) from events
    union all
    select 'unpublished', '', count(*) from outbox where published_at is null and set_aside = 0
    union all
    select 'refused', '', count(*) from outbox
    where published_at is null and set_aside = 1 and last_error <> ''
    union all
    select 'waiting', outcome, count(*) from inbox group by outcome
    union all
    select 'streams', substr(stream, 1, instr(stream, '/') - 1), count(*) from streams group by 2
    union all
    select 'accounts', account, count(*) from notifications group by account";

/// How many tables there are that are not ours: another program's database is left alone.
pub(crate) const TABLES: &str = "
    select count(*), coalesce(sum(name = '_sqlx_migrations'), 0)
    from sqlite_schema
    where type = 'table' and name not like 'sqlite_%'";

pub(crate) const VERSION: &str = "select coalesce(max(version), 0) from _sqlx_migrations";

pub(crate) const VIEW_DEFINITIONS: &str = "select name, definition from view_definitions";
pub(crate) const FORGET_VIEW: &str = "delete from view_definitions where name = ?";
pub(crate) const REMEMBER_VIEW: &str =
    "insert into view_definitions (name, definition) values (?, ?)";

/// The columns of a view.
pub(crate) const VIEW_COLUMNS: &str = "select name from pragma_table_info($1)";

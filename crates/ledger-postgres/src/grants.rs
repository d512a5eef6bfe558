//! What the role that processes notifications may do. The log is append-only for it: events, notifications,
//! deliveries and outcomes can be read and added, never changed or removed; a raw body can be emptied.

/// Tables with what the runtime role may do to them.
const RIGHTS: [(&str, &str); 10] = [
    ("notifications", "select, insert"),
    ("deliveries", "select, insert"),
    ("outcomes", "select, insert"),
    ("events", "select, insert"),
    // Erasing replaces a body by nothing; its digest stays in `notifications`.
    ("bodies", "select, insert, update"),
    // Derived from the log: written by everyone, emptied by a rebuild.
    ("inbox", "select, insert, delete"),
    ("streams", "select, insert, update, delete"),
    ("keys", "select, insert, delete"),
    // Publishing notes attempts.
    ("outbox", "select, insert, update"),
    ("_sqlx_migrations", "select"),
];

/// The statements that give a role what it needs at run time, for an owner to execute after [`crate::migrate`]:
/// one a line, without `;`.
pub fn grants(role: &str) -> Vec<String> {
    let role = crate::views::name(role);
    let views = deal::view::VIEWS.iter().map(|view| (view.name, "select"));
    let rights = RIGHTS.into_iter().chain(views);
    rights.map(|(table, rights)| format!("grant {rights} on {table} to {role}")).collect()
}

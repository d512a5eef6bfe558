//! A role of the server, by its name.

use std::fmt;

/// PostgreSQL cuts longer names off, silently.
const MAX_ROLE_LEN: usize = 63;

/// The name of a role, safe to be written into a statement: what it names is one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role(String);

/// Why a text cannot name a role of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRole {
    /// Too short, too long, or not plain.
    #[error("a role's name has 1 to {MAX_ROLE_LEN} printable ASCII characters")]
    Text,
    /// PostgreSQL reads it as everyone, as nobody, or as a role of its own, even in quotes.
    #[error("PostgreSQL keeps `public`, `none` and names that begin with `pg_` for itself")]
    Reserved,
}

impl Role {
    /// Checks a name: exactly as the server knows it, without quotes.
    ///
    /// # Errors
    /// [`InvalidRole`] for what is no name, or would name more than one role: `grant ... to "public"` is for everyone.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidRole> {
        let name = name.into();
        let is_plain = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if name.is_empty() || name.len() > MAX_ROLE_LEN || !is_plain {
            return Err(InvalidRole::Text);
        }
        if matches!(name.as_str(), "public" | "none") || name.starts_with("pg_") {
            return Err(InvalidRole::Reserved);
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a statement has it.
    pub(crate) fn quoted(&self) -> String {
        crate::views::name(&self.0)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_roles() {
        let longest = "r".repeat(MAX_ROLE_LEN);
        let cases = [
            ("resold_runtime", Ok(r#""resold_runtime""#.to_owned())),
            ("Resold Runtime", Ok(r#""Resold Runtime""#.to_owned())),
            (r#"a"; drop table events; --"#, Ok(r#""a""; drop table events; --""#.to_owned())),
            ("current_user", Ok(r#""current_user""#.to_owned())),
            ("PUBLIC", Ok(r#""PUBLIC""#.to_owned())),
            (&longest, Ok(format!("\"{longest}\""))),
            (&format!("{longest}r"), Err(InvalidRole::Text)),
            ("", Err(InvalidRole::Text)),
            ("a\nb", Err(InvalidRole::Text)),
            ("a\0b", Err(InvalidRole::Text)),
            ("\u{1b}[31m", Err(InvalidRole::Text)),
            ("größe", Err(InvalidRole::Text)),
            ("public", Err(InvalidRole::Reserved)),
            ("none", Err(InvalidRole::Reserved)),
            ("pg_read_all_data", Err(InvalidRole::Reserved)),
        ];
        for (name, expected) in cases {
            assert_eq!(Role::new(name).map(|role| role.quoted()), expected, "{name:?}");
        }
    }
}

//! By which way a body comes in. Each is trusted with its own sources, and what is the same content is the same within one of them.

use crate::catalog;

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The queue, and the replay of what it brought: AWS's events, and the registrations that `register` sends.
    Events,
    /// What a person or we ourselves had described by the Catalog API.
    Import,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Events, Self::Import];

    /// The only way by which a source may come.
    pub fn of(source: &str) -> Self {
        if source == catalog::SOURCE { Self::Import } else { Self::Events }
    }

    /// What the digest of a content begins with: no content of one way has the digest of a content of another.
    pub(crate) const fn domain(self) -> &'static [u8] {
        match self {
            // No other domain begins as an object does.
            Self::Events => b"",
            Self::Import => b"import\0",
        }
    }
}

//! One side of what moves: who has it, or had it.

use std::fmt::{self, Display};

use serde::Serialize;

/// The owner, or several.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub(crate) enum Side<'a> {
    /// The owner, if there is one.
    Owner(Option<&'a str>),
    /// Some of several replicas.
    Set(Vec<&'a str>),
}

impl<'a> Side<'a> {
    /// The names of all.
    pub(crate) fn names(&self) -> &[&'a str] {
        match self {
            Self::Owner(owner) => owner.as_slice(),
            Self::Set(names) => names,
        }
    }

    /// The same in the order of names.
    pub(crate) fn in_order(mut self) -> Self {
        if let Self::Set(names) = &mut self {
            names.sort_unstable();
        }
        self
    }
}

/// Names with commas between, or a dash for none.
impl Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names() {
            [] => f.write_str("-"),
            names => f.write_str(&names.join(",")),
        }
    }
}

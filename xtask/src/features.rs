//! The combinations of the library's features that the checks run over.

use crate::process::Process;

/// Some of the library's features, without the default ones.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Features {
    /// These, comma-separated.
    Only(&'static str),
    /// Every one.
    All,
}

/// What users choose between: a core alone, a core with an allocator, an operating system, and
/// everything, so that no feature is left out.
pub(crate) const COMBINATIONS: [Features; 4] =
    [Features::Only(""), Features::Only("alloc"), Features::Only("std"), Features::All];

/// Those of the combinations that need no operating system.
pub(crate) const BARE_METAL: [Features; 2] = [Features::Only(""), Features::Only("alloc")];

impl Features {
    /// The name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Only("") => "no features",
            Self::Only(features) => features,
            Self::All => "all features",
        }
    }

    /// Adds cargo's arguments for these features of the library.
    pub(crate) fn select(self, cargo: Process) -> Process {
        let cargo = cargo.args(["--package", "annulus"]);
        match self {
            Self::Only("") => cargo.arg("--no-default-features"),
            Self::Only(features) => cargo.args(["--no-default-features", "--features", features]),
            Self::All => cargo.arg("--all-features"),
        }
    }
}

//! The combinations of features that the checks run over: the library's, and those of the other published package.

use crate::process::Process;
use crate::workspace::LIBRARY;

/// Some of a package's features, without the default ones.
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

/// Those of the profiles, of which each feature stands by itself: on any target.
pub(crate) const OF_PROFILES: [Features; 2] = [Features::Only(""), Features::All];

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
        self.select_of(LIBRARY, cargo)
    }

    /// Adds cargo's arguments for these features of this package.
    pub(crate) fn select_of(self, package: &str, cargo: Process) -> Process {
        let cargo = cargo.args(["--package", package]);
        match self {
            Self::Only("") => cargo.arg("--no-default-features"),
            Self::Only(features) => cargo.args(["--no-default-features", "--features", features]),
            Self::All => cargo.arg("--all-features"),
        }
    }
}

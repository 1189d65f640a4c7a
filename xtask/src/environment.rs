//! What of the user's environment does not reach the cargo that builds: settings that change what is
//! built, where it goes, or what is said about it. A check means the same in every shell.
//!
//! The environment comes before cargo's configuration files, so what is set here overrules those as
//! well. What else such a file sets holds: a linker, a runner, a profile, a target and, but in CI, incremental
//! compilation.

use std::env;

/// Names that are dropped.
const DROPPED: [&str; 10] = [
    // These would come before `RUSTFLAGS` and `RUSTDOCFLAGS`, which some steps set.
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_ENCODED_RUSTDOCFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_RUSTDOCFLAGS",
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    // Does not go with optimization at link time.
    "CARGO_BUILD_INCREMENTAL",
    "CARGO_INCREMENTAL",
    // Some dependencies find out what the compiler allows, and build something else.
    "RUSTC_BOOTSTRAP",
];

/// Names that begin so are dropped.
const DROPPED_PREFIXES: [&str; 2] = ["CARGO_PROFILE_", "CARGO_UNSTABLE_"];

/// A target's settings are dropped that end so.
const TARGET_PREFIX: &str = "CARGO_TARGET_";
const DROPPED_OF_TARGETS: [&str; 3] = ["_RUNNER", "_RUSTFLAGS", "_RUSTDOCFLAGS"];

/// What is set instead, where a step sets nothing else.
pub(crate) const SET: [(&str, &str); 5] = [
    ("RUSTFLAGS", ""),
    ("RUSTDOCFLAGS", ""),
    // Some steps read what cargo says.
    ("CARGO_TERM_QUIET", "false"),
    ("CARGO_TERM_VERBOSE", "false"),
    ("CARGO_TERM_PROGRESS_WHEN", "never"),
];

/// What is set besides where nobody builds twice: what an incremental build keeps for the next one would
/// fill many gigabytes.
pub(crate) const SET_IN_CI: [(&str, &str); 1] = [("CARGO_INCREMENTAL", "0")];

/// Whether this is such a place.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// The names of those variables of this process that are dropped.
pub(crate) fn dropped() -> impl Iterator<Item = String> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| is_dropped(name))
}

fn is_dropped(name: &str) -> bool {
    let of_target = name.strip_prefix(TARGET_PREFIX);
    DROPPED.contains(&name)
        || DROPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || of_target.is_some_and(|rest| DROPPED_OF_TARGETS.iter().any(|end| rest.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_build_is_dropped() {
        for name in [
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_PROFILE_RELEASE_OPT_LEVEL",
            "CARGO_UNSTABLE_BUILD_STD",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
        ] {
            assert!(is_dropped(name), "{name}");
        }
    }

    #[test]
    fn what_builds_need_is_kept() {
        for name in [
            "PATH",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTUP_TOOLCHAIN",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_JOBS",
            "CARGO_NET_OFFLINE",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
        ] {
            assert!(!is_dropped(name), "{name}");
        }
    }
}

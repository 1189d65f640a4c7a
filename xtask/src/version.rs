//! Compiler versions: reading them, and whether one is new enough for this workspace.

/// Major and minor number of a Rust release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl Version {
    /// The oldest compiler that builds this workspace, from the root `Cargo.toml`.
    pub(crate) fn oldest() -> Self {
        Self::parse(env!("CARGO_PKG_RUST_VERSION")).expect("cargo accepted the version")
    }

    /// Reads `1.96`, `1.96.0` or `1.96.0-nightly`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-']).map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// Reads the line that `rustc --version` prints.
    pub(crate) fn of_rustc(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("rustc") => Self::parse(words.next()?),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_and_nightlies_are_read() {
        let line = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)";
        assert_eq!(Version::of_rustc(line), Some(Version(1, 96)));
        assert_eq!(Version::of_rustc("rustc 1.97.0-nightly (x)"), Some(Version(1, 97)));
        assert_eq!(Version::parse("1.88"), Some(Version(1, 88)));
    }

    #[test]
    fn anything_else_is_no_version() {
        for line in ["", "rustc", "rustc next", "rustc 1", "cargo 1.96.0"] {
            assert_eq!(Version::of_rustc(line), None, "{line:?}");
        }
    }

    #[test]
    fn the_order_is_by_number() {
        assert!(Version(1, 100) > Version(1, 99));
        assert!(Version(2, 0) > Version(1, 100));
        assert!(Version::oldest() > Version(1, 84), "the third resolver came with 1.84");
    }
}

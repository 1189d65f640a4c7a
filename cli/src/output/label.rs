//! Names as people see them: cut where they are too long.

use std::borrow::Cow;

/// The name, or with more than `most` characters as many of its beginning and its end, with an ellipsis in
/// between: what tells names apart is more often at the end than in the middle.
pub(crate) fn shortened(name: &str, most: usize) -> Cow<'_, str> {
    let count = name.chars().count();
    if count <= most {
        return name.into();
    }
    let kept = most.saturating_sub(1);
    let head = name.chars().take(kept.div_ceil(2));
    let tail = name.chars().skip(count - kept / 2);
    head.chain(['\u{2026}']).chain(tail).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("cache-0123456789-a", 9), "cach\u{2026}89-a");
        assert_eq!(shortened("cache-0123456789-a", 10), "cache\u{2026}89-a");
        assert_eq!(shortened("\u{e4}\u{f6}\u{fc}\u{df}", 3), "\u{e4}\u{2026}\u{df}");
        assert_eq!(shortened("ab", 1), "\u{2026}");
    }
}

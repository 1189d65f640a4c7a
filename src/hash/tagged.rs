//! [`Tagged`]: keys that have a tag in common hash alike.

use super::key::{KeyHash, hash_bytes};

/// Hashes the tag of a key, if it has one, in place of the whole key: so keys with one tag have one owner.
///
/// The tag is what lies between the first opening byte and the first closing byte after it. A key without
/// such a pair, or with nothing between the two, is hashed whole. So `{user:42}:cart` and `{user:42}:orders` lie
/// at the position of `user:42`.
///
/// The rule is that of Redis Cluster (`keyHashSlot`), whose braces [`new`](Self::new) takes, and that of
/// twemproxy's option `hash_tag` (`server_pool_idx`), whose two characters are
/// [`with_braces`](Self::with_braces). Both hash a key with an empty tag whole, and so does this. What they
/// hash with, and who owns the hash, is theirs.
///
/// All parties that must agree on owners must have the same braces. Only keys are tagged, never identities of
/// nodes. Wait-free; O(length of the key), and the hash of what is hashed.
///
/// ```
/// use annulus::{BatchError, Native, Ring, Tagged, Xxh3};
///
/// let mut ring = Ring::<&str, 3, 450, Native, Tagged<Xxh3>>::with_hash(150, Tagged::new(Xxh3));
/// ring.insert_all(["cache-a", "cache-b", "cache-c"])?;
/// let view = ring.view();
/// assert_eq!(view.owner("{user:42}:cart"), view.owner("{user:42}:orders"));
/// assert_eq!(view.position("{user:42}:cart"), view.position("user:42"));
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagged<H> {
    hash: H,
    open: u8,
    close: u8,
}

impl<H> Tagged<H> {
    /// Tags between `{` and `}`, hashed with `hash`.
    pub const fn new(hash: H) -> Self {
        Self::with_braces(hash, b'{', b'}')
    }

    /// Tags between the bytes `open` and `close`, hashed with `hash`. They may be equal: with `$` for both, the
    /// tag of `cart$42$` is `42`.
    pub const fn with_braces(hash: H, open: u8, close: u8) -> Self {
        Self { hash, open, close }
    }

    /// The part of `key` that is hashed: its tag, or all of it.
    fn part<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        let tag = || {
            let mut after_open = key.splitn(2, |&byte| byte == self.open);
            let rest = after_open.nth(1)?;
            let end = rest.iter().position(|&byte| byte == self.close)?;
            rest.get(..end).filter(|tag| !tag.is_empty())
        };
        tag().unwrap_or(key)
    }
}

/// Tags between `{` and `}`.
impl<H: Default> Default for Tagged<H> {
    fn default() -> Self {
        Self::new(H::default())
    }
}

hash_bytes!([H: KeyHash<[u8]>,] Tagged<H>, |self, bytes| self.hash.hash(self.part(bytes)));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{SipHash13, Xxh3};

    /// What is hashed of a key.
    fn part<'k>(braces: &str, key: &'k str) -> &'k str {
        let &[open, close] = braces.as_bytes() else { panic!("two braces") };
        let part = Tagged::with_braces(Xxh3, open, close).part(key.as_bytes());
        core::str::from_utf8(part).unwrap()
    }

    /// The examples of the Redis Cluster specification, *Hash tags*, and those of twemproxy's
    /// `notes/recommendation.md`.
    #[test]
    fn tags_are_those_of_redis_and_twemproxy() {
        for (key, tag) in [
            ("{user1000}.following", "user1000"),
            ("{user1000}.followers", "user1000"),
            ("foo{}{bar}", "foo{}{bar}"),
            ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"),
        ] {
            assert_eq!(part("{}", key), tag);
        }
        assert_eq!(part("{}", "user:{user1}:ids"), "user1");
        assert_eq!(part("{}", "user:{user1}:tweets"), "user1");
    }

    #[test]
    fn a_key_without_a_tag_is_hashed_whole() {
        for key in ["", "{", "}", "{}", "a", "a{", "a{b", "a}b{c", "}{", "{}a}", "a{}"] {
            assert_eq!(part("{}", key), key);
        }
        assert_eq!(part("{}", "}{a}"), "a");
        assert_eq!(part("{}", "{a"), "{a");
    }

    #[test]
    fn braces_may_be_any_bytes_and_equal_ones() {
        for (key, tag) in [
            ("cart$42$", "42"),
            ("$42$cart$7$", "42"),
            ("cart$42", "cart$42"),
            ("cart$$42$", "cart$$42$"),
            ("{42}", "{42}"),
        ] {
            assert_eq!(part("$$", key), tag);
        }
        assert_eq!(part("<>", "a<b>"), "b");
        assert_eq!(part(">/", "a<b>c/"), "c");
        // No tag is a text: it may begin and end within a character.
        let tagged = Tagged::with_braces(Xxh3, 0xc3, 0xa4);
        assert_eq!(tagged.part(&[1, 0xc3, 0xff, 0xa4]), [0xff]);
    }

    /// As any other hash, it takes keys in every form, and its secret stays one.
    #[test]
    fn every_form_of_a_key_hashes_as_its_tag() {
        let secret = SipHash13::new(*b"0123456789abcdef");
        let tagged = Tagged::new(secret);
        let tag = secret.hash("user:42");
        assert_eq!(tagged.hash("{user:42}:cart"), tag);
        assert_eq!(tagged.hash(&"{user:42}:cart"), tag);
        assert_eq!(tagged.hash(b"{user:42}:cart"), tag);
        assert_eq!(tagged.hash(&b"{user:42}:cart"[..]), tag);
        #[cfg(feature = "alloc")]
        {
            assert_eq!(tagged.hash(&alloc::string::String::from("{user:42}:cart")), tag);
            assert_eq!(tagged.hash(&b"{user:42}:cart".to_vec()), tag);
        }
        assert_eq!(tagged.hash("user:42:cart"), secret.hash("user:42:cart"));
        assert_eq!(Tagged::<Xxh3>::default(), Tagged::new(Xxh3));
        let shown = std::format!("{tagged:?}");
        assert!(shown.contains("SipHash13 { .. }") && !shown.contains("48"), "{shown}");
    }
}

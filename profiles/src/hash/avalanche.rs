//! HAProxy's avalanche, which spreads a hash of 32 bits over the circle: `full_hash` in `include/haproxy/tools.h`.
//!
//! It is Bob Jenkins' integer hash in six steps, times 3221225473. HAProxy applies it to keys after their hash,
//! unless `avalanche` is left out, and to the numbers that servers' points follow from.

use annulus::KeyHash;

/// The factor after the avalanche, 2³² × ¾ + 1: odd, so that no two values meet.
const FACTOR: u32 = 3_221_225_473;

/// Jenkins' avalanche of `a`, times 3221225473; a bijection. Constant time.
#[inline]
#[must_use]
pub const fn full_hash(a: u32) -> u32 {
    avalanche(a).wrapping_mul(FACTOR)
}

/// The integer hash of six steps (Bob Jenkins: "Integer hashing", 2007).
#[inline]
const fn avalanche(mut a: u32) -> u32 {
    a = a.wrapping_add(0x7ed5_5d16).wrapping_add(a << 12);
    a = (a ^ 0xc761_c23c) ^ (a >> 19);
    a = a.wrapping_add(0x1656_67b1).wrapping_add(a << 5);
    a = a.wrapping_add(0xd3a2_646c) ^ (a << 9);
    a = a.wrapping_add(0xfd70_46c5).wrapping_add(a << 3);
    (a ^ 0xb55a_4f09) ^ (a >> 16)
}

/// [`full_hash`] of the lower 32 bits of another hash: HAProxy's keys with `avalanche`. O(1), and that hash.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::hash::avalanche::{FullHash, full_hash};
/// use annulus_profiles::hash::sdbm::{self, Sdbm};
///
/// assert_eq!(FullHash::new(Sdbm).hash("/index.html"), u64::from(full_hash(sdbm::hash(b"/index.html"))));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FullHash<H> {
    hash: H,
}

impl<H> FullHash<H> {
    /// The avalanche of what `hash` hashes to.
    #[must_use]
    pub const fn new(hash: H) -> Self {
        Self { hash }
    }
}

impl<K: ?Sized, H: KeyHash<K>> KeyHash<K> for FullHash<H> {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        u64::from(full_hash(self.hash.hash(key) as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the C code.
    #[test]
    fn values_are_those_of_the_c_code() {
        for (value, expected) in [
            (0, 0xab4e_d927),
            (1, 0x3486_81b6),
            (42, 0xc343_bb70),
            (4096, 0x49c2_008b),
            (0x8000_0000, 0xfe7b_3c12),
            (u32::MAX, 0x7e64_c182),
        ] {
            assert_eq!(full_hash(value), expected, "{value}");
        }
    }
}

//! The fingerprints of rings: one of the membership, and one of how keys are hashed too.

use annulus::RingRef;
use annulus_profiles::System;

use crate::nodes::Node;

/// A fingerprint of each of `N` rings, as all forms have it: 16 digits, for not every reader of JSON has integers of
/// 64 bits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint<const N: usize> {
    /// The kind of its record.
    pub(crate) kind: &'static str,
    /// What people call it.
    pub(crate) label: &'static str,
    /// One for each ring.
    pub(crate) digits: [String; N],
}

/// The fingerprints of each of these rings, in the order in which they are shown: of the membership, and of how keys
/// are hashed too where `routing` says that.
pub(crate) fn of<S: System<Node>, H, const N: usize>(
    rings: [RingRef<'_, Node, S, H>; N],
    routing: fn(RingRef<'_, Node, S, H>) -> Option<u64>,
) -> Vec<Fingerprint<N>> {
    let digits = |numbers: [u64; N]| numbers.map(|number| format!("{number:016x}"));
    let membership = digits(rings.map(|ring| ring.fingerprint()));
    let mut all =
        vec![Fingerprint { kind: "fingerprint", label: "fingerprint", digits: membership }];
    if rings.iter().all(|&ring| routing(ring).is_some()) {
        let digits = digits(rings.map(|ring| routing(ring).unwrap_or_default()));
        all.push(Fingerprint { kind: "routing", label: "routing fingerprint", digits });
    }
    all
}

#[cfg(test)]
mod tests {
    use annulus::{HeapRing, Native, Probe, Tagged, Xxh3};

    use super::*;
    use crate::keying::Hashing;

    /// What the library says of rings of so many points for each unit of weight, in 16 digits each.
    fn expected<H: Probe>(vnodes: u32, hash: H) -> [String; 2] {
        let ring = HeapRing::<Node, Native, H>::with_hash(vnodes, hash);
        let ring = ring.view();
        [ring.fingerprint(), ring.routing_fingerprint()].map(|number| format!("{number:016x}"))
    }

    /// Whichever way keys are hashed; also where the first digits are zeros.
    #[test]
    fn fingerprints_are_those_of_the_hash_of_the_library() {
        let mut zeros = 0;
        for vnodes in 0..50 {
            let tagged = |braces: &[u8; 2]| Tagged::with_braces(Xxh3, braces[0], braces[1]);
            for (hashing, expected) in [
                (Hashing::Whole, expected(vnodes, Xxh3)),
                (Hashing::Tag(tagged(b"{}")), expected(vnodes, tagged(b"{}"))),
                (Hashing::Tag(tagged(b"<>")), expected(vnodes, tagged(b"<>"))),
            ] {
                let ring = HeapRing::<Node, Native, Hashing>::with_hash(vnodes, hashing);
                let found = of([ring.view()], |ring| Some(ring.routing_fingerprint()));
                let found: Vec<_> =
                    found.into_iter().map(|Fingerprint { digits: [digits], .. }| digits).collect();
                assert_eq!(found, expected, "{vnodes}: {hashing:?}");
                zeros += found.iter().filter(|digits| digits.starts_with('0')).count();
            }
        }
        assert_ne!(zeros, 0);
    }
}

//! [`Probe`]: key hashes that show which they are, by the hashes of fixed keys.

use super::fx::{Fx32, Fx64};
use super::key::{KeyHash, SipHash13, Xxh3};
use super::tagged::Tagged;

/// The length of the keys that a [`Probe`] is asked about, in bytes.
///
/// ```
/// use annulus::{PROBE_LEN, Probe, Xxh3};
///
/// let keys = [[0; PROBE_LEN], [1; PROBE_LEN]];
/// let [one, other] = keys.each_ref().map(|key| Xxh3.probe(key));
/// assert_ne!(one, other);
/// ```
pub const PROBE_LEN: usize = 512;

/// The keys whose hashes tell key hashes apart. One has all values of bytes in rising order, then once more, the
/// other in falling order. So between any two braces there is a tag in one of them at least, and no two tags
/// are equal.
pub(crate) const PROBES: [[u8; PROBE_LEN]; 2] = {
    let (mut probes, mut at) = ([[0; PROBE_LEN]; 2], 0);
    while at < PROBE_LEN {
        probes[0][at] = at as u8;
        probes[1][at] = !(at as u8);
        at += 1;
    }
    probes
};

/// A key hash that can be told from others by how it hashes a few fixed keys.
///
/// It is what [`RingRef::routing_fingerprint`](crate::RingRef::routing_fingerprint) needs of the ring's hash. All
/// hashes of this crate implement it. For a hash of your own it is one method, which hashes the key that the bytes
/// of a probe stand for, just as it hashes any other key:
///
/// ```
/// use annulus::{KeyHash, PROBE_LEN, Probe, Ring};
///
/// /// The key is the flow's number; the seed is the same on all machines.
/// struct Flows {
///     seed: u64,
/// }
///
/// impl KeyHash<u32> for Flows {
///     fn hash(&self, flow: &u32) -> u64 {
///         (u64::from(*flow) ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
///     }
/// }
///
/// impl Probe for Flows {
///     fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64 {
///         // Keys that are bytes or strings take all of `probe`.
///         let [a, b, c, d, ..] = *probe;
///         self.hash(&u32::from_le_bytes([a, b, c, d]))
///     }
/// }
///
/// let [one, other] = [1, 2].map(|seed| {
///     let ring = Ring::<&str, 3, 450, annulus::Native, _>::with_hash(150, Flows { seed });
///     ring.view().routing_fingerprint()
/// });
/// assert_ne!(one, other);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hash probes",
    label = "no hash of probes",
    note = "all key hashes of `annulus` do; for one of your own implement `Probe`, which is one method"
)]
pub trait Probe {
    /// The hash of the key that the bytes of `probe` stand for.
    ///
    /// Hashes of bytes and strings hash them all. Hashes of integers take the first bytes, the lowest first,
    /// as [`u64::from_le_bytes`] does. It must be what [`KeyHash::hash`] gives for that key, and like it depend on
    /// neither platform nor process.
    fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64;
}

/// The hash of all of the probe's bytes.
impl Probe for Xxh3 {
    fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64 {
        self.hash(probe)
    }
}

/// The hash of all of the probe's bytes, which depends on the secret and does not show it.
impl Probe for SipHash13 {
    fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64 {
        self.hash(probe)
    }
}

/// The hash of the probe's tag, or of all of its bytes: other braces find another tag. Not told apart are hashes
/// that differ in tags within tags, as a `Tagged` over another has them.
impl<H: KeyHash<[u8]>> Probe for Tagged<H> {
    fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64 {
        self.hash(probe)
    }
}

/// The hash of the `u64` of the probe's first eight bytes.
impl Probe for Fx64 {
    fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = *probe;
        self.hash(&u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// The hash of the `u32` of the probe's first four bytes.
impl Probe for Fx32 {
    fn probe(&self, probe: &[u8; PROBE_LEN]) -> u64 {
        let [a, b, c, d, ..] = *probe;
        self.hash(&u32::from_le_bytes([a, b, c, d]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn probes(hash: &impl Probe) -> [u64; 2] {
        PROBES.each_ref().map(|probe| hash.probe(probe))
    }

    #[test]
    fn no_two_hashes_have_the_same_probes() {
        let secrets =
            [0, 1, 2].map(|at| SipHash13::new(core::array::from_fn(|i| (i == at).into())));
        let all = [
            probes(&Xxh3),
            probes(&secrets[0]),
            probes(&secrets[1]),
            probes(&secrets[2]),
            probes(&Fx64),
            probes(&Fx32),
            probes(&Tagged::new(Xxh3)),
            probes(&Tagged::new(secrets[0])),
            probes(&Tagged::new(secrets[1])),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    /// Nor do any two pairs of braces; and a hash of tags is never taken for that of whole keys.
    #[test]
    fn all_braces_are_told_apart() {
        let mut all = BTreeSet::from([probes(&Xxh3)]);
        for open in 0..=u8::MAX {
            for close in 0..=u8::MAX {
                assert!(all.insert(probes(&Tagged::with_braces(Xxh3, open, close))));
            }
        }
    }

    #[test]
    fn a_probe_is_hashed_as_any_other_key() {
        assert_eq!(probes(&Xxh3)[1], Xxh3.hash(&PROBES[1][..]));
        assert_eq!(
            probes(&Fx64),
            [0x0706_0504_0302_0100, !0x0706_0504_0302_0100].map(|k: u64| Fx64.hash(&k))
        );
        assert_eq!(probes(&Fx32), [0x0302_0100, !0x0302_0100].map(|k: u32| Fx32.hash(&k)));
    }
}

//! [`Probe`]: key hashes that show which they are, by the hashes of fixed keys.

use super::fx::{Fx32, Fx64};
use super::key::{KeyHash, SipHash13, Xxh3};
use super::tagged::Tagged;

/// The length of a probe, in bytes.
const LEN: usize = 512;

/// A fixed key, whose hashes tell key hashes apart: what [`Probe`] is asked about.
///
/// It stands for a key of each type: for its bytes, for a `u64`, for a `u32`.
///
/// ```
/// use annulus::{Fx32, KeyHash, Native, Probe, ProbeKey, Ring};
///
/// /// Keys are ports.
/// struct Ports;
///
/// impl Probe for Ports {
///     fn hash_probe(&self, probe: &ProbeKey) -> u64 {
///         Fx32.hash(&(probe.as_u32() & 0xffff))
///     }
/// }
///
/// let ports = Ring::<&str, 3, 450, Native, Ports>::with_hash(150, Ports);
/// let flows = Ring::<&str, 3, 450, Native, Fx32>::with_hash(150, Fx32);
/// assert_ne!(ports.view().routing_fingerprint(), flows.view().routing_fingerprint());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeKey([u8; LEN]);

impl ProbeKey {
    /// The key as bytes; there are 512.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key as a `u64`: its first eight bytes, the lowest first.
    #[must_use]
    pub const fn as_u64(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// The key as a `u32`: its first four bytes, the lowest first.
    #[must_use]
    pub const fn as_u32(&self) -> u32 {
        self.as_u64() as u32
    }
}

/// The probes. One has all values of bytes in rising order, then once more, the other in falling order. So between
/// any two braces there is a tag in one of them at least, and no two tags are equal.
pub(crate) const PROBES: [ProbeKey; 2] = {
    let (mut rising, mut falling, mut at) = ([0; LEN], [0; LEN], 0);
    while at < LEN {
        rising[at] = at as u8;
        falling[at] = !(at as u8);
        at += 1;
    }
    [ProbeKey(rising), ProbeKey(falling)]
};

/// A key hash that can be told from others by how it hashes a few fixed keys.
///
/// It is what [`RingRef::routing_fingerprint`](crate::RingRef::routing_fingerprint) needs of the ring's hash. All
/// hashes of this crate implement it. For a hash of your own it is one method, which hashes the key that a probe stands
/// for, just as it hashes any other key:
///
/// ```
/// use annulus::{KeyHash, Probe, ProbeKey, Ring};
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
///     fn hash_probe(&self, probe: &ProbeKey) -> u64 {
///         self.hash(&probe.as_u32())
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
    /// The hash of the key that `probe` stands for, in the type that this hash takes.
    ///
    /// It must be what [`KeyHash::hash`] gives for that key, and like it depend on neither platform nor process.
    fn hash_probe(&self, probe: &ProbeKey) -> u64;
}

/// The hash of all of the probe's bytes.
impl Probe for Xxh3 {
    fn hash_probe(&self, probe: &ProbeKey) -> u64 {
        self.hash(probe.as_bytes())
    }
}

/// The hash of all of the probe's bytes, which depends on the secret and does not show it.
impl Probe for SipHash13 {
    fn hash_probe(&self, probe: &ProbeKey) -> u64 {
        self.hash(probe.as_bytes())
    }
}

/// The hash of the probe's tag, or of all of its bytes: other braces find another tag. Not told apart are hashes
/// that differ in tags within tags, as a `Tagged` over another has them.
impl<H: KeyHash<[u8]>> Probe for Tagged<H> {
    fn hash_probe(&self, probe: &ProbeKey) -> u64 {
        self.hash(probe.as_bytes())
    }
}

/// The hash of the `u64` of the probe's first eight bytes.
impl Probe for Fx64 {
    fn hash_probe(&self, probe: &ProbeKey) -> u64 {
        self.hash(&probe.as_u64())
    }
}

/// The hash of the `u32` of the probe's first four bytes.
impl Probe for Fx32 {
    fn hash_probe(&self, probe: &ProbeKey) -> u64 {
        self.hash(&probe.as_u32())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn probes(hash: &impl Probe) -> [u64; 2] {
        PROBES.each_ref().map(|probe| hash.hash_probe(probe))
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
        assert_eq!(probes(&Xxh3)[1], Xxh3.hash(PROBES[1].as_bytes()));
        assert_eq!(
            probes(&Fx64),
            [0x0706_0504_0302_0100, !0x0706_0504_0302_0100].map(|k: u64| Fx64.hash(&k))
        );
        assert_eq!(probes(&Fx32), [0x0302_0100, !0x0302_0100].map(|k: u32| Fx32.hash(&k)));
    }
}

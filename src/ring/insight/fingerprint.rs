//! One number for a membership, and one for a membership with its key hash: machines with equal numbers of the
//! second kind route alike.

use crate::hash::xxh3::xxh3;
use crate::hash::{PROBES, Probe};
use crate::node::Node;
use crate::point::{Config as _, PointsOf};
use crate::ring::view::RingRef;

impl<N: Node, P: PointsOf<N>, H> RingRef<'_, N, P, H> {
    /// A 64-bit fingerprint of the membership: placement, vnodes, and every node's identity,
    /// weight and zone, and the number of its points where that does not follow from the weight.
    ///
    /// It does not depend on insertion order, word size, byte order or storage, nor on the key
    /// hash, which [`routing_fingerprint`](Self::routing_fingerprint) covers too. It is frozen like the placement
    /// itself. Chained over the members in their order: each step is XXH3-64 of
    /// 28 little-endian bytes, the state, XXH3-64 of the identity, XXH3-64 of the zone and the
    /// weight; the first state is XXH3-64 of the placement's name, with vnodes added. Where points do
    /// not follow from identities, a step has 36 bytes: those, and 8 of what the points are computed
    /// from. Where the number of points does not follow from the weight, a step has 4 bytes more, which are that
    /// number. O(nodes).
    pub fn fingerprint(&self) -> u64 {
        let start = xxh3(P::NAME.as_bytes()).wrapping_add(self.config.fingerprint());
        self.members.iter().fold(start, |state, member| {
            let (identity, zone) = (xxh3(member.node.identity()), xxh3(member.node.zone()));
            let (mut record, mut len) = ([0; 40], 0);
            let mut put = |bytes: &[u8]| {
                record[len..len + bytes.len()].copy_from_slice(bytes);
                len += bytes.len();
            };
            [state, identity, zone].iter().for_each(|word| put(&word.to_le_bytes()));
            put(&member.weight.to_le_bytes());
            if !P::BY_IDENTITY {
                // It stands for where the points are.
                put(&member.seed.to_le_bytes());
            }
            if let Some(points) = member.count_set::<P>(&self.config) {
                put(&points.to_le_bytes());
            }
            xxh3(&record[..len])
        })
    }
}

impl<N: Node, P: PointsOf<N>, H: Probe> RingRef<'_, N, P, H> {
    /// A 64-bit fingerprint of what decides who owns a key: the [`fingerprint`](Self::fingerprint) and the key
    /// hash. Two machines with equal numbers give a key the same owner, if both have it as the same type: `7u32`
    /// and `7u64` are different keys. What is asked besides is not covered: rules, who is down, caps, pinned keys.
    ///
    /// Two hashes count as the same if they give fixed keys the same hashes: see [`Probe`]. So it tells apart hashes
    /// of other kinds, other secrets of [`SipHash13`](crate::SipHash13) and other braces of
    /// [`Tagged`](crate::Tagged). It depends on nothing else that `fingerprint` leaves out, and is frozen: XXH3-64
    /// of 24 little-endian bytes, which are the fingerprint and the hashes of two probes. Each is 512 bytes: byte *i*
    /// is *i* mod 256 in the first one, and 255 − *i* mod 256 in the second one. Wait-free, O(nodes).
    ///
    /// It does not show a secret: to find a random one in it is to try all 2¹²⁸. But who has the number and knows the
    /// membership can check a guess, so a secret that can be guessed is not safe; and equal numbers say that secrets
    /// are equal. Compare it among machines that have the secret. There is no need for anybody else to see it.
    ///
    /// ```
    /// use annulus::{BatchError, Native, Ring, SipHash13, Xxh3};
    ///
    /// let mut plain = Ring::<&str, 2, 300, Native, Xxh3>::new();
    /// let secret = SipHash13::new(*b"0123456789abcdef");
    /// let mut keyed = Ring::<&str, 2, 300, Native, SipHash13>::with_hash(150, secret);
    /// plain.insert_all(["cache-a", "cache-b"])?;
    /// keyed.insert_all(["cache-a", "cache-b"])?;
    /// let (plain, keyed) = (plain.view(), keyed.view());
    /// assert_eq!(plain.fingerprint(), keyed.fingerprint());
    /// assert_ne!(plain.routing_fingerprint(), keyed.routing_fingerprint());
    /// # Ok::<(), BatchError>(())
    /// ```
    pub fn routing_fingerprint(&self) -> u64 {
        let [first, second] = PROBES.each_ref().map(|probe| self.hash.hash_probe(probe));
        let mut record = [0; 24];
        let (words, _) = record.as_chunks_mut();
        for (bytes, word) in words.iter_mut().zip([self.fingerprint(), first, second]) {
            *bytes = word.to_le_bytes();
        }
        xxh3(&record)
    }
}

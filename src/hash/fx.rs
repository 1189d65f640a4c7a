//! Fx for fixed-width integer keys, with a finalizer.
//!
//! One word through Fx is a bijection, and the Murmur3 finalizer spreads it over the circle. Over
//! more than one word Fx degenerates (nodes of a ring can end up owning nothing), so there is no Fx
//! over bytes here.

use super::KeyHash;

/// The multiplier of the 64-bit Fx hash.
const SEED64: u64 = 0x517c_c1b7_2722_0a95;
/// The multiplier of the 32-bit Fx hash: the lower half of [`SEED64`].
const SEED32: u32 = SEED64 as u32;

/// Hashes `u64` and `u32` keys with 64-bit Fx and the Murmur3 finalizer.
///
/// Before the finalizer the value is that of `FxHasher64` fed one word. Not for keys that an
/// attacker may choose. Constant time, a handful of instructions where 64-bit multiplies are cheap.
///
/// ```
/// use annulus::{BatchError, Fx64, Native, Ring};
///
/// let mut ring = Ring::<&str, 3, 450, Native, Fx64>::with_hash(150, Fx64);
/// ring.insert_all(["worker-a", "worker-b", "worker-c"])?;
/// // A flow: an IPv4 address and a port.
/// let flow = |address: [u8; 4], port: u16| u64::from(u32::from_be_bytes(address)) << 16 | u64::from(port);
/// let owner = ring.owner(&flow([10, 0, 0, 1], 443));
/// assert!(owner.is_some());
/// // A number has one owner, whatever its width.
/// assert_eq!(ring.owner(&7u32), ring.owner(&7u64));
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Fx64;

/// Hashes `u32` keys with 32-bit Fx and the 32-bit Murmur3 finalizer, for cores without a fast
/// 64-bit multiply.
///
/// Before the finalizer the value is that of `FxHasher32` fed one word. The hash carries 32 bits,
/// which fill a 32-bit circle; on a 64-bit circle keys fall on 2³² positions only. Not for keys
/// that an attacker may choose. Constant time, a handful of instructions.
///
/// ```
/// use annulus::{BatchError, Fx32, Native, Ring};
///
/// let mut ring = Ring::<&str, 3, 450, Native, Fx32>::with_hash(150, Fx32);
/// ring.insert_all(["worker-a", "worker-b", "worker-c"])?;
/// // Sessions that are numbered one after the other are spread over all nodes.
/// let mut sessions = [0; 3];
/// for session in 0..300u32 {
///     let owner = ring.view().owner_number(&session).expect("the ring has points");
///     sessions[owner as usize] += 1;
/// }
/// assert!(sessions.iter().all(|&number| number > 70), "{sessions:?}");
/// # Ok::<(), BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Fx32;

/// One word through 64-bit Fx: the state starts at zero, so rotation and xor drop out.
#[inline]
const fn fx64(word: u64) -> u64 {
    word.wrapping_mul(SEED64)
}

/// One word through 32-bit Fx.
#[inline]
const fn fx32(word: u32) -> u32 {
    word.wrapping_mul(SEED32)
}

/// The 64-bit finalizer of MurmurHash3 (Austin Appleby).
#[inline]
const fn fmix64(mut h: u64) -> u64 {
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// The 32-bit finalizer of MurmurHash3 (Austin Appleby).
#[inline]
const fn fmix32(mut h: u32) -> u32 {
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

impl KeyHash<u64> for Fx64 {
    #[inline]
    fn hash(&self, key: &u64) -> u64 {
        fmix64(fx64(*key))
    }
}

impl KeyHash<u32> for Fx64 {
    #[inline]
    fn hash(&self, key: &u32) -> u64 {
        fmix64(fx64(u64::from(*key)))
    }
}

impl KeyHash<u32> for Fx32 {
    #[inline]
    fn hash(&self, key: &u32) -> u64 {
        u64::from(fmix32(fx32(*key))) << 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::hash::Hasher;

    fn words() -> impl Iterator<Item = u64> {
        (0..10_000u32).map(|r| crate::hash::splitmix::output(1, r)).chain([
            0,
            1,
            u64::MAX,
            u64::from(u32::MAX),
        ])
    }

    #[test]
    fn one_word_agrees_with_the_fxhash_crate() {
        for word in words() {
            let mut theirs = fxhash::FxHasher64::default();
            theirs.write_u64(word);
            assert_eq!(fx64(word), theirs.finish());
            let mut theirs = fxhash::FxHasher32::default();
            theirs.write_u32(word as u32);
            assert_eq!(u64::from(fx32(word as u32)), theirs.finish());
        }
    }

    #[test]
    fn finalizers_have_their_published_values() {
        assert_eq!(fmix32(1), 0x514e_28b7);
        assert_eq!(fmix32(u32::MAX), 0x81f1_6f39);
        assert_eq!(fmix64(1), 0xb456_bcfc_34c2_cb2c);
        assert_eq!(fmix64(u64::MAX), 0x64b5_720b_4b82_5f21);
    }

    #[test]
    fn a_narrow_key_is_widened_for_the_wide_hash() {
        assert_eq!(Fx64.hash(&7u32), Fx64.hash(&7u64));
        assert_eq!(Fx32.hash(&1u32) as u32, 0);
        assert_ne!(Fx32.hash(&1u32), Fx32.hash(&2u32));
    }
}

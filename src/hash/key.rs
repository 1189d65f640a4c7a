//! How keys become hashes: the [`KeyHash`] parameter of every ring.

use core::hash::Hasher;

use super::xxh3::xxh3;

/// Hashes keys of type `K` to 64 bits, of which a ring takes the upper bits as the position.
///
/// Implementations must depend on the key's value alone, never on the platform, the process or
/// [`core::hash::Hash`]: two machines must agree on every owner.
///
/// | hash | keys | for |
/// |---|---|---|
/// | [`Xxh3`] | bytes, strings, integers | the default; keys that no attacker chooses |
/// | [`SipHash13`] | bytes, strings, integers | keys that an attacker may choose |
/// | [`Tagged`](crate::Tagged) over one of these | bytes, strings | keys of which some must stay together |
/// | [`Fx64`](crate::Fx64) | `u64`, `u32` | flow and session ids, in a few instructions |
/// | [`Fx32`](crate::Fx32) | `u32` | flow and session ids, on 32-bit cores |
///
/// Integers under `Xxh3` and `SipHash13` are those of 8 to 128 bits, signed and unsigned. They hash as their
/// little-endian bytes do, on every machine. So `7u32` and `7u64` are different keys. `usize` is no key: it
/// has not as many bytes everywhere.
///
/// ```
/// let mut ring = annulus::Ring::<&str, 3, 450>::new();
/// ring.insert_all(["a", "b", "c"])?;
/// assert_eq!(ring.owner(&7u32), ring.owner(&[7, 0, 0, 0]));
/// # Ok::<(), annulus::BatchError>(())
/// ```
/// ```compile_fail,E0277
/// let ring = annulus::Ring::<&str, 3, 450>::new();
/// ring.owner(&7usize);
/// ```
///
/// A reference to a key hashes as the key does. With the feature `alloc` a `String` or `Vec<u8>`
/// hashes as its bytes do.
///
/// A hash that also implements [`Probe`](crate::Probe), as those of this crate do, can be compared among machines:
/// by [`routing_fingerprint`](crate::RingRef::routing_fingerprint).
///
/// A key that is hashed already (by a packet's RSS hash, say) needs no [`KeyHash`]: ask the ring
/// with [`owner_at`](crate::RingRef::owner_at).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hash keys of type `{K}`",
    label = "no hash of `{K}`",
    note = "`Xxh3` and `SipHash13` take bytes, strings and integers of 8 to 128 bits, `Fx64` and `Fx32` take `u64` or \
            `u32`; for any other key, hash it or its bytes, or ask the ring with `owner_at`"
)]
pub trait KeyHash<K: ?Sized> {
    /// The hash of `key`. Its upper bits decide the key's position, so they must be well mixed.
    fn hash(&self, key: &K) -> u64;
}

/// XXH3-64 with seed 0 over the key's bytes: the default.
///
/// Unkeyed: whoever chooses keys can aim them at one node. Use [`SipHash13`] against that. O(length
/// of the key).
///
/// Another program, in any language, knows positions from a common library of XXH3:
///
/// ```
/// use annulus::{KeyHash, Ring, Xxh3};
///
/// // The published hash of nothing.
/// assert_eq!(Xxh3.hash(""), 0x2d06_8005_38d3_94c2);
/// let ring = Ring::<&str, 3, 450>::new();
/// assert_eq!(ring.view().position("user:42"), (Xxh3.hash("user:42") >> 32) as u32);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers name its one value")]
pub struct Xxh3;

/// SipHash-1-3 under a secret 128-bit key (Aumasson, Bernstein, 2012).
///
/// All parties that must agree on owners must share the secret. Only key positions depend on it;
/// the points of nodes do not. O(length of the key).
///
/// ```
/// use annulus::{Native, Ring, SipHash13};
///
/// type Keyed = Ring<&'static str, 3, 450, Native, SipHash13>;
///
/// // Read it from where secrets are kept.
/// let secret = *b"0123456789abcdef";
/// let here = Keyed::with_hash(150, SipHash13::new(secret));
/// let there = Keyed::with_hash(150, SipHash13::new(secret));
/// assert_eq!(here.view().position("user:42"), there.view().position("user:42"));
/// // Without the secret nobody knows where a key lies.
/// let guessed = Keyed::with_hash(150, SipHash13::new([0; 16]));
/// assert_ne!(here.view().position("user:42"), guessed.view().position("user:42"));
/// ```
#[derive(Clone, Copy)]
pub struct SipHash13 {
    secret: [u8; 16],
}

impl SipHash13 {
    /// The hash under `secret`, which should be random and kept from those who choose keys.
    #[must_use]
    pub const fn new(secret: [u8; 16]) -> Self {
        Self { secret }
    }
}

/// Does not show the secret.
impl core::fmt::Debug for SipHash13 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SipHash13 { .. }")
    }
}

/// Implements [`KeyHash`] for all types of keys that are bytes or have bytes.
macro_rules! hash_bytes {
    ([$($generics:tt)*] $hash:ty, |$self:ident, $bytes:ident| $body:expr) => {
        impl<$($generics)*> KeyHash<[u8]> for $hash {
            #[inline]
            fn hash(&$self, $bytes: &[u8]) -> u64 {
                $body
            }
        }

        impl<$($generics)*> KeyHash<str> for $hash {
            #[inline]
            fn hash(&self, key: &str) -> u64 {
                self.hash(key.as_bytes())
            }
        }

        impl<$($generics)* const LEN: usize> KeyHash<[u8; LEN]> for $hash {
            #[inline]
            fn hash(&self, key: &[u8; LEN]) -> u64 {
                self.hash(key.as_slice())
            }
        }

        #[cfg(feature = "alloc")]
        impl<$($generics)*> KeyHash<alloc::string::String> for $hash {
            #[inline]
            fn hash(&self, key: &alloc::string::String) -> u64 {
                self.hash(key.as_bytes())
            }
        }

        #[cfg(feature = "alloc")]
        impl<$($generics)*> KeyHash<alloc::vec::Vec<u8>> for $hash {
            #[inline]
            fn hash(&self, key: &alloc::vec::Vec<u8>) -> u64 {
                self.hash(key.as_slice())
            }
        }
    };
}

pub(super) use hash_bytes;

/// Implements [`KeyHash`] for integers of a fixed width, as their little-endian bytes.
macro_rules! hash_integers {
    ($hash:ty: $($integer:ty),*) => {$(
        impl KeyHash<$integer> for $hash {
            #[inline]
            fn hash(&self, key: &$integer) -> u64 {
                self.hash(&key.to_le_bytes())
            }
        }
    )*};
}

hash_integers!(Xxh3: u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);
hash_integers!(SipHash13: u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

hash_bytes!([] Xxh3, |self, bytes| xxh3(bytes));
hash_bytes!([] SipHash13, |self, bytes| {
    let mut hasher = siphasher::sip::SipHasher13::new_with_key(&self.secret);
    hasher.write(bytes);
    hasher.finish()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{Fx32, Fx64};

    #[test]
    fn every_form_of_the_same_bytes_hashes_alike() {
        let sip = SipHash13::new(*b"0123456789abcdef");
        for key in ["", "a", "user:1", "a key that is longer than sixteen bytes"] {
            assert_eq!(Xxh3.hash(key), Xxh3.hash(key.as_bytes()));
            assert_eq!(sip.hash(key), sip.hash(key.as_bytes()));
        }
        assert_eq!(Xxh3.hash(b"abcd"), Xxh3.hash("abcd"));
        assert_eq!(Xxh3.hash(&"abcd"), Xxh3.hash("abcd"));
        assert_eq!(sip.hash(&&b"abcd"[..]), sip.hash("abcd"));
        assert_eq!(Fx64.hash(&&7u64), Fx64.hash(&7u64));
        assert_eq!(Fx32.hash(&&7u32), Fx32.hash(&7u32));
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn owned_keys_hash_as_borrowed_ones() {
        let (text, bytes) = (alloc::string::String::from("abcd"), b"abcd".to_vec());
        assert_eq!(Xxh3.hash(&text), Xxh3.hash("abcd"));
        assert_eq!(Xxh3.hash(&bytes), Xxh3.hash("abcd"));
        let sip = SipHash13::new([7; 16]);
        assert_eq!(sip.hash(&text), sip.hash("abcd"));
        assert_eq!(sip.hash(&bytes), sip.hash("abcd"));
    }

    /// Values of the specification with one compression and three finalization rounds, for the
    /// key 00..0f, computed by an independent implementation that also gives the published
    /// SipHash-2-4 vector.
    #[test]
    fn siphash_is_the_keyed_one() {
        let secret = core::array::from_fn(|i| i as u8);
        let message: [u8; 15] = core::array::from_fn(|i| i as u8);
        let other = SipHash13::new([1; 16]);
        let sip = SipHash13::new(secret);
        assert_ne!(sip.hash(&message), other.hash(&message));
        assert_eq!(sip.hash(b""), 0xabac_0158_050f_c4dc);
        assert_eq!(sip.hash(&message), 0xd320_d86d_2a51_9956);
    }
}

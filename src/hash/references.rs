//! References to keys hash as the keys do.

use super::fx::{Fx32, Fx64};
use super::key::{KeyHash, SipHash13, Xxh3};
use super::tagged::Tagged;

/// Implements [`KeyHash`] for references to whatever keys the hashes take.
macro_rules! hash_references {
    ($([$($generics:tt)*] $hash:ty),+) => {
        $(impl<$($generics)* K: ?Sized> KeyHash<&K> for $hash
        where
            Self: KeyHash<K>,
        {
            #[inline]
            fn hash(&self, key: &&K) -> u64 {
                self.hash(*key)
            }
        })+
    };
}

hash_references!([] Xxh3, [] SipHash13, [] Fx64, [] Fx32, [H,] Tagged<H>);

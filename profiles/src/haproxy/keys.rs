//! [`Hash`]: how keys are hashed.

use annulus::KeyHash;

use crate::hash::avalanche::full_hash;
use crate::hash::{crc32, djb2, sdbm, wt6};

/// A hash function of HAProxy, by its name in `hash-type consistent FUNCTION`.
///
/// ```
/// use annulus_profiles::haproxy::Function;
///
/// assert_eq!(Function::default(), Function::Sdbm);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function {
    /// `sdbm`, the default.
    #[default]
    Sdbm,
    /// `djb2`.
    Djb2,
    /// `wt6`.
    Wt6,
    /// `crc32`.
    Crc32,
}

/// The hash of keys: a function, and the avalanche after it or not.
///
/// It is chosen when the program runs. Where it is known before, a type of [`hash`](crate::hash) is smaller and as
/// good: `FullHash<Sdbm>` for the default, `Crc32` for `hash-type consistent crc32`. O(length), wait-free.
///
/// ```
/// use annulus::KeyHash;
/// use annulus_profiles::hash::avalanche::FullHash;
/// use annulus_profiles::hash::sdbm::Sdbm;
/// use annulus_profiles::haproxy::{Function, Hash};
///
/// // hash-type consistent
/// assert_eq!(Hash::default().hash("/index.html"), FullHash::new(Sdbm).hash("/index.html"));
/// // hash-type consistent sdbm
/// assert_eq!(Hash::new(Function::Sdbm, false).hash("/index.html"), Sdbm.hash("/index.html"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash {
    function: Function,
    avalanche: bool,
}

impl Hash {
    /// A function, with the avalanche after it or without.
    ///
    /// `hash-type consistent` alone has it. A function that is named has it only if `avalanche` stands behind it:
    /// `hash-type consistent djb2` has none.
    #[must_use]
    pub const fn new(function: Function, avalanche: bool) -> Self {
        Self { function, avalanche }
    }

    /// The function.
    #[must_use]
    pub const fn function(&self) -> Function {
        self.function
    }

    /// Whether the avalanche comes after it.
    #[must_use]
    pub const fn has_avalanche(&self) -> bool {
        self.avalanche
    }
}

impl Default for Hash {
    /// What `hash-type consistent` has: `sdbm` with the avalanche.
    fn default() -> Self {
        Self::new(Function::Sdbm, true)
    }
}

impl<K: AsRef<[u8]> + ?Sized> KeyHash<K> for Hash {
    #[inline]
    fn hash(&self, key: &K) -> u64 {
        let key = key.as_ref();
        let hash = match self.function {
            Function::Sdbm => sdbm::hash(key),
            Function::Djb2 => djb2::hash(key),
            Function::Wt6 => wt6::hash(key),
            Function::Crc32 => crc32::hash(key),
        };
        u64::from(if self.avalanche { full_hash(hash) } else { hash })
    }
}

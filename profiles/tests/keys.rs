//! What the hashes take as keys: all that has bytes, alike in every form, on a ring of `annulus` too.

use annulus::KeyHash;
use annulus_profiles::hash::avalanche::FullHash;
use annulus_profiles::hash::fnv::Fnv64a;
use annulus_profiles::hash::murmur2::{ENVOY_SEED, Murmur64A};
use annulus_profiles::hash::sdbm::Sdbm;

/// Every form of the same bytes hashes alike, to the value.
fn forms<H>(hash: H, expected: u64)
where
    H: KeyHash<[u8]> + KeyHash<str> + KeyHash<[u8; 7]> + KeyHash<String> + KeyHash<Vec<u8>>,
    H: for<'k> KeyHash<&'k str>,
{
    assert_eq!(hash.hash(b"user:42".as_slice()), expected);
    assert_eq!(hash.hash("user:42"), expected);
    assert_eq!(hash.hash(b"user:42"), expected);
    assert_eq!(hash.hash(&String::from("user:42")), expected);
    assert_eq!(hash.hash(&b"user:42".to_vec()), expected);
    assert_eq!(hash.hash(&"user:42"), expected);
}

#[test]
fn every_form_of_the_same_bytes_hashes_alike() {
    forms(Fnv64a, 0xdcd2_21c2);
    let sdbm = Sdbm.hash("user:42");
    forms(Sdbm, sdbm);
    forms(
        FullHash::new(Sdbm),
        u64::from(annulus_profiles::hash::avalanche::full_hash(sdbm as u32)),
    );
    let wide = Murmur64A::with_seed(ENVOY_SEED);
    forms(wide, wide.hash("user:42"));
    #[cfg(feature = "xxhash")]
    {
        use annulus_profiles::hash::xxhash::{Xxh32, Xxh64, xxh32, xxh64};
        forms(Xxh32::with_seed(3), u64::from(xxh32(b"user:42", 3)));
        forms(Xxh64::with_seed(3), xxh64(b"user:42", 3));
    }
}

/// A tag, and a ring whose keys are hashed by another system's hash.
#[test]
fn a_ring_takes_them() {
    use annulus::{Native, Ring, Tagged};
    let hash = Tagged::new(Fnv64a);
    let mut ring = Ring::<&str, 3, 450, Native<u64>, Tagged<Fnv64a>>::with_hash(150, hash);
    ring.insert_all(["a", "b", "c"]).unwrap();
    assert_eq!(ring.view().position("{user:42}:cart"), 0xdcd2_21c2);
}

//! XXH3-64 with seed 0 in little code: it has loops and calls where the usual form is unrolled for
//! speed. It hashes identities on cores with little flash, each of them once.

use xxhash_rust::const_xxh3::const_custom_default_secret;

/// The secret of seed 0.
const SECRET: [u8; 192] = const_custom_default_secret(0);

/// The primes of XXH32 and XXH64 that XXH3 uses.
const PRIME32: [u32; 3] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d];
const PRIME64: [u64; 5] = [
    0x9e37_79b1_85eb_ca87,
    0xc2b2_ae3d_27d4_eb4f,
    0x1656_67b1_9e37_79f9,
    0x85eb_ca77_c2b2_ae63,
    0x27d4_eb2f_1656_67c5,
];

/// The number of 64-bit words in a stripe.
const WORDS: usize = 8;

/// The number of bytes in a stripe.
const STRIPE: usize = 8 * WORDS;

/// The number of stripes in a block.
const STRIPES: usize = (SECRET.len() - STRIPE) / 8;

/// XXH3-64 of `bytes`, seed 0.
#[inline(never)]
pub(crate) fn xxh3(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let mut sum = (len as u64).wrapping_mul(PRIME64[0]);
    match len {
        0..=3 => {
            let byte = |at: usize| bytes.get(at).map_or(0, |&byte| u32::from(byte));
            let combined = byte(0) << 16 | byte(len >> 1) << 24 | byte(len.wrapping_sub(1));
            let flip = const { secrets(0, 4) as u32 };
            let start = match len {
                0 => const { secrets(56, 64) },
                _ => u64::from(combined ^ (len as u32) << 8 ^ flip),
            };
            let hash = shift(start, 33).wrapping_mul(PRIME64[1]);
            return shift(shift(hash, 29).wrapping_mul(PRIME64[2]), 32);
        }
        4..=8 => {
            let mut hash = u64::from(half(bytes, len - 4)) | u64::from(half(bytes, 0)) << 32;
            hash ^= const { secrets(8, 16) };
            hash ^= hash.rotate_left(49) ^ hash.rotate_left(24);
            hash = hash.wrapping_mul(0x9fb2_1c65_1e98_df25);
            hash ^= (hash >> 35).wrapping_add(len as u64);
            return shift(hash.wrapping_mul(0x9fb2_1c65_1e98_df25), 28);
        }
        9..=16 => {
            let low = word(bytes, 0) ^ const { secrets(24, 32) };
            let high = word(bytes, len - 8) ^ const { secrets(40, 48) };
            sum = (len as u64).wrapping_add(low.swap_bytes()).wrapping_add(high);
            sum = sum.wrapping_add(fold(low, high));
        }
        17..=128 => {
            for i in 0..=(len - 1) / 32 {
                sum = sum.wrapping_add(mix(bytes, 16 * i, 32 * i));
                sum = sum.wrapping_add(mix(bytes, len - 16 * (i + 1), 32 * i + 16));
            }
        }
        129..=240 => {
            for i in 0..len / 16 {
                let secret = if i < 8 { 16 * i } else { 16 * i - 128 + 3 };
                sum = sum.wrapping_add(mix(bytes, 16 * i, secret));
                if i == 7 {
                    sum = avalanche(sum);
                }
            }
            sum = sum.wrapping_add(mix(bytes, len - 16, 136 - 17));
        }
        _ => sum = sum.wrapping_add(long(bytes)),
    }
    avalanche(sum)
}

/// The hash of more than 240 bytes, before the finalizer.
fn long(bytes: &[u8]) -> u64 {
    let wide = |prime: u32| u64::from(prime);
    let mut sums = [
        wide(PRIME32[2]),
        PRIME64[0],
        PRIME64[1],
        PRIME64[2],
        PRIME64[3],
        wide(PRIME32[1]),
        PRIME64[4],
        wide(PRIME32[0]),
    ];
    for stripe in 0..(bytes.len() - 1) / STRIPE {
        let of_block = stripe % STRIPES;
        accumulate(&mut sums, bytes, STRIPE * stripe, 8 * of_block);
        if of_block == STRIPES - 1 {
            for (i, sum) in sums.iter_mut().enumerate() {
                let mixed = shift(*sum, 47) ^ word(&SECRET, SECRET.len() - STRIPE + 8 * i);
                *sum = mixed.wrapping_mul(wide(PRIME32[0]));
            }
        }
    }
    accumulate(&mut sums, bytes, bytes.len() - STRIPE, SECRET.len() - STRIPE - 7);
    let (pairs, _) = sums.as_chunks::<2>();
    pairs.iter().enumerate().fold(0, |sum: u64, (i, [low, high])| {
        let at = 11 + 16 * i;
        sum.wrapping_add(fold(low ^ word(&SECRET, at), high ^ word(&SECRET, at + 8)))
    })
}

/// Adds the stripe at `at` to `sums`, keyed by the bytes of the secret from `secret` on.
#[inline(never)]
fn accumulate(sums: &mut [u64; WORDS], bytes: &[u8], at: usize, secret: usize) {
    for i in 0..WORDS {
        let data = word(bytes, at + 8 * i);
        let keyed = data ^ word(&SECRET, secret + 8 * i);
        sums[i ^ 1] = sums[i ^ 1].wrapping_add(data);
        sums[i] = sums[i].wrapping_add(u64::from(keyed as u32) * (keyed >> 32));
    }
}

/// The sixteen bytes at `at`, keyed by sixteen bytes of the secret and folded into one word.
#[inline(never)]
fn mix(bytes: &[u8], at: usize, secret: usize) -> u64 {
    let [low, high] = [0, 8].map(|i| word(bytes, at + i) ^ word(&SECRET, secret + i));
    fold(low, high)
}

/// The exclusive or of both halves of the 128-bit product.
#[inline(never)]
fn fold(a: u64, b: u64) -> u64 {
    let lower = |word: u64| u64::from(word as u32);
    let low = lower(a) * lower(b);
    let middle = (a >> 32) * lower(b) + (low >> 32);
    let other = lower(a) * (b >> 32) + lower(middle);
    let high = (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
    (other << 32 | lower(low)) ^ high
}

/// The finalizer of XXH3.
#[inline(never)]
fn avalanche(hash: u64) -> u64 {
    shift(shift(hash, 37).wrapping_mul(0x1656_6791_9e37_79f9), 32)
}

/// A step of finalizers: the exclusive or of `hash` and `hash` shifted right.
fn shift(hash: u64, by: u32) -> u64 {
    hash ^ (hash >> by)
}

/// The exclusive or of two words of the secret.
const fn secrets(at: usize, other: usize) -> u64 {
    let (mut words, mut i) = (0, 8);
    while i > 0 {
        i -= 1;
        words = words << 8 | (SECRET[at + i] ^ SECRET[other + i]) as u64;
    }
    words
}

/// The four bytes at `at`, the lowest first; 0 past the end.
fn half(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes))
}

/// The eight bytes at `at`, the lowest first; 0 past the end.
#[inline(never)]
fn word(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |&bytes| u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_other_form_at_every_length() {
        let bytes: [u8; 2_200] =
            core::array::from_fn(|i| (i as u8).wrapping_mul(31).wrapping_add(7) ^ (i >> 8) as u8);
        for len in 0..bytes.len() {
            let wanted = xxhash_rust::xxh3::xxh3_64(&bytes[..len]);
            assert_eq!(xxh3(&bytes[..len]), wanted, "length {len}");
        }
    }
}

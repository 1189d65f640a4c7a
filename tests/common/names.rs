//! Names chosen for where their points lie: both hashes on the way from eight bytes to a point are
//! bijections, so that names can be computed.

/// The name of eight bytes whose first point on the 64-bit circle is this.
pub(crate) fn for_point(point: u64) -> [u8; 8] {
    // SplitMix64 from the seed: undone from the last line to the first.
    let z = unshift(point, 31).wrapping_mul(inverse(0x94d0_49bb_1331_11eb));
    let z = unshift(z, 27).wrapping_mul(inverse(0xbf58_476d_1ce4_e5b9));
    let seed = unshift(z, 30).wrapping_sub(0x9e37_79b9_7f4a_7c15);
    // XXH3-64 of eight bytes, undone likewise.
    let odd = inverse(0x9fb2_1c65_1e98_df25);
    let h = unshift(seed, 28).wrapping_mul(odd);
    // Its upper bits, which it adds to the lower ones, it leaves alone.
    let h = (h ^ ((h >> 35) + 8)).wrapping_mul(odd);
    // As a polynomial over GF(2) modulo x^64 - 1, its 64th power is 1.
    let h = (0..63).fold(h, |h, _| h ^ h.rotate_left(49) ^ h.rotate_left(24));
    // The words of the default secret that it takes for such an input.
    let flip = 0x1cad_21f7_2c81_017c_u64 ^ 0xdb97_9083_e96d_d4de;
    (h ^ flip).rotate_left(32).to_le_bytes()
}

/// Undoes `h ^ (h >> shift)`.
fn unshift(h: u64, shift: u32) -> u64 {
    (0..64 / shift).fold(h, |known, _| h ^ (known >> shift))
}

/// The inverse of an odd number modulo 2^64, by Newton's iteration.
fn inverse(odd: u64) -> u64 {
    (0..6).fold(odd, |x, _| x.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(x))))
}

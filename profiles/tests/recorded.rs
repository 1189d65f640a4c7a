//! What the real systems and the reference libraries answered: `vectors/hashes`, `vectors/cassandra`.

use annulus_profiles::hash::murmur3;

/// The rows below the header, split at `separator`.
fn rows(text: &str, separator: char) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(move |line| line.split(separator).collect())
}

/// The column of this name.
fn column(text: &str, separator: char, name: &str) -> usize {
    let header = text.lines().next().unwrap();
    header.split(separator).position(|column| column == name).unwrap()
}

/// Bytes written as pairs of hexadecimal digits.
fn bytes(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0, "{hex}");
    let pairs = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

const SHORT: &str = include_str!("../vectors/hashes/short.csv");
const PATTERN: &str = include_str!("../vectors/hashes/pattern.csv");

/// Calls `check` with each recorded input of the libraries of hashes, and with the value in the column.
fn check<T>(column_name: &str, hash: impl Fn(&[u8]) -> T)
where
    T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug + PartialEq,
{
    let (in_short, in_pattern) =
        (column(SHORT, ',', column_name), column(PATTERN, ',', column_name));
    let short = rows(SHORT, ',').map(|row| (bytes(row[0]), row[in_short]));
    let pattern = rows(PATTERN, ',').map(|row| {
        let len: usize = row[0].parse().unwrap();
        let byte = |i: usize| (i * 131 + (i >> 8) * 17 + 7) as u8;
        ((0..len).map(byte).collect(), row[in_pattern])
    });
    let mut count = 0;
    for (input, expected) in short.chain(pattern) {
        let expected: T = expected.parse().unwrap();
        assert_eq!(hash(&input), expected, "{column_name} of {} bytes", input.len());
        count += 1;
    }
    assert!(count > 200, "{count}");
}

#[test]
fn murmur3_agrees_with_the_library() {
    check("murmur3_x86_32_s0", |bytes| murmur3::x86_32(bytes, 0));
    check("murmur3_x86_32_s42", |bytes| murmur3::x86_32(bytes, 42));
}

#[test]
#[cfg(feature = "xxhash")]
fn xxhash_agrees_with_the_library() {
    use annulus::KeyHash;
    use annulus_profiles::hash::xxhash::{Xxh32, Xxh64};

    let narrow = |hash: Xxh32| move |bytes: &[u8]| hash.hash(bytes);
    check("xxh32_s0", narrow(Xxh32::default()));
    check("xxh32_s42", narrow(Xxh32::with_seed(42)));
    check("xxh64_s0", |bytes| Xxh64::default().hash(bytes));
    check("xxh64_s42", |bytes| Xxh64::with_seed(42).hash(bytes));
}

const TOKENS: &str = include_str!("../vectors/cassandra/tokens.tsv");
const TOKENS_OF_BYTES: &str = include_str!("../vectors/cassandra/tokens_bytes.tsv");

#[test]
fn murmur3_tokens_are_cassandras() {
    let mut signed = 0;
    for row in rows(TOKENS, '\t').chain(rows(TOKENS_OF_BYTES, '\t')) {
        let key = bytes(row[0]);
        let expected: i64 = row[1].parse().unwrap();
        assert_eq!(murmur3::cassandra_token(&key), expected, "{}", row[0]);
        let (_, tail) = key.as_chunks::<16>();
        signed += usize::from(tail.iter().any(|byte| *byte >= 0x80));
    }
    // Where the tail has a high byte, the published algorithm has another value.
    assert!(signed > 300, "{signed}");
}

#[test]
#[cfg(feature = "md5")]
fn md5_tokens_are_cassandras() {
    for row in rows(TOKENS, '\t') {
        let expected: u128 = row[2].parse().unwrap();
        assert_eq!(
            annulus_profiles::hash::md5::cassandra_token(&bytes(row[0])),
            expected,
            "{}",
            row[0]
        );
    }
}

//! The placement is frozen: every line of the golden files, which a second implementation wrote.

mod common;

use annulus::{
    ByIdentity, Fx32, Fx64, KeyHash, NamedNode, Native, Node, Placement, Probe, Ring, SipHash13,
    Tagged, Xxh3,
};
use common::oracle::Naive;

const PLACEMENT: &str = include_str!("golden/placement.tsv");
const SMALL: &str = include_str!("golden/small.tsv");

fn bytes(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0);
    let digits = |i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

fn number(decimal: &str) -> u64 {
    decimal.parse().unwrap()
}

fn wide(hex: &str) -> u64 {
    assert_eq!(hex.len(), 16);
    u64::from_str_radix(hex, 16).unwrap()
}

/// The fields of every line of this kind.
fn lines<'a>(file: &'a str, kind: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(move |line| {
        let (first, rest) = line.split_once('\t').unwrap();
        (first == kind).then(|| rest.split('\t').collect())
    })
}

#[derive(Clone, Debug)]
struct Golden {
    identity: Vec<u8>,
    weight: u32,
    zone: Vec<u8>,
}

impl Node for Golden {
    fn identity(&self) -> &[u8] {
        &self.identity
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn zone(&self) -> &[u8] {
        &self.zone
    }
}

fn check_ring(file: &str) -> usize {
    let vnodes = number(lines(file, "vnodes").next().unwrap()[0]) as u32;
    let nodes = lines(file, "node").map(|fields| Golden {
        identity: bytes(fields[0]),
        weight: number(fields[1]) as u32,
        zone: bytes(fields[2]),
    });
    let mut ring = Box::new(Ring::<Golden, 32, 8_192>::with_vnodes(vnodes));
    ring.insert_all(nodes).unwrap();
    let view = ring.view();
    let naive = Naive::of(view);
    let mut checked = 0;
    for fields in lines(file, "fingerprint") {
        assert_eq!(view.fingerprint(), wide(fields[0]));
        assert_eq!(naive.fingerprint(), wide(fields[0]));
        checked += 1;
    }
    let nodes: Vec<_> = view.members().iter().map(|member| member.node().clone()).collect();
    for fields in lines(file, "routing") {
        let found = match fields[..] {
            ["xxh3", _] => routing(&nodes, vnodes, Xxh3),
            ["fx64", _] => routing(&nodes, vnodes, Fx64),
            ["fx32", _] => routing(&nodes, vnodes, Fx32),
            ["sip", secret, _] => {
                routing(&nodes, vnodes, SipHash13::new(bytes(secret).try_into().unwrap()))
            }
            ["tagged", open, close, _] => {
                let [open, close] = [open, close].map(|brace| number(brace) as u8);
                routing(&nodes, vnodes, Tagged::with_braces(Xxh3, open, close))
            }
            _ => panic!("a hash that this test does not know: {fields:?}"),
        };
        assert_eq!(found, wide(fields[fields.len() - 1]), "{fields:?}");
        checked += 1;
    }
    let mut shares = vec![0; view.len()];
    view.shares(&mut shares).unwrap();
    for fields in lines(file, "share") {
        let identity = bytes(fields[0]);
        let place = view.members().iter().position(|m| m.node().identity() == identity).unwrap();
        assert_eq!(shares[place], u128::from(number(fields[1])), "share of {identity:?}");
        checked += 1;
    }
    for fields in lines(file, "counted") {
        let (identity, points) = (bytes(fields[0]), number(fields[1]) as u32);
        let mut counted = ring.clone();
        counted.set_points(&identity, points).unwrap();
        let view = counted.view();
        let mut shares = vec![0; view.len()];
        view.shares(&mut shares).unwrap();
        let share = shares[view.number_of(&identity).unwrap() as usize];
        assert_eq!(share, u128::from(number(fields[2])), "share of {identity:?}");
        assert_eq!(view.fingerprint(), wide(fields[3]));
        assert_eq!(Naive::of_counts(view).fingerprint(), wide(fields[3]));
        checked += 1;
    }
    for fields in lines(file, "owner") {
        let (key, owner) = (bytes(fields[0]), bytes(fields[1]));
        assert_eq!(view.owner(&key[..]).unwrap().identity(), owner, "owner of {key:?}");
        assert_eq!(naive.owner(view.position(&key[..]).into()), Some(&owner[..]));
        checked += 1;
    }
    for fields in lines(file, "replicas") {
        let (key, expected) = (bytes(fields[0]), fields[1..].iter().map(|hex| bytes(hex)));
        let replicas = view.replicas::<3>(&key[..]);
        assert!(replicas.iter().map(|node| node.identity.clone()).eq(expected), "{key:?}");
        checked += 1;
    }
    for fields in lines(file, "zones") {
        let (key, expected) = (bytes(fields[0]), fields[1..].iter().map(|hex| bytes(hex)));
        let mut out = [None; 3];
        view.owners_over_zones(&key[..], usize::MAX, |_| true, &mut out);
        let found = out.into_iter().flatten();
        assert!(found.map(|node: &Golden| node.identity.clone()).eq(expected), "{key:?}");
        checked += 1;
    }
    for fields in lines(file, "rounds") {
        let (key, k) = (bytes(fields[0]), number(fields[1]) as usize);
        let max = if fields[2] == "-" { usize::MAX } else { number(fields[2]) as usize };
        let expected: Vec<_> = fields[3..].iter().map(|hex| bytes(hex)).collect();
        let mut out = vec![None; k];
        view.owners_over_zones(&key[..], max, |_| true, &mut out);
        let found = out.iter().flatten();
        assert!(found.map(|node: &&Golden| &node.identity).eq(&expected), "{key:?}");
        let mut spread = naive.rounds(view.position(&key[..]).into(), |_| true, max);
        spread.truncate(k);
        assert_eq!(spread, expected, "{key:?}");
        checked += 1;
    }
    checked
}

/// The routing fingerprint of the ring of these nodes with this key hash.
fn routing(nodes: &[Golden], vnodes: u32, hash: impl Probe) -> u64 {
    let mut ring = Box::new(Ring::<Golden, 32, 8_192, Native, _>::with_hash(vnodes, hash));
    ring.insert_all(nodes.iter().cloned()).unwrap();
    ring.view().routing_fingerprint()
}

/// The hash of an integer of so many bits, of which the signed one hashes alike.
fn integer<H>(hash: H, bits: &str, key: &str) -> u64
where
    H: KeyHash<u8> + KeyHash<u16> + KeyHash<u32> + KeyHash<u64> + KeyHash<u128>,
    H: KeyHash<i8> + KeyHash<i16> + KeyHash<i32> + KeyHash<i64> + KeyHash<i128>,
{
    let key: u128 = key.parse().unwrap();
    let (unsigned, signed) = match bits {
        "8" => (hash.hash(&(key as u8)), hash.hash(&(key as i8))),
        "16" => (hash.hash(&(key as u16)), hash.hash(&(key as i16))),
        "32" => (hash.hash(&(key as u32)), hash.hash(&(key as i32))),
        "64" => (hash.hash(&(key as u64)), hash.hash(&(key as i64))),
        _ => (hash.hash(&key), hash.hash(&(key as i128))),
    };
    assert_eq!(signed, unsigned);
    unsigned
}

fn check_hashes(file: &str) -> usize {
    let mut checked = 0;
    for fields in lines(file, "point") {
        let (identity, r) = (bytes(fields[0]), number(fields[1]) as u32);
        let (narrow, long) = (number(fields[2]), wide(fields[3]));
        let found = <Native>::point(<Native>::seed(&identity), r);
        assert_eq!(u64::from(found), narrow, "point {r} of {} bytes", identity.len());
        let found = <Native<u64>>::point(<Native<u64>>::seed(&identity), r);
        assert_eq!(found, long, "point {r} of {} bytes", identity.len());
        checked += 1;
    }
    for fields in lines(file, "key") {
        let key = bytes(fields[0]);
        let hash = Xxh3.hash(&key[..]);
        assert_eq!(u64::from(<Native>::key(hash)), number(fields[1]), "{} bytes", key.len());
        assert_eq!(<Native<u64>>::key(hash), wide(fields[2]), "{} bytes", key.len());
        checked += 1;
    }
    for fields in lines(file, "int") {
        assert_eq!(integer(Xxh3, fields[0], fields[1]), wide(fields[2]), "{fields:?}");
        checked += 1;
    }
    for fields in lines(file, "sipint") {
        let sip = SipHash13::new(bytes(fields[0]).try_into().unwrap());
        assert_eq!(integer(sip, fields[1], fields[2]), wide(fields[3]), "{fields:?}");
        checked += 1;
    }
    for fields in lines(file, "fx64") {
        let (key, expected) = (number(fields[0]), number(fields[1]));
        assert_eq!(u64::from(<Native>::key(Fx64.hash(&key))), expected, "Fx64 of {key}");
        if let Ok(key) = u32::try_from(key) {
            assert_eq!(u64::from(<Native>::key(Fx64.hash(&key))), expected, "Fx64 of {key}");
        }
        checked += 1;
    }
    for fields in lines(file, "fx32") {
        let key = number(fields[0]) as u32;
        let found = <Native>::key(Fx32.hash(&key));
        assert_eq!(u64::from(found), number(fields[1]), "Fx32 of {key}");
        checked += 1;
    }
    for fields in lines(file, "sip") {
        let (secret, key) = (bytes(fields[0]), bytes(fields[1]));
        let hash = SipHash13::new(secret.try_into().unwrap()).hash(&key[..]);
        assert_eq!(u64::from(<Native>::key(hash)), number(fields[2]), "{} bytes", key.len());
        checked += 1;
    }
    checked
}

/// Every line is of a kind that is checked, and counts.
fn check(file: &str) {
    let facts = file.lines().filter(|line| !line.starts_with('#')).count();
    let of_the_ring = lines(file, "vnodes").count() + lines(file, "node").count();
    assert_eq!(check_ring(file) + check_hashes(file) + of_the_ring, facts);
}

#[test]
fn every_golden_line_holds() {
    check(PLACEMENT);
}

#[test]
fn every_golden_line_for_small_machines_holds() {
    check(SMALL);
    assert!(SMALL.len() <= 12 * 1024, "must fit beside a program in flash");
}

/// The golden file has identities and keys in each class of lengths that XXH3 treats apart.
#[test]
fn the_golden_file_covers_every_length_class() {
    let lengths =
        |kind| -> Vec<usize> { lines(PLACEMENT, kind).map(|fields| fields[0].len() / 2).collect() };
    let (identities, keys) = (lengths("point"), lengths("key"));
    assert!((0..=255).all(|len| identities.contains(&len)));
    assert!((0..260).all(|len| keys.contains(&len)) && keys.contains(&600));
}

#[test]
fn published_words_have_golden_positions() {
    let node = NamedNode::new("cache0001.dc1.example.com:6379");
    assert_eq!(Xxh3.hash(""), 0x2d06_8005_38d3_94c2);
    assert_eq!(<Native>::seed(node.identity()), Xxh3.hash(node.name));
}

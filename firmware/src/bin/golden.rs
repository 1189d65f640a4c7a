//! The golden answers, checked on this core: the file is part of the program.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt;
use core::str::Split;

use annulus::{ByIdentity, Fx32, Fx64, KeyHash, Native, Node, Position, Ring, SipHash13, Xxh3};
use heapless::Vec;

/// One fact per line; `tests/golden/golden.py` describes them.
const GOLDEN: &str = include_str!("../../../tests/golden/small.tsv");

#[cfg_attr(target_os = "none", cortex_m_rt::entry)]
fn main() -> ! {
    firmware::finish(check(GOLDEN))
}

/// Bytes decoded from the file.
type Bytes = Vec<u8, 512>;

/// A member as the file describes it.
struct Member {
    identity: Vec<u8, 64>,
    weight: u32,
    zone: Vec<u8, 16>,
}

impl Node for Member {
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

/// The ring of the file.
type Golden = Ring<Member, 8, 144>;

/// How many facts agree; the first that does not is an error.
fn check(golden: &'static str) -> Result<Agreement, Mismatch> {
    let mut ring = Golden::with_vnodes(0);
    let mut facts = 0;
    for line in golden.lines().filter(|line| !line.starts_with('#')) {
        match agrees(line, &mut ring) {
            Some(true) => facts += 1,
            _ => return Err(Mismatch { line }),
        }
    }
    match facts {
        0 => Err(Mismatch { line: "no fact" }),
        facts => Ok(Agreement { facts }),
    }
}

/// Whether the library agrees with one line; `None` when the line cannot be read.
fn agrees(line: &str, ring: &mut Golden) -> Option<bool> {
    let mut fields = line.split('\t');
    let kind = fields.next()?;
    let view = ring.view();
    Some(match kind {
        "vnodes" => {
            *ring = Golden::with_vnodes(number(&mut fields)?);
            true
        }
        "node" => {
            let identity = Vec::from_slice(&bytes(&mut fields)?).ok()?;
            let weight = number(&mut fields)?;
            let zone = Vec::from_slice(&bytes(&mut fields)?).ok()?;
            ring.insert(Member { identity, weight, zone }).is_ok()
        }
        "fingerprint" => view.fingerprint() == word(&mut fields)?,
        "owner" => {
            let key = bytes(&mut fields)?;
            view.owner(&*key)?.identity == *bytes(&mut fields)?
        }
        "replicas" => {
            let mut nodes = [None; 3];
            view.owners(&*bytes(&mut fields)?, &mut nodes);
            same(&nodes, fields)?
        }
        "zones" => {
            let mut nodes = [None; 3];
            view.owners_over_zones(&*bytes(&mut fields)?, usize::MAX, |_| true, &mut nodes);
            same(&nodes, fields)?
        }
        "rounds" => {
            let mut nodes = [None; 8];
            let key = bytes(&mut fields)?;
            let owners = nodes.get_mut(..number(&mut fields)? as usize)?;
            let max = match fields.next()? {
                "-" => usize::MAX,
                max => max.parse().ok()?,
            };
            view.owners_over_zones(&*key, max, |_| true, owners);
            same(owners, fields)?
        }
        "share" => {
            let mut shares = [0; 8];
            view.shares(&mut shares).ok()?;
            let identity = bytes(&mut fields)?;
            let place = view.members().iter().position(|m| m.node().identity() == &*identity)?;
            shares[place] == u128::from(number(&mut fields)?)
        }
        "point" => {
            let identity = bytes(&mut fields)?;
            let r = number(&mut fields)?;
            Native::<u32>::point(Native::<u32>::seed(&identity), r) == number(&mut fields)?
                && Native::<u64>::point(Native::<u64>::seed(&identity), r) == word(&mut fields)?
        }
        "key" => {
            let hash = Xxh3.hash(&*bytes(&mut fields)?);
            u32::from_hash(hash) == number(&mut fields)? && hash == word(&mut fields)?
        }
        "fx64" => {
            let key: u64 = fields.next()?.parse().ok()?;
            u32::from_hash(Fx64.hash(&key)) == number(&mut fields)?
        }
        "fx32" => {
            let key: u32 = number(&mut fields)?;
            u32::from_hash(Fx32.hash(&key)) == number(&mut fields)?
        }
        "sip" => {
            let secret = bytes(&mut fields)?.as_slice().try_into().ok()?;
            let hash = SipHash13::new(secret).hash(&*bytes(&mut fields)?);
            u32::from_hash(hash) == number(&mut fields)?
        }
        _ => return None,
    })
}

/// Whether `nodes` are those whose identities the fields name.
fn same(nodes: &[Option<&Member>], mut fields: Split<'_, char>) -> Option<bool> {
    for node in nodes.iter().flatten() {
        if node.identity != *bytes(&mut fields)? {
            return Some(false);
        }
    }
    Some(fields.next().is_none())
}

/// The next field as a decimal number.
fn number(fields: &mut Split<'_, char>) -> Option<u32> {
    fields.next()?.parse().ok()
}

/// The next field as a hexadecimal word.
fn word(fields: &mut Split<'_, char>) -> Option<u64> {
    u64::from_str_radix(fields.next()?, 16).ok()
}

/// The next field as bytes in hexadecimal.
fn bytes(fields: &mut Split<'_, char>) -> Option<Bytes> {
    let digits = fields.next()?.as_bytes();
    let mut bytes = Bytes::new();
    for pair in digits.chunks(2) {
        let byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
        bytes.push(byte).ok()?;
    }
    Some(bytes)
}

/// Every fact agrees.
struct Agreement {
    facts: usize,
}

/// A fact that does not agree.
struct Mismatch {
    line: &'static str,
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} golden facts agree on {} bits", self.facts, usize::BITS)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "golden fact differs on {} bits: {}", usize::BITS, self.line)
    }
}

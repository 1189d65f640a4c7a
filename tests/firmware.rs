//! The table of owners that the gateway's firmware is checked against is what the naive ring says.
//!
//! After a change of the plan, `UPDATE=1 cargo test --test firmware` writes it anew.

mod common;
#[path = "../firmware/src/plan.rs"]
#[allow(unreachable_pub, reason = "the firmware has it public")]
mod plan;

use annulus::{Fx32, KeyHash, Native, Position};
use common::oracle::Naive;
use std::{env, fs};

#[test]
fn the_owners_compiled_into_the_firmware_are_those_of_the_naive_ring() {
    let owners: String = (0..=plan::LINKS.len()).map(line).collect();
    if env::var_os("UPDATE").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/firmware/src/owners.txt");
        fs::write(file, owners).unwrap();
        return;
    }
    assert_eq!(plan::OWNERS, owners);
    let last = (plan::LINKS.len(), plan::DEVICES - 1);
    let digit = usize::from(owners.trim_end().bytes().last().unwrap() - b'0');
    assert_eq!(plan::owner(last.0, last.1), Some(plan::COLLECTORS[digit]));
}

/// The owners after so many changes.
fn line(changes: usize) -> String {
    let up = plan::links_up(changes);
    let nodes = plan::COLLECTORS.iter().zip(up).filter(|(_, up)| *up);
    let ring = Naive::new::<_, Native>(plan::VNODES, nodes.map(|(name, _)| (name, 1, None)));
    let digits = (0..plan::DEVICES).map(|i| {
        let position = u32::from_hash(Fx32.hash(&plan::device(i)));
        let owner = ring.owner(position.to_u64()).expect("one link is always up");
        let owner = plan::COLLECTORS.iter().position(|name| name.as_bytes() == owner);
        char::from(b'0' + owner.expect("an owner is a collector") as u8)
    });
    digits.chain(['\n']).collect()
}

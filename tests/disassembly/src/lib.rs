//! One function for each thing whose machine code is looked at, under a name that is found again.
#![no_std]

use annulus::publish::Reader;
#[cfg(target_os = "none")]
use annulus::publish::SingleCore as Free;
#[cfg(not(target_os = "none"))]
use annulus::publish::Unfenced as Free;
use annulus::{Node, Ring, RingReader};

/// A node that fits a register.
#[derive(Clone, Copy, Debug)]
pub struct Number(u32);

impl Node for Number {
    fn identity(&self) -> &[u8] {
        &[]
    }
}

/// Pin and unpin of a reader that pays for no barrier.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub fn disassembled_pin(reader: &mut Reader<'_, u32, Free>) {
    drop(reader.pin());
}

/// The same for a reader that finds out at run time whether it pays.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub fn disassembled_chosen(reader: &mut Reader<'_, u32>) {
    drop(reader.pin());
}

/// Pin, look a position up, unpin.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub fn disassembled_lookup(
    reader: &mut RingReader<Reader<'_, Ring<Number, 16, 2400>, Free>>,
    position: u32,
) -> u32 {
    reader.pin().view().owner_at(position).map_or(u32::MAX, |number| number.0)
}

/// The pin and unpin of crossbeam-epoch, to be shown beside ours.
// SAFETY: nothing else has this name.
#[cfg(not(target_os = "none"))]
#[unsafe(no_mangle)]
pub fn disassembled_crossbeam() {
    drop(crossbeam_epoch::pin());
}

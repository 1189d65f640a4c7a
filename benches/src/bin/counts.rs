//! Pins and unpins so many times, for a tool that counts instructions in `annulus_pin` or
//! `crossbeam_pin`.

use annulus::publish::{Published, Reader};
use clap::{Parser, ValueEnum};
use std::hint::black_box;

/// Pins and unpins so many times.
#[derive(Parser)]
struct Args {
    /// What is pinned.
    #[arg(value_enum)]
    whose: Whose,
    /// How often.
    times: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Whose {
    /// A `Published` without a fence for readers.
    Annulus,
    /// The collector of crossbeam-epoch.
    Crossbeam,
}

fn main() {
    let Args { whose, times } = Args::parse();
    match whose {
        Whose::Annulus => {
            let mut published = Published::<u64, 1, 3>::new([0; 3]);
            // Which of the forms is counted.
            println!("{:?}", published.barrier());
            let (_, [mut reader]) = published.split();
            for _ in 0..times {
                annulus_pin(black_box(&mut reader));
            }
        }
        Whose::Crossbeam => {
            for _ in 0..times {
                crossbeam_pin();
            }
        }
    }
}

/// One pin and unpin.
#[inline(never)]
fn annulus_pin(reader: &mut Reader<'_, u64>) {
    black_box(&raw const *reader.pin());
}

/// One pin and unpin.
#[inline(never)]
fn crossbeam_pin() {
    black_box(&raw const *black_box(&crossbeam_epoch::pin()));
}

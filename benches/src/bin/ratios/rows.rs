//! What is compared with what, and what is required of each ratio: the one table of it.

use annulus_bench::workload::{SIZES, Size};
use clap::ValueEnum;

use crate::data::Data;
use crate::{builds, keys, pins, search, threads, zones};

/// A group of rows whose times are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// Lookups of keys that each contender hashes in its own way.
    Keys,
    /// Lookups of keys that are hashed already.
    Search,
    /// Replicas over zones.
    Zones,
    /// Pins without contention.
    Pins,
    /// Full builds and edits.
    Builds,
    /// What a ring takes.
    Memory,
    /// Two threads that look keys up.
    Threads,
}

/// All sections in the order of the page.
pub(crate) const SECTIONS: [Section; 7] = [
    Section::Keys,
    Section::Search,
    Section::Zones,
    Section::Builds,
    Section::Memory,
    Section::Pins,
    Section::Threads,
];

/// How a ratio is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// So many times as fast as what it is compared with: more is better.
    Faster,
    /// So many times as long, or as large, as what it is compared with: less is better.
    Takes,
}

/// What is required of a ratio, and what it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound {
    pub(crate) required: f64,
    pub(crate) aim: f64,
}

/// A work, ours, beside another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) section: Section,
    /// The name under which ours is timed.
    pub(crate) ours: &'static str,
    /// The name under which it is timed what ours is compared with.
    pub(crate) other: &'static str,
    pub(crate) sense: Sense,
    /// One for each of [`SIZES`].
    pub(crate) bounds: [Option<Bound>; 4],
}

impl Row {
    /// What is required at this size.
    pub(crate) fn bound(&self, size: Size) -> Option<Bound> {
        let at = SIZES.iter().position(|&known| known == size)?;
        self.bounds[at]
    }

    /// Whether the ratio is what is required of it.
    pub(crate) fn is_met(&self, size: Size, ratio: f64) -> bool {
        self.bound(size).is_none_or(|bound| match self.sense {
            Sense::Faster => ratio >= bound.required,
            Sense::Takes => ratio <= bound.required,
        })
    }
}

/// A bound as a required ratio and an aim.
const fn bound(required: f64, aim: f64) -> Option<Bound> {
    Some(Bound { required, aim })
}

/// Bounds for 100, 1,000 and 10,000 nodes.
const fn bounds(a: (f64, f64), b: (f64, f64), c: (f64, f64)) -> [Option<Bound>; 4] {
    [None, bound(a.0, a.1), bound(b.0, b.1), bound(c.0, c.1)]
}

/// The same bound for 100, 1,000 and 10,000 nodes.
const fn all(required: f64, aim: f64) -> [Option<Bound>; 4] {
    bounds((required, aim), (required, aim), (required, aim))
}

/// For comparison alone.
const SHOWN: [Option<Bound>; 4] = [None; 4];

const fn row(
    section: Section,
    ours: &'static str,
    sense: Sense,
    other: &'static str,
    bounds: [Option<Bound>; 4],
) -> Row {
    Row { section, ours, other, sense, bounds }
}

use Section::{Builds, Keys, Memory, Pins, Search, Threads, Zones};
use Sense::{Faster, Takes};

/// Every row of every table.
pub(crate) const ROWS: &[Row] = &[
    row(Keys, keys::OWNER, Faster, keys::KETAMA, bounds((4.0, 7.0), (5.0, 8.0), (7.0, 12.0))),
    row(Keys, keys::OWNER, Faster, keys::HASHRING, SHOWN),
    row(Keys, keys::OWNER, Faster, keys::LFCHRING, SHOWN),
    row(Keys, keys::OWNER, Faster, keys::ANCHORHASH, SHOWN),
    row(Keys, keys::OWNER, Faster, keys::JUMPHASH, SHOWN),
    row(Keys, keys::INTEGER, Faster, keys::JUMP, bounds((5.0, 8.0), (6.0, 10.0), (4.0, 6.0))),
    row(Keys, keys::REPLICAS, Takes, keys::OWNER, all(2.5, 1.6)),
    row(Keys, keys::REPLICAS, Faster, keys::KETAMA_REPLICAS, SHOWN),
    row(Keys, keys::REPLICAS, Faster, keys::LFCHRING_REPLICAS, SHOWN),
    row(Keys, keys::ALIVE, Takes, keys::OWNER, SHOWN),
    row(Keys, keys::ALIVE, Faster, keys::KETAMA_ALIVE, SHOWN),
    row(
        Search,
        search::SINGLE,
        Faster,
        search::SORTED,
        bounds((4.0, 6.0), (5.0, 7.0), (7.0, 12.0)),
    ),
    row(Search, search::SINGLE, Faster, search::SORTED_PLACE, SHOWN),
    row(
        Search,
        search::CHAINED,
        Faster,
        search::SORTED_CHAINED,
        bounds((1.8, 3.0), (1.8, 3.0), (2.0, 4.0)),
    ),
    row(Search, search::BATCH, Faster, search::SINGLE, bounds((1.0, 1.3), (1.2, 1.5), (1.0, 2.0))),
    row(
        Search,
        search::SINGLE,
        Takes,
        search::MAGLEV,
        [None, bound(2.0, 1.2), bound(3.5, 2.0), None],
    ),
    row(Search, search::REPLICAS, Takes, search::SINGLE, SHOWN),
    row(Zones, zones::TWO_OVER, Takes, zones::TWO, all(3.0, 2.0)),
    row(Zones, zones::THREE_OVER, Takes, zones::THREE, all(3.0, 2.0)),
    row(Zones, zones::THREE_STRICT, Takes, zones::THREE, all(3.0, 2.0)),
    row(Zones, zones::THREE_NUMBERS, Takes, zones::THREE, SHOWN),
    row(Zones, zones::SIX_OVER, Takes, zones::SIX, all(3.0, 2.0)),
    row(Zones, zones::SIX_OVER_CHAINED, Takes, zones::SIX_CHAINED, all(3.0, 2.0)),
    row(Zones, zones::UNNAMED, Takes, zones::THREE, all(3.0, 1.2)),
    row(Zones, zones::MANY, Takes, zones::THREE, SHOWN),
    row(Builds, builds::INSERT, Takes, builds::MEMCPY, bounds((2.5, 1.5), (2.0, 1.2), (2.0, 1.2))),
    row(Builds, builds::REMOVE, Takes, builds::MEMCPY, bounds((2.5, 1.5), (2.0, 1.2), (2.0, 1.2))),
    row(Builds, builds::INSERT, Faster, builds::KETAMA, all(20.0, 40.0)),
    row(Builds, builds::REMOVE, Faster, builds::KETAMA, all(20.0, 40.0)),
    row(Builds, builds::INSERT_HERE, Takes, builds::MEMCPY, SHOWN),
    row(Builds, builds::REMOVE_HERE, Takes, builds::MEMCPY, SHOWN),
    row(Builds, builds::BATCH, Takes, builds::INSERT, SHOWN),
    row(Builds, builds::BUILD, Faster, builds::KETAMA, bounds((2.0, 4.0), (2.5, 5.0), (2.0, 4.0))),
    row(Builds, builds::BUILD, Faster, builds::HASHRING, SHOWN),
    row(Builds, builds::BUILD, Faster, builds::LFCHRING, SHOWN),
    row(Memory, MEMORY, Takes, ONE, all(8.0, 6.5)),
    row(Pins, pins::PIN, Faster, pins::CROSSBEAM, [None, None, bound(8.0, 8.0), None]),
    row(Pins, pins::PIN, Faster, pins::ARC_SWAP, [None, None, bound(8.0, 8.0), None]),
    row(Pins, pins::PIN, Faster, pins::LEFT_RIGHT, [None, None, bound(8.0, 8.0), None]),
    row(Pins, pins::PIN, Faster, pins::SEIZE, SHOWN),
    row(Pins, pins::PIN, Faster, pins::RW_LOCK, SHOWN),
    // With fences both do the same; what is over is the noise of the measurement.
    row(Pins, pins::FENCES, Takes, pins::CROSSBEAM, [None, None, bound(1.05, 1.0), None]),
    row(Pins, pins::SHARED, Takes, pins::CROSSBEAM, SHOWN),
    row(Pins, pins::PINNED, Takes, pins::BARE, [None, None, bound(1.3, 1.1), None]),
    // The stricter comparison: what is pinned anew cannot stay in registers.
    row(Pins, pins::PINNED, Takes, pins::VIEWED, SHOWN),
    row(
        Threads,
        threads::IDLE,
        Faster,
        threads::PRIVATE,
        [None, bound(0.97, 1.0), bound(0.97, 1.0), None],
    ),
    row(
        Threads,
        threads::UPDATED,
        Faster,
        threads::PRIVATE,
        [None, bound(0.8, 0.9), bound(0.6, 0.8), None],
    ),
    // What a pin for every lookup costs.
    row(Threads, threads::PRIVATE, Faster, threads::PLAIN, SHOWN),
    row(Threads, threads::SHARED, Faster, threads::PRIVATE, SHOWN),
    row(Threads, threads::ARC_SWAP, Faster, threads::PRIVATE, SHOWN),
    row(Threads, threads::RW_LOCK, Faster, threads::PRIVATE, SHOWN),
];

/// The bytes of a snapshot for each of its points, index included, which are compared with one.
pub(crate) const MEMORY: &str = "bytes per point";
pub(crate) const ONE: &str = "1 byte (pingora-ketama: 8)";

/// Every ratio of these sections that is not what is required of it, or was not measured.
pub(crate) fn missed(data: &Data, sections: &[Section]) -> impl Iterator<Item = String> {
    let rows = ROWS.iter().filter(|row| sections.contains(&row.section));
    let required = rows.flat_map(|row| SIZES.map(|size| (row, size)));
    required.filter(|(row, size)| row.bound(*size).is_some()).filter_map(|(row, size)| {
        let measured = match data.ratio(row, size) {
            Some(ratio) if row.is_met(size, ratio.median) => return None,
            Some(ratio) => format!("{:.2}", ratio.median),
            None => "not measured".into(),
        };
        Some(format!("{} | {} at {size}: {measured}", row.ours, row.other))
    })
}

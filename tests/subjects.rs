//! Placements that differ from the native one, under random edit sequences, compared step by step with a
//! naive ring. `model.rs` has the native ones, on every storage and in less room.
#![cfg(not(annulus_brief))]

mod common;
#[path = "common/sequences.rs"]
mod sequences;

use annulus::{HeapRing, Ring};
use common::lent;
use common::membership::Node;
use common::placements::Aimed;
use common::subjects::{
    After, ByShare, Chain, FourALabel, LastZoneFirst, Nearest, NearestWide, Once, RunningSum,
    RunningSumByZone, Tokens,
};
use sequences::{SOME, run};

/// A test on each of these storages.
macro_rules! on {
    ($placement:ty:) => {};
    ($placement:ty: inline $($more:ident)*) => {
        #[test]
        fn inline() {
            run(2 * SOME, |vnodes| Ring::<Node, 8, 40, $placement, Aimed>::with_hash(vnodes, Aimed), 8, 40);
        }
        on!($placement: $($more)*);
    };
    ($placement:ty: heap $($more:ident)*) => {
        /// With a limit of points in every second ring.
        #[test]
        fn heap() {
            const LIMIT: u32 = 40;
            let most = u32::MAX as usize;
            let empty = |vnodes| HeapRing::<Node, $placement, Aimed>::with_hash(vnodes, Aimed);
            run(SOME, empty, most, most);
            run(SOME, |vnodes| empty(vnodes).with_max_points(LIMIT), most, LIMIT as usize);
        }
        on!($placement: $($more)*);
    };
    ($placement:ty: lent $($more:ident)*) => {
        /// With as many words as points, with fewer, with none, and with enough to sort batches.
        #[test]
        fn lent() {
            let empty = |vnodes| {
                let words = [40, 7, 0, 800][vnodes as usize % 4];
                lent::ring::<Node, $placement, Aimed>((8, 40), words, vnodes, Aimed)
            };
            run(2 * SOME, empty, 8, 40);
        }
        on!($placement: $($more)*);
    };
}

macro_rules! subjects {
    ($($module:ident: $placement:ty: $($storage:ident)*;)*) => {$(
        mod $module {
            use super::*;

            on!($placement: $($storage)*);
        }
    )*};
}

// Lookups do not depend on the storage. Edits do where counts are relative, members are ordered by a key,
// or nodes of one identity differ.
subjects! {
    chain: Chain: inline;
    four_a_label: FourALabel: heap;
    tokens: Tokens: inline heap lent;
    nearest: Nearest<4, 2>: inline heap;
    nearest_crowded: Nearest<0, 1>: heap;
    nearest_wide: NearestWide: inline;
    once: Once: inline heap;
    last_zone_first: LastZoneFirst: inline heap lent;
    after: After: inline;
    by_share: ByShare<5>: inline heap lent;
    running_sum: RunningSum<5>: heap;
    running_sum_by_zone: RunningSumByZone: inline heap lent;
}

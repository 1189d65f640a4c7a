//! The circles on which rings are fuzzed: so coarse that points collide, but for one.

use annulus::{ByIdentity, Native};
use arbitrary::Arbitrary;

use crate::common::placements::{Coarse, CoarseWide, Crowded};

/// Where points lie.
#[derive(Arbitrary, Clone, Copy)]
pub(crate) enum Circle {
    Coarse4,
    Crowded4,
    Wide8,
    Native,
}

/// What can be done on any circle.
pub(crate) trait Play {
    /// Does it on this one.
    fn play<P: ByIdentity>(&self);
}

impl Circle {
    /// Has `game` played on this circle.
    pub(crate) fn play(self, game: &impl Play) {
        match self {
            Self::Coarse4 => game.play::<Coarse<4>>(),
            Self::Crowded4 => game.play::<Crowded<4>>(),
            Self::Wide8 => game.play::<CoarseWide<8>>(),
            Self::Native => game.play::<Native>(),
        }
    }

    /// Its type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Coarse4 => "Coarse<4>",
            Self::Crowded4 => "Crowded<4>",
            Self::Wide8 => "CoarseWide<8>",
            Self::Native => "Native",
        }
    }
}

/// What a test that is printed begins with.
pub(crate) const PRELUDE: &str = "\
// Save as tests/found.rs, and run: cargo test --all-features --test found
#![allow(unused_imports)]
mod common;

use annulus::{Change, HeapRing, NamedNode, Native, Ring};
use common::edit::{Batch, Edit};
use common::membership::{Node, TOO_LONG};
use common::placements::{Aimed, Coarse, CoarseWide, Crowded};

#[test]
fn found() {
";

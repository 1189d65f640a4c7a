//! The circles on which rings are fuzzed: so coarse that points collide, but for one; and the placements
//! of other kinds.

use annulus::Native;
use arbitrary::Arbitrary;

use crate::common::placements::{Coarse, CoarseWide, Crowded};
use crate::common::rules::Subject;
use crate::common::subjects::{
    ByShare, FourALabel, LastZoneFirst, Nearest, Once, RunningSumByZone, Tokens,
};

/// What can be done on any circle.
pub(crate) trait Play {
    /// Does it on this one.
    fn play<P: Subject>(&self);
}

/// Declares [`Circle`], of variants and the types that they stand for.
macro_rules! circles {
    ($($circle:ident: $placement:ty,)*) => {
        /// Where points lie, and how many.
        #[derive(Arbitrary, Clone, Copy)]
        pub(crate) enum Circle {
            $($circle,)*
        }

        impl Circle {
            /// Has `game` played on this circle.
            pub(crate) fn play(self, game: &impl Play) {
                match self {
                    $(Self::$circle => game.play::<$placement>(),)*
                }
            }

            /// Its type.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$circle => stringify!($placement),)*
                }
            }
        }
    };
}

circles! {
    Coarse4: Coarse<4>,
    Crowded4: Crowded<4>,
    Wide8: CoarseWide<8>,
    Native: Native,
    Tokens: Tokens,
    FourALabel: FourALabel,
    Nearest: Nearest<4, 2>,
    NearestCrowded: Nearest<0, 1>,
    Once: Once,
    LastZoneFirst: LastZoneFirst,
    ByShare: ByShare<5>,
    RunningSumByZone: RunningSumByZone,
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
use common::subjects::*;

#[test]
fn found() {
";

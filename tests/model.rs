//! Random edit sequences on every storage, compared step by step with a naive ring.

mod common;
#[path = "common/sequences.rs"]
mod sequences;

use annulus::{NamedNode, Native, Ring, RomRing};
use common::Random;
use common::check::check_all;
use common::lent;
use common::membership::{Model, Node};
use common::pair::check_diff;
use common::placements::{Aimed, Coarse, CoarseWide, Crowded};
use sequences::{MANY, SOME, fresh_builds, run};

macro_rules! sequences {
    ($($module:ident: $placement:ty;)*) => {$(
        mod $module {
            use super::*;

            #[test]
            fn inline_with_little_room() {
                run(MANY, |vnodes| Ring::<Node, 8, 40, $placement, Aimed>::with_hash(vnodes, Aimed), 8, 40);
            }

            #[test]
            fn inline_with_next_to_no_room() {
                run(MANY, |vnodes| Ring::<Node, 4, 11, $placement, Aimed>::with_hash(vnodes, Aimed), 4, 11);
            }

            /// With as many words as points, with fewer, with none, and with enough to sort batches.
            #[test]
            fn lent() {
                let empty = |vnodes| {
                    let words = [40, 7, 0, 400][vnodes as usize % 4];
                    lent::ring::<Node, $placement, Aimed>((8, 40), words, vnodes, Aimed)
                };
                run(SOME, empty, 8, 40);
            }

            #[cfg(feature = "alloc")]
            #[test]
            fn heap_with_a_limit() {
                use annulus::HeapRing;
                let empty = |vnodes| {
                    HeapRing::<Node, $placement, Aimed>::with_hash(vnodes, Aimed).with_max_points(40)
                };
                run(SOME, empty, u32::MAX as usize, 40);
            }

            #[cfg(feature = "alloc")]
            #[test]
            fn heap() {
                use annulus::HeapRing;
                let most = u32::MAX as usize;
                let empty = |vnodes| HeapRing::<Node, $placement, Aimed>::with_hash(vnodes, Aimed);
                run(MANY, empty, most, most);
            }
        }
    )*};
}

sequences! {
    coarse_4: Coarse<4>;
    coarse_8: Coarse<8>;
    coarse_16: Coarse<16>;
    crowded_4: Crowded<4>;
    crowded_16: Crowded<16>;
    coarse_wide_8: CoarseWide<8>;
    native_32: Native;
    native_64: Native<u64>;
}

/// Rings in flash: evaluated by the compiler, compared with the naive ring and the other storages.
fn check_rom<const NODES: usize, const POINTS: usize>(rom: &RomRing<NODES, POINTS, Aimed>) {
    let mut model = Model::<Native>::new(rom.view().vnodes(), (usize::MAX, usize::MAX));
    model.nodes.extend(rom.view().members().iter().map(|member| {
        let node = *member.node();
        (node.name, node)
    }));
    let naive = model.naive();
    let mut random = Random(NODES as u64);
    for _ in 0..20 {
        check_all(rom.view(), &naive, &mut random);
    }
    let mut inline = Box::new(Ring::<Node, 16, 256, Native, Aimed>::with_hash(1, Aimed));
    inline.merge_from(rom.view(), &[]).unwrap();
    check_all(inline.view(), &naive, &mut random);
    check_diff((rom.view(), &naive), (inline.view(), &naive));
    fresh_builds(
        &*inline,
        &model,
        |vnodes| Ring::<Node, 16, 256, Native, Aimed>::with_hash(vnodes, Aimed),
        &mut random,
    );
}

#[test]
fn rings_in_flash() {
    static EMPTY: RomRing<0, 0, Aimed> = RomRing::with_hash(3, Aimed, []);
    static ONE: RomRing<1, 1, Aimed> = RomRing::with_hash(1, Aimed, [NamedNode::new("a")]);
    static DRAINED: RomRing<2, 5, Aimed> = RomRing::with_hash(
        4,
        Aimed,
        [NamedNode::new("b").with_weight(0), NamedNode::new("a").with_weight(0)],
    );
    static MIXED: RomRing<6, 150, Aimed> = RomRing::with_hash(
        16,
        Aimed,
        [
            NamedNode::new("b").with_zone("west"),
            NamedNode::new("aa").with_weight(3),
            NamedNode::new("").with_zone("east"),
            NamedNode::new("a").with_weight(0),
            NamedNode::new("10.0.0.1:6379").with_weight(2).with_zone("west"),
            NamedNode::new("ab").with_zone("east"),
        ],
    );
    static ODD: RomRing<3, 21, Aimed> = RomRing::with_hash(
        7,
        Aimed,
        [NamedNode::new("ab"), NamedNode::new("aa"), NamedNode::new("a")],
    );
    check_rom(&EMPTY);
    check_rom(&ONE);
    check_rom(&DRAINED);
    check_rom(&MIXED);
    check_rom(&ODD);
}

//! Random edit sequences on every storage, compared step by step with a naive ring.

mod common;

use annulus::{BasicRing, ByIdentity, NamedNode, Native, Ring, RomRing, Storage};
use arbitrary::Unstructured;
use common::Random;
use common::check::{check_all, check_arrays, check_walks};
use common::edit::{self, Edit, Record};
use common::lent;
use common::membership::{Model, Node};
use common::pair::{check_diff, check_transfer};
use common::placements::{Aimed, Coarse, CoarseWide, Crowded};
use common::run::Run;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Edits as bytes in records, so that shrinking leaves out single edits and single changes.
fn edit() -> impl Strategy<Value = Edit> {
    let drawn = (any::<Record>(), vec(any::<Record>(), 0..7));
    drawn.prop_map(|(head, records)| {
        Unstructured::new(&edit::bytes(head, &records)).arbitrary().unwrap()
    })
}

/// How many edit sequences each test below draws. With `alloc` there are five tests for each placement.
const MANY: u32 = if cfg!(miri) {
    2
} else if cfg!(annulus_brief) {
    32
} else {
    512
};

/// Where the ways of edits are those of another storage.
const SOME: u32 = MANY.div_ceil(8);

fn run<S, P>(
    sequences: u32,
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    most_nodes: usize,
    most_points: usize,
) where
    S: Storage<Node = Node, Placement = P>,
    P: ByIdentity,
{
    let config =
        ProptestConfig { cases: sequences, failure_persistence: None, ..Default::default() };
    let drawn = (1..5u32, vec(edit(), 1..12), any::<u64>());
    let result = TestRunner::new(config).run(&drawn, |(vnodes, edits, seed)| {
        let mut random = Random(seed);
        let mut run = Run::new(&empty, vnodes, (most_nodes, most_points));
        let mut old = empty(vnodes);
        for edit in edits {
            let before = run.naive();
            old.merge_from(run.ring.view(), &[]).unwrap();
            let positions = run.edit(&edit);
            let naive = run.naive();
            let position = positions[random.below(positions.len())];
            check_walks(run.ring.view(), &naive, position, &mut random);
            check_diff((old.view(), &before), (run.ring.view(), &naive));
        }
        check_transfer(old.view(), run.ring.view());
        check_all(run.ring.view(), &run.naive(), &mut random);
        fresh_builds(&run.ring, &run.model, &empty, &mut random);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// The outcome of any edits is a fresh build, in whatever order and on whatever storage.
fn fresh_builds<S, P>(
    ring: &BasicRing<S, Aimed>,
    model: &Model,
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    random: &mut Random,
) where
    S: Storage<Node = Node, Placement = P>,
    P: ByIdentity,
{
    let naive = model.naive::<P>();
    let mut nodes: Vec<Node> = model.nodes.values().copied().collect();
    random.shuffle(&mut nodes);
    let mut one_by_one = empty(model.vnodes);
    nodes.iter().for_each(|node| one_by_one.insert(*node).unwrap());
    check_arrays(one_by_one.view(), &naive);
    assert!(*ring == one_by_one);
    let mut roomy = Box::new(Ring::<Node, 16, 256, P, Aimed>::with_hash(model.vnodes, Aimed));
    roomy.insert_all(nodes.iter().copied()).unwrap();
    check_arrays(roomy.view(), &naive);
    assert!(*ring == *roomy);
    roomy.merge_from(ring.view(), &[]).unwrap();
    check_arrays(roomy.view(), &naive);
    #[cfg(feature = "alloc")]
    {
        let mut heap = annulus::HeapRing::<Node, P, Aimed>::with_hash(model.vnodes, Aimed);
        heap.insert_all(nodes.iter().copied()).unwrap();
        check_arrays(heap.view(), &naive);
        assert!(*ring == heap);
        let mut copy = annulus::HeapRing::<Node, P, Aimed>::with_hash(9, Aimed);
        copy.insert(NamedNode::new("something else")).unwrap();
        copy.merge_from(ring.view(), &[]).unwrap();
        check_arrays(copy.view(), &naive);
    }
}

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
    let nodes = rom.view().members().iter().map(|member| (member.node().name, *member.node()));
    let model = Model {
        nodes: nodes.collect(),
        vnodes: rom.view().vnodes(),
        most_nodes: usize::MAX,
        most_points: usize::MAX,
    };
    let naive = model.naive::<Native>();
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

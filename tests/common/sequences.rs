//! Random sequences of edits of one ring, compared step by step with the naive ring.

use annulus::{BasicRing, Change, Ring, Storage};
use arbitrary::Unstructured;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::common::Random;
use crate::common::check::{check_all, check_arrays, check_walks};
use crate::common::edit::{self, Edit, Record};
use crate::common::membership::{Model, Node};
use crate::common::pair::{check_diff, check_transfer};
use crate::common::placements::Aimed;
use crate::common::rules::Subject;
use crate::common::run::Run;

/// Edits as bytes in records, so that shrinking leaves out single edits and single changes.
fn edit() -> impl Strategy<Value = Edit> {
    let drawn = (any::<Record>(), vec(any::<Record>(), 0..7));
    drawn.prop_map(|(head, records)| {
        Unstructured::new(&edit::bytes(head, &records)).arbitrary().unwrap()
    })
}

/// How many edit sequences a test draws.
pub(crate) const MANY: u32 = if cfg!(miri) {
    2
} else if cfg!(annulus_brief) {
    32
} else {
    512
};

/// Where the ways of edits are those of another storage.
pub(crate) const SOME: u32 = MANY.div_ceil(8);

/// Runs random sequences of edits on rings that `empty` makes for so many vnodes, with room for so many
/// nodes and points. Every step is compared with the naive ring.
pub(crate) fn run<S, P>(
    sequences: u32,
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    most_nodes: usize,
    most_points: usize,
) where
    S: Storage<Node = Node, Placement = P>,
    P: Subject,
{
    let config =
        ProptestConfig { cases: sequences, failure_persistence: None, ..Default::default() };
    let drawn = (1..5u32, vec(edit(), 1..12), any::<u64>());
    let result = TestRunner::new(config).run(&drawn, |(vnodes, edits, seed)| {
        let mut random = Random(seed);
        let mut run = Run::new(&empty, vnodes, (most_nodes, most_points));
        let mut old = empty(vnodes);
        for edit in edits {
            // All nodes are in the empty zone, each is in a zone of its own, or as they are drawn.
            let edit = edit.in_zones(|node| match seed % 8 {
                0 => "",
                1 => node.name,
                _ => node.zone,
            });
            let before = run.model.clone();
            old.merge_from(run.ring.view(), &[]).unwrap();
            let positions = run.edit(&edit);
            let naive = run.naive();
            let position = positions[random.below(positions.len())];
            check_walks(run.ring.view(), &naive, position, &mut random);
            check_diff((old.view(), &before.naive()), (run.ring.view(), &naive));
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
pub(crate) fn fresh_builds<S, P>(
    ring: &BasicRing<S, Aimed>,
    model: &Model<P>,
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    random: &mut Random,
) where
    S: Storage<Node = Node, Placement = P>,
    P: Subject,
{
    let naive = model.naive();
    let mut nodes: Vec<Node> = model.nodes.values().copied().collect();
    random.shuffle(&mut nodes);
    let counted = |nodes: &[Node]| -> Vec<Change<'_, Node>> {
        let counts =
            nodes.iter().filter_map(|node| Some((node.name, *model.counts.get(node.name)?)));
        let counts = counts.map(|(name, points)| Change::SetPoints(name.as_bytes(), points));
        nodes.iter().copied().map(Change::Insert).chain(counts).collect()
    };
    let mut one_by_one = empty(model.vnodes);
    for at in 0..nodes.len() {
        if one_by_one.apply(&counted(&nodes[at..=at])).is_err() {
            // On the way there may be more points than in the end.
            assert!(P::RULES.relative);
            one_by_one.insert_all(nodes[at..].iter().copied()).unwrap();
            break;
        }
    }
    check_arrays(one_by_one.view(), &naive);
    assert!(ring.same_membership(&one_by_one));
    let mut roomy = Box::new(Ring::<Node, 16, 256, P, Aimed>::with_hash(model.vnodes, Aimed));
    match model.counts.is_empty() {
        true => roomy.insert_all(nodes.iter().copied()).unwrap(),
        false => roomy.apply(&counted(&nodes)).unwrap(),
    }
    check_arrays(roomy.view(), &naive);
    assert!(ring.same_membership(&roomy));
    roomy.merge_from(ring.view(), &[]).unwrap();
    check_arrays(roomy.view(), &naive);
    #[cfg(feature = "alloc")]
    {
        let mut heap = annulus::HeapRing::<Node, P, Aimed>::with_hash(model.vnodes, Aimed);
        match model.counts.is_empty() {
            true => heap.insert_all(nodes.iter().copied()).unwrap(),
            false => heap.apply(&counted(&nodes)).unwrap(),
        }
        check_arrays(heap.view(), &naive);
        assert!(ring.same_membership(&heap));
        let mut copy = annulus::HeapRing::<Node, P, Aimed>::with_hash(9, Aimed);
        copy.insert(Node::new("something else")).unwrap();
        copy.merge_from(ring.view(), &[]).unwrap();
        check_arrays(copy.view(), &naive);
        // Memory that comes and goes changes nothing, nor does a copy over another ring.
        copy.shrink_to_fit();
        check_arrays(copy.view(), &naive);
        copy.try_reserve(random.below(4), random.below(99)).unwrap();
        check_arrays(copy.view(), &naive);
        let mut other = annulus::HeapRing::<Node, P, Aimed>::with_hash(model.vnodes + 1, Aimed);
        other.insert(Node::new("something else")).unwrap();
        other.clone_from(&copy);
        check_arrays(other.view(), &naive);
        other.clear();
        other.shrink_to_fit();
        other.merge_from(copy.view(), &[]).unwrap();
        check_arrays(other.view(), &naive);
    }
}

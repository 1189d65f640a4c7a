//! Every limit at its edge and one past it: what fits is taken, what does not is refused with the
//! right numbers, and a refusal changes nothing.
//!
//! Elsewhere: readers in `publish.rs`.

mod common;

use std::sync::Mutex;

use annulus::publish::{Published, UpdateError};
use annulus::{
    BasicRing, BatchError, BatchLengthError, Capacity, Change, EditError, MAX_IDENTITY_LEN,
    NamedNode, Native, Node as _, Ring, RingRef, RoomError, Storage,
};
use common::Random;
use common::oracle::Naive;
use common::placements::{Aimed, Coarse};

type Node = NamedNode<'static>;
/// Room for three nodes and 30 points, ten for each unit of weight.
type Small = Ring<Node, 3, 30>;

fn node(name: &'static str, weight: u32) -> Node {
    NamedNode::new(name).with_weight(weight)
}

/// An edit of any kind, under one kind of error.
type Edit<'e> = (&'e str, Box<dyn Fn(&mut Small) -> Result<(), EditError> + 'e>);

/// The ways in which nodes come in.
fn arrivals<'e>(nodes: &'e [Node]) -> Vec<Edit<'e>> {
    let changes = || nodes.iter().map(|node| Change::Insert(*node)).collect::<Vec<_>>();
    vec![
        (
            "insert",
            Box::new(move |ring| {
                let begin = ring.clone();
                for node in nodes {
                    let before = arrays(ring);
                    if let Err(rejected) = ring.insert(*node) {
                        assert_eq!((rejected.node, arrays(ring)), (*node, before));
                        // Those before it fitted.
                        *ring = begin;
                        return Err(rejected.error);
                    }
                }
                Ok(())
            }),
        ),
        ("insert_all", Box::new(|ring| Ok(ring.insert_all(nodes.iter().copied())?))),
        ("apply", Box::new(move |ring| Ok(ring.apply(&changes())?))),
        (
            "merge_from",
            Box::new(move |ring| {
                let mut other = Small::with_vnodes(10);
                other.insert(node("other", 2)).unwrap();
                let before = arrays(&other);
                match other.merge_from(ring.view(), &changes()) {
                    Ok(()) => *ring = other,
                    Err(error) => {
                        assert_eq!(arrays(&other), before);
                        return Err(error.into());
                    }
                }
                Ok(())
            }),
        ),
    ]
}

/// Everything that a refusal could have changed.
fn arrays<S: Storage<Node = Node>>(ring: &BasicRing<S>) -> (Vec<(Node, u32)>, Vec<String>, usize) {
    let view = ring.view();
    let members = view.members().iter().map(|member| (*member.node(), member.weight()));
    let points = view.points().map(|point| format!("{:?} {}", point.position, point.node.name));
    (members.collect(), points.collect(), view.lookup_bytes())
}

/// Each way takes `fits` and refuses `exceeds`.
fn edge(begin: &[Node], fits: &[Node], exceeds: &[Node], expected: EditError) {
    let mut empty = Small::with_vnodes(10);
    empty.insert_all(begin.iter().copied()).unwrap();
    for (way, edit) in arrivals(exceeds) {
        let mut ring = empty.clone();
        assert_eq!(edit(&mut ring), Err(expected), "{way}");
        assert_eq!(arrays(&ring), arrays(&empty), "{way}");
    }
    for (way, edit) in arrivals(fits) {
        let mut ring = empty.clone();
        assert_eq!(edit(&mut ring), Ok(()), "{way}");
        assert_eq!(ring.view().len(), begin.len() + fits.len());
    }
}

#[test]
fn nodes() {
    let expected = EditError::TooManyNodes { needed: 4, capacity: 3 };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| node(name, 0));
    edge(&[], &[a, b, c], &[a, b, c, d], expected);
    edge(&[b, d], &[a], &[a, c], expected);
}

/// The points that memory was lent for are the limit, or those that a ring on the heap was given.
#[test]
fn points_by_the_storage() {
    fn check<S: Storage<Node = Node>>(mut ring: BasicRing<S>, nodes: usize) {
        assert_eq!(ring.capacity(), Capacity { nodes, points: 30 });
        ring.insert_all([node("a", 1), node("b", 1)]).unwrap();
        ring.set_weight(b"a", 2).unwrap();
        let before = arrays(&ring);
        let refused = EditError::TooManyPoints { needed: 40, capacity: 30 };
        assert_eq!(ring.set_weight(b"a", 3), Err(refused));
        assert_eq!(ring.insert(node("c", 1)).map_err(|rejected| rejected.error), Err(refused));
        let change = [Change::Insert(node("c", 1))];
        assert_eq!(ring.apply(&change), Err(BatchError { at: Some(0), error: refused }));
        assert_eq!(arrays(&ring), before);
        assert_eq!(ring.apply(&[Change::SetWeight(b"b", 0), change[0]]), Ok(()));
    }
    check(common::lent::ring::<Node, Native, _>((3, 30), 30, 10, annulus::Xxh3), 3);
    // The shorter of the two counts.
    let lend = |points| common::lent::memory::<Node, Native>((3, points), 30);
    for [positions, owners] in [[30, 99], [99, 30]] {
        let owners = lend(owners).owners;
        let memory = annulus::LentMemory { owners, ..lend(positions) };
        check(annulus::LentRing::with_vnodes(memory, 10), 3);
    }
    #[cfg(feature = "alloc")]
    check(annulus::HeapRing::<Node>::with_vnodes(10).with_max_points(30), u32::MAX as usize);
}

/// The limit goes where the ring goes, and nowhere else.
#[cfg(feature = "alloc")]
#[test]
fn a_limit_stays_with_its_ring() {
    use annulus::HeapRing;
    let mut ring = HeapRing::<Node>::with_vnodes(10).with_max_points(30);
    assert_eq!(ring.clone().capacity().points, 30);
    let mut unlimited = HeapRing::with_vnodes(10);
    unlimited.insert_all([node("a", 2), node("b", 2)]).unwrap();
    let refused = EditError::TooManyPoints { needed: 40, capacity: 30 };
    let expected = BatchError { at: None, error: refused };
    assert_eq!(ring.merge_from(unlimited.view(), &[]), Err(expected));
    assert_eq!(ring.merge_from(unlimited.view(), &[Change::SetWeight(b"a", 1)]), Ok(()));
    assert_eq!((ring.capacity().points, ring.view().point_count()), (30, 30));
    unlimited.merge_from(ring.view(), &[]).unwrap();
    assert_eq!(unlimited.capacity().points, u32::MAX as usize);
    // What is there already stays, and may become less.
    let mut ring = ring.with_max_points(5);
    assert_eq!((ring.capacity().points, ring.view().point_count()), (30, 30));
    assert_eq!(ring.set_weight(b"a", 0), Ok(1));
    assert_eq!(ring.apply(&[]), Ok(()));
    assert_eq!(ring.insert_all([]), Ok(()));
    assert_eq!(ring.apply(&[Change::Remove(b"b")]), Ok(()));
}

/// All snapshots have the limit of the ring that was published, whichever is edited.
#[cfg(feature = "std")]
#[test]
fn a_limit_is_published() {
    let mut ring = annulus::HeapRing::<Node>::with_vnodes(10).with_max_points(30);
    ring.insert(node("a", 2)).unwrap();
    let shared = annulus::SharedRing::new(ring, 3).unwrap();
    let mut writer = shared.writer().unwrap();
    let refused = EditError::TooManyPoints { needed: 40, capacity: 30 };
    for weight in [3, 2, 3, 2] {
        writer.set_weight(b"a", weight).unwrap();
        assert_eq!(writer.set_weight(b"a", 4), Err(UpdateError::Build(refused)));
    }
}

/// The nodes of a ring are dropped with it, in memory that was lent too, and slots are used again.
#[test]
fn what_is_lent_comes_back_vacant() {
    use std::rc::Rc;

    #[derive(Clone, Debug, Default)]
    struct Held(Rc<str>);
    impl annulus::Node for Held {
        fn identity(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    let names = ["a", "b", "c", "d"].map(Rc::<str>::from);
    let held = |name: &str| Held(names.iter().find(|known| &***known == name).unwrap().clone());
    let count = || names.iter().map(Rc::strong_count).sum::<usize>() - names.len();
    let mut members: [annulus::Member<Held>; 3] = Default::default();
    let (mut positions, mut owners, mut words) = ([0; 30], [0; 30], [0; 30]);
    for _ in 0..2 {
        let mut ring = annulus::LentRing::<Held>::with_vnodes(
            annulus::LentMemory {
                members: &mut members,
                positions: &mut positions,
                owners: &mut owners,
                words: &mut words,
            },
            10,
        );
        ring.insert_all(["a", "b", "c"].map(held)).unwrap();
        assert_eq!(count(), 3);
        drop(ring.remove(b"b").unwrap());
        assert_eq!(count(), 2);
        ring.apply(&[Change::Remove(b"a"), Change::Remove(b"c")]).unwrap();
        assert_eq!(count(), 0);
        ring.insert(held("d")).unwrap();
        drop(ring);
        assert_eq!(count(), 0);
    }
}

/// Owners have 16 bits in lent memory, however many slots there are.
#[test]
#[cfg_attr(miri, ignore = "too many nodes")]
fn nodes_of_lent_memory() {
    let most = 1 << 16;
    let mut ring =
        common::lent::ring::<[u8; 4], Native, _>((most + 9, most + 9), 0, 1, annulus::Xxh3);
    assert_eq!(ring.capacity(), Capacity { nodes: most, points: most + 9 });
    let names = |count: usize| (0..count as u32).map(u32::to_be_bytes);
    let refused = EditError::TooManyNodes { needed: most + 1, capacity: most };
    let at = BatchError { at: Some(most), error: refused };
    assert_eq!(ring.insert_all(names(most + 1)), Err(at));
}

/// The layout of one block has room for each slice, one behind the other.
#[test]
fn the_layout_of_lent_memory() {
    type Lent = annulus::LentMemory<'static, Node>;
    let (layout, begins) = Lent::layout(Capacity { nodes: 3, points: 31 }).unwrap();
    let sizes = [3 * size_of::<annulus::Member<Node>>(), 31 * 4, 31 * 2, 31 * 2];
    let aligns = [align_of::<annulus::Member<Node>>(), 4, 2, 2];
    let mut end = 0;
    let begins = [begins.members, begins.positions, begins.owners, begins.words];
    for ((begin, size), align) in begins.into_iter().zip(sizes).zip(aligns) {
        assert!(begin >= end && begin % align == 0 && layout.align() % align == 0);
        end = begin + size;
    }
    assert!(layout.size() >= end && layout.size() < end + layout.align());
    assert_eq!(Lent::layout(Capacity { nodes: 3, points: usize::MAX / 2 }), None);
}

#[test]
fn points() {
    let expected = EditError::TooManyPoints { needed: 40, capacity: 30 };
    edge(&[], &[node("a", 3)], &[node("a", 4)], expected);
    edge(&[node("b", 2)], &[node("a", 1)], &[node("a", 2)], expected);
    edge(&[node("b", 1)], &[node("a", 1), node("c", 1)], &[node("a", 1), node("c", 2)], expected);
}

#[test]
fn weights() {
    let mut ring = Small::with_vnodes(10);
    ring.insert_all([node("a", 1), node("b", 1)]).unwrap();
    let before = arrays(&ring);
    let expected = EditError::TooManyPoints { needed: 40, capacity: 30 };
    assert_eq!(ring.set_weight(b"a", 3), Err(expected));
    let error = ring.apply(&[Change::SetWeight(b"a", 3)]).unwrap_err();
    assert_eq!(error, BatchError { at: Some(0), error: expected });
    assert_eq!(arrays(&ring), before);
    assert_eq!(ring.set_weight(b"a", 2), Ok(1));
    assert_eq!(ring.view().point_count(), 30);
}

/// As many nodes as an owner's 16 bits can tell apart; one more does not compile.
#[test]
#[cfg_attr(miri, ignore = "too many nodes")]
fn inline_nodes() {
    type Full = Ring<[u8; 3], 65_536, 65_536>;
    static RING: Mutex<Full> = Mutex::new(Full::with_vnodes(1));
    let name = |i: u32| [(i >> 16) as u8, (i >> 8) as u8, i as u8];
    let mut ring = RING.lock().unwrap();
    ring.insert_all((0..65_536).map(name)).unwrap();
    let expected = EditError::TooManyNodes { needed: 65_537, capacity: 65_536 };
    assert_eq!(ring.insert(name(65_536)).unwrap_err().error, expected);
    let last = name(65_535);
    let alone = Ring::<[u8; 3], 1, 1>::with_vnodes(1);
    let at = {
        let mut alone = alone;
        alone.insert(last).unwrap();
        alone.view().points().next().unwrap().position
    };
    let owner = *ring.view().owner_at(at).unwrap();
    // Another may stand on the same position and come first.
    let first = ring.view().points_from(at).next().unwrap();
    assert_eq!((owner, first.position), (*first.node, at));
    assert!(ring.view().points().any(|point| point.node == &last));
    assert_eq!(ring.remove(last), Ok(last));
    assert_eq!(ring.insert(name(65_536)).map_err(|rejected| rejected.error), Ok(()));
}

#[test]
fn replicas() {
    let mut ring = Small::with_vnodes(10);
    ring.insert_all([node("a", 1), node("b", 1), node("c", 0)]).unwrap();
    let view = ring.view();
    for k in [0, 1, 2, 3, 4, 10_000] {
        let mut out = vec![None; k];
        for found in [
            view.owners("key", &mut out),
            view.owners_where("key", |_| true, &mut out),
            view.owners_over_zones("key", usize::MAX, |_| true, &mut out),
        ] {
            assert_eq!(found, k.min(2), "the node without points is no owner");
        }
    }
    assert_eq!(view.replicas::<0>("key").len(), 0);
    assert_eq!(view.replicas::<300>("key").len(), 2);
}

#[test]
fn batches() {
    let mut ring = Small::with_vnodes(10);
    ring.insert_all([node("a", 1), node("b", 1)]).unwrap();
    let view = ring.view();
    for len in [0, 1, 31, 32, 33, 64, 100] {
        let positions: Vec<u32> = (0..len as u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
        let mut out = vec![None; len];
        assert_eq!(view.owners_batch(&positions, &mut out), Ok(()));
        let single = positions.iter().map(|&position| view.owner_at(position));
        assert!(single.eq(out.iter().copied()), "{len}");
        for out_len in [len.wrapping_sub(1), len + 1] {
            let stale = node("stale", 1);
            let Ok(out_len) = u16::try_from(out_len) else { continue };
            let mut out = vec![Some(&stale); out_len.into()];
            let expected = BatchLengthError { positions: len, out: out_len.into() };
            assert_eq!(view.owners_batch(&positions, &mut out), Err(expected));
            assert!(out.iter().all(|owner| *owner == Some(&stale)));
            let mut numbers = vec![7; out_len.into()];
            assert_eq!(view.owner_numbers_batch(&positions, &mut numbers), Err(expected));
            assert!(numbers.iter().all(|&number| number == 7));
        }
        let mut numbers = vec![7; len];
        assert_eq!(view.owner_numbers_batch(&positions, &mut numbers), Ok(()));
        let single = positions.iter().map(|&position| view.owner_number_at(position));
        assert!(single.eq(numbers.iter().copied().map(Some)), "{len}");
    }
}

#[test]
fn shares() {
    let mut ring = Small::with_vnodes(10);
    ring.insert_all([node("a", 1), node("b", 1)]).unwrap();
    for len in [0, 1, 2, 3] {
        let mut shares = vec![7; len];
        let result = ring.view().shares(&mut shares);
        if len == 2 {
            assert_eq!(result, Ok(()));
        } else {
            assert_eq!(result, Err(RoomError::Shares { needed: 2, room: len }));
            assert!(shares.iter().all(|&share| share == 7));
        }
    }
}

/// With two buffers to spare guards never make the writer busy; with one they can.
#[test]
fn buffers() {
    fn busy<const BUFFERS: usize>() -> bool {
        let mut published = Published::<u32, 2, BUFFERS>::new([0; BUFFERS]);
        let (mut writer, [mut one, mut two]) = published.split();
        let mut next = |value| {
            writer.update(|_, new| {
                *new = value;
                Ok::<_, ()>(())
            })
        };
        let _one = one.pin();
        next(1).unwrap();
        let _two = two.pin();
        next(2).unwrap();
        next(3) == Err(UpdateError::Busy)
    }
    assert!(busy::<3>());
    assert!(!busy::<4>());
}

#[test]
fn a_full_ring_takes_a_replacement_in_one_batch() {
    let mut ring = Ring::<_, 3, 30, Native, Aimed>::with_hash(10, Aimed);
    ring.insert_all(["a", "b", "c"]).unwrap();
    let rejected = ring.insert("d").unwrap_err();
    assert_eq!(rejected.node, "d");
    assert_eq!(rejected.error, EditError::TooManyNodes { needed: 4, capacity: 3 });
    ring.apply(&[Change::Insert("d"), Change::Remove(b"b")]).unwrap();
    let mut fresh = Ring::<_, 3, 30, Native, Aimed>::with_hash(10, Aimed);
    fresh.insert_all(["d", "c", "a"]).unwrap();
    assert!(ring.same_membership(&fresh));
    assert_eq!(ring.view().fingerprint(), fresh.view().fingerprint());
    let points = |view: RingRef<'_, &'static str, Native, Aimed>| -> Vec<_> {
        view.points().map(|point| (point.position, *point.node)).collect()
    };
    assert_eq!(points(ring.view()), points(fresh.view()));
    let error = ring.apply(&[Change::SetWeight(b"a", 2)]).unwrap_err();
    let expected = EditError::TooManyPoints { needed: 40, capacity: 30 };
    assert_eq!(error, BatchError { at: Some(0), error: expected });
    assert_eq!(ring.set_weight(b"a", 2), Err(expected));
    assert_eq!(points(ring.view()), points(fresh.view()));
    // Trading weight within a full ring needs both changes at once.
    ring.apply(&[Change::SetWeight(b"a", 2), Change::SetWeight(b"c", 0)]).unwrap();
    assert_eq!(ring.view().point_count(), 30);
    // The same node, replaced by another of its identity.
    let zoned = |name, zone| NamedNode::new(name).with_zone(zone);
    let mut ring = Ring::<_, 1, 1, Native, Aimed>::with_hash(1, Aimed);
    ring.insert(zoned("a", "east")).unwrap();
    ring.apply(&[Change::Remove(b"a"), Change::Insert(zoned("a", "west"))]).unwrap();
    assert_eq!(ring.view().get(b"a").unwrap().node().zone, "west");
}

#[test]
fn a_weight_whose_points_overflow_is_refused() {
    let mut ring = Ring::<_, 4, 100>::with_vnodes(u32::MAX);
    let heavy = NamedNode::new("a").with_weight(u32::MAX);
    let needed = u64::from(u32::MAX) * u64::from(u32::MAX);
    let error = ring.insert(heavy).unwrap_err().error;
    assert_eq!(error, EditError::TooManyPoints { needed, capacity: 100 });
    let error = ring.insert_all([NamedNode::new("b").with_weight(0), heavy]).unwrap_err();
    assert_eq!(error.at, Some(1));
    assert!(ring.apply(&[Change::Insert(heavy)]).is_err());
    ring.insert(NamedNode::new("a").with_weight(0)).unwrap();
    assert!(ring.set_weight(b"a", u32::MAX).is_err());
    assert!(ring.apply(&[Change::SetWeight(b"a", 1 << 20)]).is_err());
    assert_eq!(ring.view().get(b"a").unwrap().weight(), 0);
    // Sums of such weights saturate rather than wrap.
    let many = ["c", "d", "e"].map(|name| NamedNode::new(name).with_weight(u32::MAX));
    assert!(matches!(
        ring.insert_all(many),
        Err(BatchError { error: EditError::TooManyPoints { .. }, .. })
    ));
    assert_eq!(ring.view().len(), 1);
}

#[test]
fn an_identity_may_have_255_bytes() {
    let long = "x".repeat(MAX_IDENTITY_LEN + 1);
    let (longest, too_long) = (&long[1..], &long[..]);
    let mut ring = Ring::<_, 4, 100>::with_vnodes(10);
    ring.insert(longest).unwrap();
    assert!(ring.view().get(longest.as_bytes()).is_some());
    let expected = EditError::IdentityTooLong { len: 256 };
    assert_eq!(ring.insert(too_long).unwrap_err().error, expected);
    let error = ring.insert_all(["a", too_long]).unwrap_err();
    assert_eq!(error, BatchError { at: Some(1), error: expected });
    let error = ring.apply(&[Change::Insert("a"), Change::Insert(too_long)]).unwrap_err();
    assert_eq!(error, BatchError { at: Some(1), error: expected });
    assert_eq!(ring.remove(too_long.as_bytes()), Err(expected));
    assert_eq!(ring.set_weight(too_long.as_bytes(), 1), Err(expected));
    assert_eq!(ring.view().len(), 1);
}

/// Rings so short that the scratch of an edit holds no point, or a single one.
fn tiny<const POINTS: usize>() {
    let mut ring = Ring::<_, 4, POINTS, Coarse<2>, Aimed>::with_hash(1, Aimed);
    let mut random = Random(POINTS as u64);
    let names = ["a", "b", "c", "d", "e"];
    for _ in 0..500 {
        let name = names[random.below(names.len())];
        let weight = random.below(4) as u32;
        let points = ring.view().point_count() as u32;
        let known = ring.view().get(name.as_bytes()).map(|member| member.weight());
        match random.below(3) {
            0 => {
                let room = points + weight <= POINTS as u32 && ring.view().len() < 4;
                let result = ring.insert(NamedNode::new(name).with_weight(weight));
                assert_eq!(result.is_ok(), known.is_none() && room);
            }
            1 => assert_eq!(ring.remove(name.as_bytes()).is_ok(), known.is_some()),
            _ => {
                let room = known.is_some_and(|old| points - old + weight <= POINTS as u32);
                assert_eq!(ring.set_weight(name.as_bytes(), weight).is_ok(), room);
            }
        }
        let view = ring.view();
        let naive = Naive::of(view);
        let points = view.points().map(|point| (u64::from(point.position), point.node.identity()));
        assert!(points.eq(naive.points.iter().map(|point| (point.0, point.1))));
        for position in [0, 1, 1 << 30, (1 << 30) + 1, 1 << 31, u32::MAX] {
            let owner = view.owner_at(position).map(|node| node.identity());
            assert_eq!(owner, naive.owner(position.into()));
        }
    }
}

#[test]
fn rings_of_very_few_points() {
    tiny::<0>();
    tiny::<1>();
    tiny::<2>();
    tiny::<3>();
    tiny::<4>();
    tiny::<7>();
}

#[cfg(feature = "alloc")]
#[test]
fn points_beyond_32_bits_are_refused() {
    use annulus::HeapRing;

    let mut ring = HeapRing::<_>::with_vnodes(1 << 16);
    ring.insert(NamedNode::new("a")).unwrap();
    let heavy = |name| NamedNode::new(name).with_weight(1 << 16);
    let expected = |needed| EditError::TooManyPoints { needed, capacity: u32::MAX as usize };
    assert_eq!(ring.insert(heavy("b")).unwrap_err().error, expected((1 << 32) + (1 << 16)));
    assert_eq!(ring.set_weight(b"a", 1 << 16), Err(expected(1 << 32)));
    let error = ring.apply(&[Change::Insert(heavy("b"))]).unwrap_err();
    assert_eq!(error, BatchError { at: Some(0), error: expected((1 << 32) + (1 << 16)) });
    // What a batch passes through does not count, nor does it take memory.
    let there_and_back = [Change::SetWeight(b"a", 40_000_000), Change::SetWeight(b"a", 1)];
    ring.apply(&there_and_back).unwrap();
    let error = ring.insert_all([heavy("b"), heavy("c")]).unwrap_err();
    assert_eq!(error.error, expected((1 << 32) + (1 << 16)));
    assert_eq!((ring.view().len(), ring.view().point_count()), (1, 1 << 16));
}

//! Which change is refused, and why: one answer, by whichever verb, on whatever storage.
//!
//! Where memory runs out: `out_of_memory.rs`.

mod common;

use annulus::publish::{Published, UpdateError};
use annulus::{BasicRing, BatchError, Change, EditError, NamedNode, Ring, RingWriter, Storage};
use common::Random;
use common::edit::{Batch, Edit};
use common::membership::{self, Node, TOO_LONG};
use common::placements::Aimed;

type Model = membership::Model<annulus::Native>;

const fn node(name: &'static str, weight: u32) -> Node {
    NamedNode::new(name).with_weight(weight)
}

const fn insert(name: &'static str, weight: u32) -> Change<'static, Node> {
    Change::Insert(node(name, weight))
}

const fn remove(name: &'static str) -> Change<'static, Node> {
    Change::Remove(name.as_bytes())
}

const fn set_weight(name: &'static str, weight: u32) -> Change<'static, Node> {
    Change::SetWeight(name.as_bytes(), weight)
}

type Answer = Result<(), BatchError>;

fn unwrapped<R, E>(result: Result<R, UpdateError<E>>) -> Result<R, E> {
    result.map_err(|error| match error {
        UpdateError::Build(error) => error,
        UpdateError::Busy => panic!("there is no reader"),
    })
}

/// A ring with these members.
fn ring<S: Storage<Node = Node>>(
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    members: &Model,
) -> BasicRing<S, Aimed> {
    let mut ring = empty(members.vnodes);
    ring.insert_all(members.nodes.values().copied()).unwrap();
    ring
}

/// Has a writer edit a publication of `ring`.
fn through_a_writer<S: Storage<Node = Node>, R>(
    ring: BasicRing<S, Aimed>,
    other: BasicRing<S, Aimed>,
    edit: impl FnOnce(&mut RingWriter<annulus::publish::Writer<'_, BasicRing<S, Aimed>, 1, 2>>) -> R,
) -> R {
    let published = Published::<_, 1, 2>::new([ring, other]);
    let mut writer = RingWriter::new(published.writer().unwrap());
    edit(&mut writer)
}

/// What every verb that makes many changes says to these.
fn answers<S: Storage<Node = Node>>(
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    members: &Model,
    changes: &[Change<'static, Node>],
) -> Vec<(&'static str, Answer)> {
    let begin = || ring(&empty, members);
    let other = || empty(members.vnodes);
    let mut answers = vec![
        ("apply", begin().apply(changes)),
        ("merge_from", other().merge_from(begin().view(), changes)),
        (
            "apply of a writer",
            through_a_writer(begin(), other(), |writer| unwrapped(writer.apply(changes))),
        ),
    ];
    let nodes = changes.iter().map(|change| match change {
        Change::Insert(node) => Some(*node),
        _ => None,
    });
    if let Some(nodes) = nodes.collect::<Option<Vec<Node>>>() {
        answers.push(("insert_all", begin().insert_all(nodes.iter().copied())));
        let edit = through_a_writer(begin(), other(), |writer| unwrapped(writer.insert_all(nodes)));
        answers.push(("insert_all of a writer", edit));
    }
    answers
}

/// Adds to `wrong` each verb that answers otherwise than the model.
fn compare<S: Storage<Node = Node>>(
    empty: impl Fn(u32) -> BasicRing<S, Aimed>,
    members: &Model,
    changes: &[Change<'static, Node>],
    wrong: &mut Vec<String>,
) {
    let expected = members.apply(changes).map(drop);
    for (verb, answer) in answers(empty, members, changes) {
        if answer != expected {
            let batch = Edit::Apply(Batch { changes: changes.to_vec(), mend: false });
            wrong.push(format!("{verb}, {batch:?}:\n  {answer:?}, not\n  {expected:?}\n"));
        }
    }
}

fn report(wrong: &[String]) {
    let first: String = wrong.iter().take(10).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} answers are wrong; the first of them:\n{first}", wrong.len());
}

/// Every list of up to so many items.
fn lists<T: Copy>(items: &[T], most: usize) -> Vec<Vec<T>> {
    let mut lists = vec![vec![]];
    let mut begin = 0;
    for _ in 0..most {
        let end = lists.len();
        for list in begin..end {
            for item in items {
                let longer = lists[list].iter().copied().chain([*item]).collect();
                lists.push(longer);
            }
        }
        begin = end;
    }
    lists
}

fn model(vnodes: u32, most: (usize, usize), members: &[Node]) -> Model {
    Model::new(vnodes, most).insert_all(members).unwrap()
}

/// How long the lists below are.
const MOST: usize = if cfg!(miri) { 2 } else { 4 };

const NODES: [Change<'static, Node>; 7] = [
    insert("a", 1),
    insert("b", 1),
    insert("b", 0),
    insert("10.0.0.1:6379", 1),
    insert("aa", 0),
    insert("ab", u32::MAX),
    insert(TOO_LONG, 1),
];

const CHANGES: [Change<'static, Node>; 15] = [
    insert("a", 1),
    insert("b", 2),
    insert("10.0.0.1:6379", 1),
    insert(TOO_LONG, 0),
    remove("10.0.0.1:6379"),
    remove("a"),
    remove(TOO_LONG),
    set_weight("10.0.0.1:6379", 4),
    set_weight("a", 0),
    set_weight(TOO_LONG, 1),
    Change::Replace(node("10.0.0.1:6379", 7)),
    Change::Replace(node("a", 1)),
    Change::SetPoints("10.0.0.1:6379".as_bytes(), 7),
    Change::SetPoints("a".as_bytes(), 0),
    Change::SetPoints("a".as_bytes(), 1),
];

const MEMBER: Node = node("10.0.0.1:6379", 1);

fn inline(vnodes: u32) -> Ring<Node, 3, 6, annulus::Native, Aimed> {
    Ring::with_hash(vnodes, Aimed)
}

#[test]
fn any_nodes_that_join_a_ring_of_little_room() {
    let members = model(2, (3, 6), &[MEMBER]);
    let mut wrong = Vec::new();
    for nodes in lists(&NODES, MOST) {
        compare(inline, &members, &nodes, &mut wrong);
    }
    report(&wrong);
}

#[test]
fn any_changes_of_a_ring_of_little_room() {
    let empty = |vnodes| Ring::<Node, 2, 3, annulus::Native, Aimed>::with_hash(vnodes, Aimed);
    let members = model(1, (2, 3), &[MEMBER]);
    let mut wrong = Vec::new();
    for changes in lists(&CHANGES, MOST) {
        compare(empty, &members, &changes, &mut wrong);
    }
    report(&wrong);
}

#[test]
fn any_nodes_and_changes_in_lent_memory() {
    let empty = |vnodes| common::lent::ring::<Node, annulus::Native, _>((2, 3), 3, vnodes, Aimed);
    let members = model(1, (2, 3), &[MEMBER]);
    let mut wrong = Vec::new();
    for changes in lists(&NODES, MOST - 1).into_iter().chain(lists(&CHANGES, MOST - 1)) {
        compare(empty, &members, &changes, &mut wrong);
    }
    report(&wrong);
}

#[cfg(feature = "alloc")]
#[test]
fn any_nodes_and_changes_on_the_heap() {
    use annulus::HeapRing;
    let empty = |vnodes| HeapRing::<Node, annulus::Native, Aimed>::with_hash(vnodes, Aimed);
    let most = u32::MAX as usize;
    let members = model(2, (most, most), &[MEMBER]);
    let mut wrong = Vec::new();
    for changes in lists(&NODES, MOST - 1).into_iter().chain(lists(&CHANGES, MOST - 1)) {
        compare(empty, &members, &changes, &mut wrong);
    }
    report(&wrong);
}

/// What a verb for one change says, a batch of that change says too.
#[test]
fn one_change_by_its_own_verb() {
    let mut wrong = Vec::new();
    let full = [MEMBER, node("a", 1), node("b", 1)];
    for members in [&[][..], &[MEMBER], &full[..2], &full] {
        let members = model(2, (3, 6), members);
        for change in NODES.into_iter().chain(CHANGES) {
            let expected = members.apply(&[change]).map(drop).map_err(|batch| {
                assert_eq!(batch.at, Some(0));
                batch.error
            });
            let begin = || ring(inline, &members);
            let verb: Result<(), EditError> = match change {
                Change::Insert(node) => begin().insert(node).map_err(|rejected| {
                    assert_eq!(rejected.node, node);
                    rejected.error
                }),
                Change::Remove(identity) => begin().remove(identity).map(drop),
                Change::SetWeight(identity, weight) => {
                    begin().set_weight(identity, weight).map(drop)
                }
                Change::SetPoints(identity, points) => {
                    begin().set_points(identity, points).map(drop)
                }
                Change::Replace(node) => begin().replace(node).map(drop).map_err(|rejected| {
                    assert_eq!(rejected.node, node);
                    rejected.error
                }),
                _ => unreachable!("a change that these tests do not know"),
            };
            let writer = through_a_writer(begin(), inline(2), |writer| match change {
                Change::Insert(node) => unwrapped(writer.insert(node).map_err(|rejected| {
                    assert_eq!(rejected.node, node);
                    rejected.error
                })),
                Change::Remove(identity) => unwrapped(writer.remove(identity)).map(drop),
                Change::SetWeight(identity, weight) => {
                    unwrapped(writer.set_weight(identity, weight)).map(drop)
                }
                Change::SetPoints(identity, points) => {
                    unwrapped(writer.set_points(identity, points)).map(drop)
                }
                Change::Replace(node) => {
                    unwrapped(writer.replace(node).map(drop).map_err(|rejected| {
                        assert_eq!(rejected.node, node);
                        rejected.error
                    }))
                }
                _ => unreachable!("a change that these tests do not know"),
            });
            let batch = begin().apply(&[change]).map_err(|batch| batch.error);
            for (by, answer) in [("ring", verb), ("writer", writer), ("batch of one", batch)] {
                if answer != expected {
                    let batch = Edit::Apply(Batch { changes: vec![change], mend: false });
                    wrong.push(format!("{by}, {batch:?}:\n  {answer:?}, not\n  {expected:?}\n"));
                }
            }
        }
    }
    report(&wrong);
}

/// The rules by example, in numbers: of a ring of three nodes and 30 points that has one node of ten points.
#[test]
fn the_first_change_that_cannot_be_made_is_named() {
    let nodes = |needed| EditError::TooManyNodes { needed, capacity: 3 };
    let points = |needed| EditError::TooManyPoints { needed, capacity: 30 };
    let too_long = EditError::IdentityTooLong { len: 256 };
    let at = |at, error| Err(BatchError { at: Some(at), error });
    let [b, aa, ab] = ["b", "aa", "ab"].map(|name| insert(name, 0));
    let cases: [(&[Change<'_, Node>], Answer); 18] = [
        // Not how many there are in the end, but after the first that is too many.
        (&[b, aa, ab], at(2, nodes(4))),
        (&[b, aa, ab, insert("", 0)], at(2, nodes(4))),
        (&[insert("b", 3), insert("aa", 1)], at(0, points(40))),
        // What a batch passes through needs no room, what it ends with does.
        (&[b, aa, ab, remove("a")], Ok(())),
        (&[b, aa, ab, remove("a"), insert("a", 1)], at(4, nodes(4))),
        (&[set_weight("a", 4), set_weight("a", 3)], Ok(())),
        (&[set_weight("a", 4), set_weight("a", 3), insert("b", 1)], at(2, points(40))),
        (&[set_weight("a", 9), set_weight("a", 5)], at(0, points(90))),
        // Too much of both: what begins first, nodes where both do at once.
        (&[insert("b", 3), aa, ab], at(0, points(40))),
        (&[b, aa, insert("ab", 1), set_weight("b", 2)], at(2, nodes(4))),
        (&[b, aa, insert("ab", 3)], at(2, nodes(4))),
        // Too much and something else: what comes first.
        (&[b, insert("a", 1), aa, ab], at(1, EditError::DuplicateIdentity)),
        (&[b, aa, ab, b], at(2, nodes(4))),
        (&[insert("b", 3), remove("ab")], at(0, points(40))),
        (&[b, remove("ab"), insert("aa", 3)], at(1, EditError::UnknownIdentity)),
        // Too long before all else that can be said of the same change.
        (&[b, aa, insert(TOO_LONG, 9)], at(2, too_long)),
        (&[remove(TOO_LONG)], at(0, too_long)),
        (&[b, set_weight(TOO_LONG, 9)], at(1, too_long)),
    ];
    let members = model(10, (3, 30), &[node("a", 1)]);
    let empty = |vnodes| Ring::<Node, 3, 30, annulus::Native, Aimed>::with_hash(vnodes, Aimed);
    let mut wrong = Vec::new();
    for (changes, expected) in cases {
        assert_eq!(members.apply(changes).map(drop), expected, "the model, of {changes:?}");
        compare(empty, &members, changes, &mut wrong);
    }
    report(&wrong);
}

/// Sums of points beyond 64 bits, which a batch passes through or ends with.
#[test]
fn sums_that_overflow_name_the_first_change_too() {
    let heavy = |name| insert(name, u32::MAX);
    let members = model(u32::MAX, (3, 6), &[node("a", 0)]);
    let one = EditError::TooManyPoints { needed: u64::from(u32::MAX).pow(2), capacity: 6 };
    let mut wrong = Vec::new();
    for (changes, expected) in [
        (&[heavy("b"), heavy("aa"), remove("b")][..], Err(BatchError { at: Some(0), error: one })),
        (&[heavy("b"), heavy("aa"), remove("aa"), remove("b")], Ok(())),
        (&[heavy("b"), set_weight("a", 7), remove("b"), set_weight("a", 0)], Ok(())),
    ] {
        assert_eq!(members.apply(changes).map(drop), expected, "the model, of {changes:?}");
        compare(inline, &members, changes, &mut wrong);
    }
    report(&wrong);
}

#[test]
fn of_many_twins_the_first_is_named() {
    let mut random = Random(3);
    for _ in 0..50 {
        let names: Vec<String> = (0..60).map(|_| format!("n{}", random.below(25))).collect();
        let first = (0..60).find(|&at| names[..at].contains(&names[at])).unwrap();
        let mut ring = Box::new(Ring::<&str, 64, 64>::with_vnodes(1));
        let error = ring.insert_all(names.iter().map(String::as_str)).unwrap_err();
        assert_eq!(error, BatchError { at: Some(first), error: EditError::DuplicateIdentity });
        assert!(ring.view().is_empty() && ring.view().point_count() == 0);
    }
}

//! User code that panics amid an edit of a published ring, at every call that the edit makes of it: what is
//! published stays, and the writer is as good as any other for what comes next.
//!
//! Nodes whose `Drop` panics are left out.

#[path = "common/fuse.rs"]
mod fuse;

use annulus::publish::Published;
use annulus::{BasicRing, ByIdentity, Ring, RingReader, RingWriter, Storage, Update};
use fuse::{
    BEGIN, Circle, Failures, Fuse, Hash, MANY, Member, STEP, State, mixed, node, nodes, quietly,
    refused, with,
};

/// A ring in place.
type Small = Ring<Fuse, 16, 64, Circle<u32>, Hash>;

/// An edit of a published ring, by name.
type WriterVerb<W> = (&'static str, fn(&mut RingWriter<W>) -> Result<(), String>);

const WRITER_VERBS: usize = 10;

/// Every edit of a published ring of [`BEGIN`].
fn writer_verbs<W, S>() -> [WriterVerb<W>; WRITER_VERBS]
where
    W: Update<Value = BasicRing<S, Hash>>,
    S: Storage<Node = Fuse, Placement: ByIdentity>,
{
    [
        ("insert", |writer| writer.insert(node(("b", 2))).map_err(refused)),
        ("remove", |writer| writer.remove(b"c").map(drop).map_err(refused)),
        ("set_weight up", |writer| writer.set_weight(b"c", 4).map(drop).map_err(refused)),
        ("set_weight down", |writer| writer.set_weight(b"c", 1).map(drop).map_err(refused)),
        ("apply", |writer| writer.apply(&mixed()).map_err(refused)),
        ("insert_all few", |writer| writer.insert_all(nodes(&[("b", 1)])).map_err(refused)),
        ("insert_all many", |writer| writer.insert_all(nodes(MANY)).map_err(refused)),
        ("replace", |writer| writer.replace(node(("c", 5))).map(drop).map_err(refused)),
        ("reconcile few", |writer| {
            let mut list: Vec<Fuse> = nodes(&BEGIN[1..]).collect();
            writer.reconcile(&mut list).map(drop).map_err(refused)
        }),
        ("reconcile all", |writer| {
            let mut list: Vec<Fuse> = nodes(MANY).collect();
            writer.reconcile(&mut list).map(drop).map_err(refused)
        }),
    ]
}

/// Has an edit through `writer` panic after so many calls, and adds to `failures` what comes of it. Whether
/// it did panic.
fn publish<W, S>(
    publication: &str,
    (verb, calls): (usize, usize),
    mut writer: RingWriter<W>,
    mut shown: impl FnMut() -> (u64, State),
    empty: fn(u32) -> BasicRing<S, Hash>,
    failures: &mut Failures,
) -> bool
where
    W: Update<Value = BasicRing<S, Hash>>,
    S: Storage<Node = Fuse, Placement: ByIdentity>,
{
    let (verb, edit) = writer_verbs::<W, S>()[verb];
    writer.insert_all(nodes(BEGIN)).unwrap();
    let culprit = match with(calls, || edit(&mut writer)) {
        Ok(result) => {
            assert_eq!(result, Ok(()), "{verb}");
            assert!(calls > 0, "{verb} calls nothing");
            return false;
        }
        Err(culprit) => culprit,
    };
    let mut members = BEGIN.to_vec();
    let mut check = |writer: &RingWriter<W>, version: u64, members: &[Member], when: &str| {
        let (published, state) = shown();
        let wanted = State::fresh(empty, writer.view().vnodes(), members);
        if (published, writer.version()) != (version, version) {
            return Err(format!("{when} version {published} is published, not {version}"));
        }
        let both = [state, State::of(writer.view())];
        match both.iter().find_map(|state| state.differs(&wanted)) {
            Some(parts) => Err(format!("{when} the published ring has other {parts}")),
            None => Ok(()),
        }
    };
    let judged = quietly(|| {
        check(&writer, 1, &members, "at once")?;
        let last = members.pop().unwrap();
        writer.remove(last.0.as_bytes()).map_err(refused)?;
        check(&writer, 2, &members, "after a remove")?;
        writer.insert(node(last)).map_err(|rejected| refused(rejected.error))?;
        members.push(last);
        check(&writer, 3, &members, "after an insert")?;
        writer.set_weight(b"c", 0).map_err(refused)?;
        members[1].1 = 0;
        check(&writer, 4, &members, "after set_weight")
    });
    if let Err(what) = judged.unwrap_or_else(|()| Err("then the ring panics".into())) {
        failures.add([publication, verb, culprit], calls, what);
    }
    true
}

#[test]
fn published() {
    let mut failures = Failures::default();
    for verb in 0..WRITER_VERBS {
        for calls in (0..).step_by(STEP) {
            let mut published =
                Published::<Small, 1, 2>::new([const { Small::with_hash(4, Hash) }; 2]);
            let (writer, [reader]) = published.split();
            let mut reader = RingReader::new(reader);
            let shown = || {
                let ring = reader.pin();
                (ring.version(), State::of(ring.view()))
            };
            let empty = |vnodes| Small::with_hash(vnodes, Hash);
            let writer = RingWriter::new(writer);
            if !publish("published", (verb, calls), writer, shown, empty, &mut failures) {
                break;
            }
        }
    }
    failures.report();
}

#[cfg(feature = "alloc")]
#[test]
fn published_with_handles_that_own() {
    let mut failures = Failures::default();
    for verb in 0..WRITER_VERBS {
        for calls in (0..).step_by(STEP) {
            let rings = [const { Small::with_hash(4, Hash) }; 2];
            let published = std::sync::Arc::new(Published::<Small, 1, 2>::new(rings));
            let mut reader = RingReader::new(published.owned_reader().unwrap());
            let shown = || {
                let ring = reader.pin();
                (ring.version(), State::of(ring.view()))
            };
            let empty = |vnodes| Small::with_hash(vnodes, Hash);
            let writer = RingWriter::new(published.owned_writer().unwrap());
            drop(published);
            if !publish("owned", (verb, calls), writer, shown, empty, &mut failures) {
                break;
            }
        }
    }
    failures.report();
}

#[cfg(feature = "std")]
#[test]
fn shared() {
    use annulus::{HeapRing, SharedRing};
    type Large = HeapRing<Fuse, Circle<u32>, Hash>;
    let mut failures = Failures::default();
    for (verb, owned) in (0..WRITER_VERBS).flat_map(|verb| [(verb, false), (verb, true)]) {
        for calls in (0..).step_by(STEP) {
            let empty = |vnodes| Large::with_hash(vnodes, Hash);
            let ring = SharedRing::new(empty(4), 2).unwrap();
            let shown = || {
                let ring = ring.pin();
                (ring.version(), State::of(ring.view()))
            };
            let verb = (verb, calls);
            let panicked = if owned {
                let writer = ring.clone().owned_writer().unwrap();
                publish("shared, owned", verb, writer, shown, empty, &mut failures)
            } else {
                let writer = ring.writer().unwrap();
                publish("shared", verb, writer, shown, empty, &mut failures)
            };
            if !panicked {
                break;
            }
        }
    }
    failures.report();
}

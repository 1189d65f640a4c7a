//! Rings of all systems with recorded answers, published: edited through their writers while a thread looks keys up.
//!
//! Each ring is published three times: in place (if it is not too large) and on the heap, both read wait-free, and by
//! a `SharedRing`.
//!
//! `cargo test -p annulus-profiles --all-features --test published -- --nocapture` prints how many publications there
//! are of each.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod common;
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "common/edited.rs"]
mod edited;

use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use annulus::publish::Published;
use annulus::{
    BasicRing, HeapRing, KeyHash, Ring, RingReader, RingRef, RingWriter, SharedRing, Storage,
    Update,
};
use annulus_profiles::{Down, Server, System, Visit};
use common::{Case, place, profile};
use edited::{Edit, MOST_SERVERS, Step, carry_out, each_system, points, steps};

/// The keys that are looked up in each version.
const KEYS: usize = 24;

/// The most servers of an answer.
const MOST_HOLDERS: usize = 12;

/// The points that rings in place have room for. Larger ones are published on the heap alone.
const IN_PLACE: usize = 8_192;

/// The places of the servers of all keys, and where each key's end.
type Answers = Vec<u32>;

/// What a ring of these servers has and answers.
struct Version {
    points: Vec<(u64, u32)>,
    answers: Answers,
}

/// How many publications there were.
#[derive(Clone, Copy, Default)]
struct Counts {
    rings: usize,
    in_place: usize,
    edits: u64,
    /// How often a reader looked all keys up in one version.
    looks: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.rings += other.rings;
        self.in_place += other.in_place;
        self.edits += other.edits;
        self.looks += other.looks;
    }
}

/// Publishes the ring of a case, and edits it in all ways.
struct Publish<'c>(&'c Case);

impl<'c> Visit<Server<'c>> for Publish<'c> {
    type Answer = Counts;

    fn visit<S: System<Server<'c>>, H: KeyHash<[u8]> + Clone + Send + Sync>(
        self,
        config: S::Config,
        hash: H,
        strategy: S::Strategy<'_>,
    ) -> Counts {
        let empty = HeapRing::<_, S, _>::with_hash(config, hash.clone());
        let keys: Vec<_> = (0..KEYS).map(|key| format!("key-{key}")).collect();
        let wanted = S::holders(&strategy).unwrap_or(3).min(MOST_HOLDERS);
        let answers = |view: RingRef<'_, Server<'c>, S, H>| -> Answers {
            let alive =
                |number| S::DOWN == Down::Leaves || !self.0.down.contains(&place(view, number));
            let mut all = Vec::new();
            for key in &keys {
                let mut out = [0; MOST_HOLDERS];
                let out = &mut out[..wanted];
                let position = view.position(key.as_bytes());
                let found = S::owners_at(&strategy, view, position, alive, out);
                all.extend(out[..found].iter().map(|&number| place(view, number)));
                all.push(u32::MAX);
            }
            all
        };
        let steps = steps::<S>(self.0, config);
        let mut built = empty.clone();
        let mut version = |servers: &[Server<'c>]| {
            built.clear();
            built.insert_all(servers.iter().copied()).unwrap();
            Version { points: points(built.view()), answers: answers(built.view()) }
        };
        let lists = [&[][..]].into_iter().chain(steps.iter().map(|step| &step.servers[..]));
        let versions: Vec<_> = lists.map(&mut version).collect();

        let history = History { case: self.0, steps: &steps, versions: &versions };
        let mut counts = Counts { rings: 1, ..Counts::default() };
        if versions.iter().all(|version| version.points.len() <= IN_PLACE) {
            type InPlace<'c, S, H> = Ring<Server<'c>, MOST_SERVERS, IN_PLACE, S, H>;
            let ring = || InPlace::<S, H>::with_hash(config, hash.clone());
            let mut published: Box<Published<_, 1, 3>> =
                Box::new(Published::new([ring(), ring(), ring()]));
            let (writer, [reader]) = published.split();
            let mut reader = RingReader::new(reader);
            let look = || {
                let pinned = reader.pin();
                (pinned.version(), answers(pinned.view()))
            };
            counts += history.play(RingWriter::new(writer), look);
            counts.in_place += 1;
        }

        let mut published: Published<_, 1, 3> =
            Published::new([empty.clone(), empty.clone(), empty.clone()]);
        let (writer, [reader]) = published.split();
        let mut reader = RingReader::new(reader);
        let look = || {
            let pinned = reader.pin();
            (pinned.version(), answers(pinned.view()))
        };
        counts += history.play(RingWriter::new(writer), look);

        let shared = SharedRing::new(empty, 16).unwrap();
        let mut writer = shared.writer().unwrap();
        let look = || {
            let pinned = shared.pin();
            (pinned.version(), answers(pinned.view()))
        };
        // Threads that hold a snapshot may have lost their core.
        counts += history.play(writer.within(Duration::from_secs(10)), look);
        counts
    }
}

/// What happens to a ring.
struct History<'h, 'c> {
    case: &'c Case,
    steps: &'h [Step<'c>],
    /// What the ring is before the first step, and after each.
    versions: &'h [Version],
}

impl<'c> History<'_, 'c> {
    /// Carries the steps out, while another thread looks keys up time and again. It sees each version, all of whose
    /// answers are those of the version's servers.
    ///
    /// `look` gives a version and its answers.
    fn play<W, T, H>(
        &self,
        mut writer: RingWriter<W>,
        mut look: impl FnMut() -> (u64, Answers) + Send,
    ) -> Counts
    where
        W: Update<Value = BasicRing<T, H>>,
        T: Storage<Node = Server<'c>, Placement: System<Server<'c>>>,
        H: Clone,
    {
        let Self { case, steps, versions } = self;
        let (seen, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        let read = || {
            let (mut last, mut looks) = (0, 0);
            while last < steps.len() as u64 && !over.load(Ordering::Relaxed) {
                let (version, answers) = look();
                assert!(version >= last, "{}: version {version} after {last}", case.name);
                let expected = &versions[version as usize].answers;
                assert!(&answers == expected, "{}: version {version}", case.name);
                looks += 1;
                seen.store(version as usize, Ordering::Relaxed);
                if version == last {
                    // The writer gets on, and is looked at in the middle of an edit all the same.
                    thread::sleep(Duration::from_micros(100));
                }
                last = version;
            }
            looks
        };
        thread::scope(|scope| {
            let reader = scope.spawn(read);
            let over = Over(&over);
            for (step, version) in steps.iter().zip(&versions[1..]) {
                carry_out!(writer, step);
                let same = points(writer.view()) == version.points;
                assert!(same, "{}: {}", case.name, step.what);
                // An edit after which nobody looks says little.
                while (seen.load(Ordering::Relaxed) as u64) < writer.version()
                    && !reader.is_finished()
                {
                    thread::yield_now();
                }
            }
            drop(over);
            let looks = reader.join().expect("readers see what was published");
            Counts { edits: writer.version(), looks, ..Counts::default() }
        })
    }
}

/// Once it is dropped, by a panic perhaps, the reader stops.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn published_rings_are_those_that_were_built_and_readers_see_no_other() {
    each_system(|system, recorded| {
        let mut all = Counts::default();
        for case in &recorded.cases {
            all += profile(case).visit(Publish(case));
        }
        let Counts { rings, in_place, edits, looks } = all;
        println!(
            "{system}: {edits} edits of {rings} rings, {in_place} of them in place, {looks} looks"
        );
        assert!(looks >= edits && edits >= 10 * rings as u64, "{system}");
        assert!(in_place * 3 >= rings * 2, "{system}: {in_place} of {rings} in place");
    });
}

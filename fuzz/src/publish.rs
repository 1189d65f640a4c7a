//! One writer and a few readers whose operations come in any order, beside a model with two states:
//! what was written and what was published.
//!
//! What the model holds: a guard shows the value that was published when it was made, as long as it
//! exists; no buffer is written that a guard shows; the writer is `Busy` exactly when marks hold all
//! buffers but the current one. All is played in one thread: operations interleave, their steps do
//! not, which the loom models and the stress test see to.

use std::fmt;
use std::mem;

use annulus::publish::{
    Guard, Published, Reader, ReadersExhausted, SharedPublished, UpdateError, Writer, WriterTaken,
};
use arbitrary::Arbitrary;
use self_cell::{MutBorrow, self_cell};

/// The readers that there are slots for.
const READERS: usize = 3;
/// More operations than these are not played: what they would show, fewer show.
const MOST_OPERATIONS: usize = 256;

/// A publication and what is done to it.
#[derive(Arbitrary)]
pub struct Input {
    buffers: Buffers,
    phases: Vec<Phase>,
}

/// How many buffers there are, and of which publication.
#[derive(Arbitrary, Clone, Copy)]
enum Buffers {
    Two,
    Three,
    Five,
    Shared,
}

/// Operations within one borrow of the publication.
#[derive(Arbitrary)]
struct Phase {
    /// Whether the handles come from `split`, or one by one.
    split: bool,
    operations: Vec<Operation>,
    /// Whether the handles that are left are forgotten at the end.
    forget: bool,
}

/// What may happen next. Readers are numbered modulo [`READERS`].
#[derive(Arbitrary, Clone, Copy)]
enum Operation {
    /// A reader joins.
    Join(u8),
    /// A reader leaves, its guard before it.
    Leave(u8),
    /// A reader is forgotten, its guard too.
    ForgetReader(u8),
    /// A reader pins; one that has a guard gives that up first.
    Pin(u8),
    /// A guard is dropped.
    Unpin(u8),
    /// A guard is forgotten, its reader stays.
    ForgetGuard(u8),
    /// A reader takes no part in so many operations.
    Stall(u8, u8),
    /// The writer publishes the next value.
    Update,
    /// The writer spoils a buffer and fails.
    Fail,
    /// A writer is asked for.
    TakeWriter,
    /// The writer's handle is dropped.
    DropWriter,
    /// The writer's handle is forgotten.
    ForgetWriter,
    /// The writer spoils what no reader has.
    Visit,
}

/// What does happen, and what must come of it.
#[derive(Clone, Copy)]
enum Act {
    Join {
        reader: usize,
        refused: bool,
    },
    Leave {
        reader: usize,
    },
    ForgetReader {
        reader: usize,
    },
    Pin {
        reader: usize,
        shows: u64,
    },
    Unpin {
        reader: usize,
    },
    ForgetGuard {
        reader: usize,
    },
    Update {
        version: u64,
        outcome: Result<(), UpdateError<()>>,
    },
    /// So many buffers are held and were replaced.
    Visit {
        held: usize,
    },
    TakeWriter {
        refused: bool,
    },
    DropWriter,
    ForgetWriter,
}

/// A reader as the model knows it.
#[derive(Clone, Copy, Default)]
struct Seat {
    joined: bool,
    /// Whether it has a guard.
    pinned: bool,
    /// The version that its mark holds, be it by a forgotten guard.
    holds: Option<u64>,
    /// The operation from which on it takes part.
    stalls: usize,
}

/// Who there is, what was published and which versions are held.
struct Model {
    version: u64,
    buffers: usize,
    seats: [Seat; READERS],
    /// What forgotten readers hold, each of which keeps its slot.
    forgotten: Vec<Option<u64>>,
    writer: bool,
    writer_forgotten: bool,
    operations: usize,
}

impl Model {
    fn new(buffers: usize) -> Self {
        Self {
            version: 0,
            buffers,
            seats: [Seat::default(); READERS],
            forgotten: Vec::new(),
            writer: false,
            writer_forgotten: false,
            operations: 0,
        }
    }

    /// Handles are given out anew: what was forgotten is so no more.
    fn split(&mut self) {
        self.forgotten.clear();
        self.writer_forgotten = false;
        self.writer = true;
        self.seats = [Seat { joined: true, ..Seat::default() }; READERS];
    }

    /// All handles are dropped, or forgotten.
    fn end(&mut self, forget: bool) {
        for seat in mem::take(&mut self.seats) {
            if forget && seat.joined {
                self.forgotten.push(seat.holds);
            }
        }
        self.writer_forgotten |= forget && mem::take(&mut self.writer);
        self.writer = false;
    }

    /// What comes of an operation, if anything. In a phase that began with `split`, nobody joins.
    fn act(&mut self, operation: Operation, split: bool) -> Option<Act> {
        use Operation::*;
        self.operations += 1;
        if self.operations > MOST_OPERATIONS {
            return None;
        }
        match operation {
            Join(n)
            | Leave(n)
            | ForgetReader(n)
            | Pin(n)
            | Unpin(n)
            | ForgetGuard(n)
            | Stall(n, _) => {
                let reader = usize::from(n) % READERS;
                if self.operations < self.seats[reader].stalls {
                    return None;
                }
                self.read(reader, operation, split)
            }
            TakeWriter if !split => {
                let refused = self.writer || self.writer_forgotten;
                self.writer |= !refused;
                Some(Act::TakeWriter { refused })
            }
            Update | Fail if self.writer => {
                let fail = matches!(operation, Fail);
                let version = self.version + 1;
                let outcome = match (self.busy(), fail) {
                    (true, _) => Err(UpdateError::Busy),
                    (false, true) => Err(UpdateError::Build(())),
                    (false, false) => Ok(()),
                };
                self.version += u64::from(outcome.is_ok());
                Some(Act::Update { version, outcome })
            }
            Visit if self.writer => Some(Act::Visit { held: self.held() }),
            DropWriter if mem::take(&mut self.writer) => Some(Act::DropWriter),
            ForgetWriter if mem::take(&mut self.writer) => {
                self.writer_forgotten = true;
                Some(Act::ForgetWriter)
            }
            _ => None,
        }
    }

    /// What comes of a reader's operation.
    fn read(&mut self, reader: usize, operation: Operation, split: bool) -> Option<Act> {
        let taken = self.seats.iter().filter(|seat| seat.joined).count() + self.forgotten.len();
        let seat = &mut self.seats[reader];
        match operation {
            Operation::Join(_) if !seat.joined && !split => {
                let refused = taken == READERS;
                seat.joined = !refused;
                Some(Act::Join { reader, refused })
            }
            _ if !seat.joined => None,
            Operation::Leave(_) => {
                *seat = Seat::default();
                Some(Act::Leave { reader })
            }
            Operation::ForgetReader(_) => {
                self.forgotten.push(mem::take(seat).holds);
                Some(Act::ForgetReader { reader })
            }
            Operation::Pin(_) => {
                (seat.pinned, seat.holds) = (true, Some(self.version));
                Some(Act::Pin { reader, shows: self.version })
            }
            Operation::Unpin(_) if mem::take(&mut seat.pinned) => {
                seat.holds = None;
                Some(Act::Unpin { reader })
            }
            Operation::ForgetGuard(_) if mem::take(&mut seat.pinned) => {
                Some(Act::ForgetGuard { reader })
            }
            Operation::Stall(_, operations) => {
                seat.stalls = self.operations + usize::from(operations);
                None
            }
            _ => None,
        }
    }

    /// Whether every buffer but the current one is held.
    fn busy(&self) -> bool {
        self.held() >= self.buffers - 1
    }

    /// How many buffers but the current one are held.
    fn held(&self) -> usize {
        let marks = self.seats.iter().map(|seat| seat.holds);
        let mut held: Vec<u64> = marks.chain(self.forgotten.iter().copied()).flatten().collect();
        held.retain(|version| *version != self.version);
        held.sort_unstable();
        held.dedup();
        held.len()
    }
}

/// What is published: wrong as soon as one word is of another version.
type Value = [u64; 4];

/// The value of a version.
fn value(version: u64) -> Value {
    [version; 4]
}

/// The guard, until it is forgotten.
type Held<'r> = Option<Guard<'r, Value>>;

self_cell!(
    /// A reader and its guard.
    struct Pinned<'p> {
        owner: MutBorrow<Reader<'p, Value>>,
        #[covariant]
        dependent: Held,
    }
);

/// A reader that never pinned, or one with its guard.
enum Place<'p> {
    Fresh(Reader<'p, Value>),
    Pinned(Pinned<'p>),
}

impl<'p> Place<'p> {
    /// The reader, without the guard.
    fn into_reader(self) -> Reader<'p, Value> {
        match self {
            Self::Fresh(reader) => reader,
            Self::Pinned(pinned) => pinned.into_owner().into_inner(),
        }
    }

    /// Forgets the guard, then the reader: what lies on the heap for both's sake is freed.
    fn forget(mut self) {
        self.forget_guard();
        mem::forget(self.into_reader());
    }

    fn forget_guard(&mut self) {
        if let Self::Pinned(pinned) = self {
            pinned.with_dependent_mut(|_, guard| mem::forget(guard.take()));
        }
    }

    fn guard(&self) -> Option<&Guard<'_, Value>> {
        match self {
            Self::Fresh(_) => None,
            Self::Pinned(pinned) => pinned.borrow_dependent().as_ref(),
        }
    }
}

/// The handles of one phase.
struct Handles<'p, const BUFFERS: usize> {
    /// Where more handles come from, unless all are there.
    published: Option<&'p Published<Value, READERS, BUFFERS>>,
    writer: Option<Writer<'p, Value, READERS, BUFFERS>>,
    places: [Option<Place<'p>>; READERS],
}

impl<'p, const BUFFERS: usize> Handles<'p, BUFFERS> {
    fn place(&mut self, reader: usize) -> Place<'p> {
        self.places[reader].take().expect("the model knows who is there")
    }

    fn play(&mut self, act: Act) {
        match act {
            Act::Join { reader, refused } => match self.published.unwrap().reader() {
                Ok(handle) => {
                    assert!(!refused, "a slot was in use");
                    self.places[reader] = Some(Place::Fresh(handle));
                }
                Err(error) => {
                    assert!(refused, "a slot is lost");
                    assert_eq!(error, ReadersExhausted { readers: READERS });
                }
            },
            Act::Leave { reader } => drop(self.place(reader)),
            Act::ForgetReader { reader } => self.place(reader).forget(),
            Act::Pin { reader, shows } => {
                let handle = MutBorrow::new(self.place(reader).into_reader());
                let pinned = Pinned::new(handle, |handle| Some(handle.borrow_mut().pin()));
                let version = pinned.borrow_dependent().as_ref().map(Guard::version);
                assert_eq!(version, Some(shows));
                self.places[reader] = Some(Place::Pinned(pinned));
            }
            Act::Unpin { reader } => {
                self.places[reader] = Some(Place::Fresh(self.place(reader).into_reader()));
            }
            Act::ForgetGuard { reader } => {
                if let Some(place) = &mut self.places[reader] {
                    place.forget_guard();
                }
            }
            Act::Update { version, outcome } => self.update(version, outcome),
            Act::Visit { held } => self.visit(held),
            Act::TakeWriter { refused } => match self.published.unwrap().writer() {
                Ok(writer) => {
                    assert!(!refused, "there are two writers");
                    self.writer = Some(writer);
                }
                Err(WriterTaken) => assert!(refused, "the writer's place is lost"),
            },
            Act::DropWriter => self.writer = None,
            Act::ForgetWriter => mem::forget(self.writer.take()),
        }
    }

    /// What the guards show.
    fn shown(&self) -> Vec<*const Value> {
        let guards = self.places.iter().flatten().filter_map(Place::guard);
        guards.map(|guard| &raw const **guard).collect()
    }

    fn visit(&mut self, held: usize) {
        let (shown, mut visited) = (self.shown(), 0);
        let writer = self.writer.as_mut().expect("the model knows that it is there");
        let left = writer.visit_free(|buffer| {
            assert!(!shown.contains(&(&raw const *buffer)), "a visit writes under a guard");
            *buffer = [3, 2, 1, 0];
            visited += 1;
        });
        assert_eq!((left, visited), (held, BUFFERS - 1 - held));
    }

    fn update(&mut self, version: u64, outcome: Result<(), UpdateError<()>>) {
        let shown = self.shown();
        let writer = self.writer.as_mut().expect("the model knows that it is there");
        let result = writer.update(|old, new| {
            assert_eq!(*old, value(version - 1));
            assert!(!shown.contains(&(&raw const *new)), "a buffer is written under a guard");
            match outcome {
                Ok(()) => *new = value(version),
                Err(_) => *new = [version, 0, 1, 2],
            }
            outcome.map_err(drop)
        });
        assert_eq!(result, outcome);
    }

    /// What everybody sees is what the model says.
    fn compare(&self, model: &Model) {
        for (place, seat) in self.places.iter().zip(&model.seats) {
            let guard = place.as_ref().and_then(Place::guard);
            assert_eq!(guard.is_some(), seat.pinned);
            if let Some(guard) = guard {
                assert_eq!(Some(guard.version()), seat.holds);
                assert_eq!(**guard, value(guard.version()));
            }
        }
        if let Some(writer) = &self.writer {
            assert_eq!(
                (writer.version(), *writer.current()),
                (model.version, value(model.version))
            );
        }
    }

    fn end(self, forget: bool) {
        if forget {
            self.places.into_iter().flatten().for_each(Place::forget);
            mem::forget(self.writer);
        }
    }
}

fn play<const BUFFERS: usize>(phases: &[Phase]) {
    // With fences: the kernel's barrier would take most of the time.
    let mut published = Published::<Value, READERS, BUFFERS>::with_fences([value(0); BUFFERS]);
    let mut model = Model::new(BUFFERS);
    for phase in phases {
        let mut handles = if phase.split {
            model.split();
            let (writer, readers) = published.split();
            let places = readers.map(|reader| Some(Place::Fresh(reader)));
            Handles { published: None, writer: Some(writer), places }
        } else {
            Handles { published: Some(&published), writer: None, places: Default::default() }
        };
        for &operation in &phase.operations {
            if let Some(act) = model.act(operation, phase.split) {
                handles.play(act);
                handles.compare(&model);
            }
        }
        handles.end(phase.forget);
        model.end(phase.forget);
    }
}

/// The same of `SharedPublished`, where guards block more than what they show: the model says that an
/// update succeeds while there are none, not when it fails.
fn play_shared(phases: &[Phase]) {
    let published = SharedPublished::new([value(0); 4]).unwrap();
    let mut version = 0;
    let mut guards: [Option<(u64, _)>; READERS] = [const { None }; READERS];
    let mut writer = None;
    let operations = phases.iter().flat_map(|phase| &phase.operations);
    for operation in operations.take(MOST_OPERATIONS) {
        match *operation {
            Operation::Pin(n) | Operation::Join(n) => {
                let guard = published.pin();
                assert_eq!(guard.version(), version);
                guards[usize::from(n) % READERS] = Some((version, guard));
            }
            Operation::Unpin(n) | Operation::Leave(n) => guards[usize::from(n) % READERS] = None,
            Operation::TakeWriter => match published.writer() {
                Ok(handle) => assert!(writer.replace(handle).is_none(), "there are two writers"),
                Err(WriterTaken) => assert!(writer.is_some(), "the writer's place is lost"),
            },
            Operation::DropWriter => writer = None,
            Operation::Update | Operation::Fail => {
                let fail = matches!(operation, Operation::Fail);
                let Some(writer) = &mut writer else { continue };
                let result = writer.update(|old, new| {
                    assert_eq!(*old, value(version));
                    *new = if fail { [version, 0, 1, 2] } else { value(version + 1) };
                    if fail { Err(()) } else { Ok(()) }
                });
                let pinned = guards.iter().any(Option::is_some);
                match result {
                    Ok(()) => version += 1,
                    Err(UpdateError::Build(())) => assert!(fail),
                    Err(UpdateError::Busy) => assert!(pinned, "busy without a reader"),
                }
                assert!(result.is_err() || !fail);
            }
            Operation::Visit => {
                let (Some(writer), mut visited) = (&mut writer, 0) else { continue };
                let left = writer.visit_free(|snapshot| {
                    *snapshot = [3, 2, 1, 0];
                    visited += 1;
                });
                assert_eq!(left + visited, 3);
                let pinned = guards.iter().any(Option::is_some);
                assert!(left == 0 || pinned, "held without a reader");
                assert_eq!(*writer.current(), value(version));
            }
            _ => {}
        }
        for (held, guard) in guards.iter().flatten() {
            assert_eq!((guard.version(), **guard), (*held, value(*held)));
        }
    }
}

/// Plays the operations; panics on the first that ends otherwise than in the model.
pub fn check(input: &Input) {
    match input.buffers {
        Buffers::Two => play::<2>(&input.phases),
        Buffers::Three => play::<3>(&input.phases),
        Buffers::Five => play::<5>(&input.phases),
        Buffers::Shared => play_shared(&input.phases),
    }
}

/// Prints a test that reproduces the run.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let buffers = match self.buffers {
            Buffers::Two => 2,
            Buffers::Three => 3,
            Buffers::Five => 5,
            Buffers::Shared => return self.shared(f),
        };
        let mut model = Model::new(buffers);
        writeln!(
            f,
            "// Save as tests/found.rs, and run: cargo test --all-features --test found\n\
             #![allow(unused)]\n\
             use annulus::publish::{{Published, UpdateError}};\n\
             use std::mem::forget;\n\n\
             #[test]\n\
             fn found() {{\n    \
                 let mut published = Published::<u64, {READERS}, {buffers}>::with_fences([0; {buffers}]);"
        )?;
        for phase in &self.phases {
            writeln!(f, "    {{")?;
            if phase.split {
                model.split();
                let readers: Vec<String> = (0..READERS).map(|n| format!("mut r{n}")).collect();
                let readers = readers.join(", ");
                writeln!(f, "        let (mut writer, [{readers}]) = published.split();")?;
            }
            for &operation in &phase.operations {
                let pinned = model.seats.map(|seat| seat.pinned);
                if let Some(act) = model.act(operation, phase.split) {
                    print(f, act, &pinned)?;
                    for (n, seat) in model.seats.iter().enumerate() {
                        if let (true, Some(version)) = (seat.pinned, seat.holds) {
                            writeln!(f, "        assert_eq!(*g{n}, {version});")?;
                        }
                    }
                }
            }
            if phase.forget {
                for (n, seat) in model.seats.iter().enumerate().filter(|(_, seat)| seat.joined) {
                    if seat.pinned {
                        writeln!(f, "        forget(g{n});")?;
                    }
                    writeln!(f, "        forget(r{n});")?;
                }
                if model.writer {
                    writeln!(f, "        forget(writer);")?;
                }
            }
            model.end(phase.forget);
            writeln!(f, "    }}")?;
        }
        f.write_str("}")
    }
}

/// What a printed update ends with.
const BUILT: &str = "Ok::<(), ()>(())";
const FAILED: &str = "Err::<(), ()>(())";

/// Prints the statements of an act, before which these readers are `pinned`.
fn print(f: &mut fmt::Formatter<'_>, act: Act, pinned: &[bool; READERS]) -> fmt::Result {
    f.write_str("        ")?;
    match act {
        Act::Join { refused: true, .. } => writeln!(f, "assert!(published.reader().is_err());"),
        Act::Join { reader, .. } => writeln!(f, "let mut r{reader} = published.reader().unwrap();"),
        Act::Leave { reader } | Act::ForgetReader { reader } => {
            let end = if matches!(act, Act::Leave { .. }) { "drop" } else { "forget" };
            if pinned[reader] {
                write!(f, "{end}(g{reader}); ")?;
            }
            writeln!(f, "{end}(r{reader});")
        }
        Act::Pin { reader, shows } => {
            if pinned[reader] {
                write!(f, "drop(g{reader}); ")?;
            }
            writeln!(
                f,
                "let g{reader} = r{reader}.pin(); assert_eq!(g{reader}.version(), {shows});"
            )
        }
        Act::Unpin { reader } => writeln!(f, "drop(g{reader});"),
        Act::ForgetGuard { reader } => writeln!(f, "forget(g{reader});"),
        Act::Update { version, outcome } => {
            let error = "Err::<(), UpdateError<()>>";
            let (build, expected) = match outcome {
                Ok(()) => (BUILT, "Ok(())".into()),
                Err(UpdateError::Busy) => (BUILT, format!("{error}(UpdateError::Busy)")),
                Err(UpdateError::Build(())) => (FAILED, format!("{error}(UpdateError::Build(()))")),
            };
            let update = format!("writer.update(|_, new| {{ *new = {version}; {build} }})");
            writeln!(f, "assert_eq!({update}, {expected});")
        }
        Act::Visit { held } => {
            writeln!(f, "assert_eq!(writer.visit_free(|buffer| *buffer = !0), {held});")
        }
        Act::TakeWriter { refused: true } => writeln!(f, "assert!(published.writer().is_err());"),
        Act::TakeWriter { .. } => writeln!(f, "let mut writer = published.writer().unwrap();"),
        Act::DropWriter => writeln!(f, "drop(writer);"),
        Act::ForgetWriter => writeln!(f, "forget(writer);"),
    }
}

impl Input {
    /// The operations on a `SharedPublished`, as a test.
    fn shared(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "// Save as tests/found.rs, and run: cargo test --all-features --test found\n\
             #![allow(unused)]\n\
             use annulus::publish::{{SharedGuard, SharedPublished, SharedWriter}};\n\n\
             #[test]\n\
             fn found() {{\n    \
                 let published = SharedPublished::new([0u64; 4]).unwrap();\n    \
                 let mut guards: [Option<(u64, SharedGuard<'_, u64>)>; {READERS}] = \
                     [const {{ None }}; {READERS}];\n    \
                 let mut writer: Option<SharedWriter<'_, u64>> = None;\n    \
                 let mut version = 0;"
        )?;
        let operations = self.phases.iter().flat_map(|phase| &phase.operations);
        for operation in operations.take(MOST_OPERATIONS) {
            match *operation {
                Operation::Pin(n) | Operation::Join(n) => {
                    let n = usize::from(n) % READERS;
                    writeln!(f, "    guards[{n}] = Some((version, published.pin()));")?;
                }
                Operation::Unpin(n) | Operation::Leave(n) => {
                    writeln!(f, "    guards[{}] = None;", usize::from(n) % READERS)?;
                }
                Operation::TakeWriter => {
                    writeln!(f, "    if writer.is_none() {{ writer = published.writer().ok(); }}")?;
                }
                Operation::DropWriter => writeln!(f, "    writer = None;")?,
                Operation::Update | Operation::Fail => {
                    let end = if matches!(operation, Operation::Fail) { FAILED } else { BUILT };
                    writeln!(
                        f,
                        "    if let Some(writer) = &mut writer {{\n        \
                             let result = writer.update(|_, new| {{ *new = version + 1; {end} }});\n        \
                             version += u64::from(result.is_ok());\n        \
                             println!(\"{{result:?}}\");\n    \
                         }}"
                    )?;
                }
                Operation::Visit => writeln!(
                    f,
                    "    if let Some(writer) = &mut writer {{ writer.visit_free(|snapshot| *snapshot = !0); }}"
                )?,
                _ => continue,
            }
            writeln!(
                f,
                "    for (held, guard) in guards.iter().flatten() {{ assert_eq!(**guard, *held); }}"
            )?;
        }
        f.write_str("}")
    }
}

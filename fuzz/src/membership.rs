//! Any sequence of edits and queries of one ring, on any storage, on circles so coarse that points
//! collide and in so little room that limits are hit, against the naive ring.

use std::cell::RefCell;
use std::fmt;

use annulus::{BasicRing, HeapRing, Ring, Storage};
use arbitrary::{Arbitrary, Result, Unstructured};

use crate::circle::{Circle, PRELUDE, Play};
use crate::common::edit::{Edit, list};
use crate::common::holders::ANY;
use crate::common::membership::{Model, Node};
use crate::common::placements::Aimed;
use crate::common::rules::Subject;
use crate::common::run::Run;

/// More steps than these are not taken: what they would show, fewer show.
const MOST_STEPS: usize = 24;

/// A ring and what happens to it.
#[derive(Arbitrary)]
pub struct Input {
    circle: Circle,
    room: Room,
    #[arbitrary(with = |bytes: &mut Unstructured| bytes.int_in_range(0..=4))]
    vnodes: u32,
    #[arbitrary(with = |bytes: &mut Unstructured| list(bytes, Step::arbitrary))]
    steps: Vec<Step>,
}

/// What the ring is stored in.
#[derive(Arbitrary, Clone, Copy)]
enum Room {
    Little,
    NextToNone,
    Heap,
}

/// What may happen to a ring.
enum Step {
    Edit(Edit),
    /// Walks from a position to so many of the nodes whose bits are set, at most so many of a zone.
    Walk(u64, u16, u8),
    /// Ranges, shares, balance and batches.
    Ask,
}

impl<'a> Arbitrary<'a> for Step {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match bytes.arbitrary::<u8>()? % 8 {
            0 => Self::Ask,
            1 => Self::Walk(bytes.arbitrary()?, bytes.arbitrary()?, bytes.arbitrary()?),
            _ => Self::Edit(bytes.arbitrary()?),
        })
    }
}

impl Input {
    /// The steps that are taken.
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().take(MOST_STEPS)
    }

    /// The most nodes and points that the ring has room for.
    fn most(&self) -> (usize, usize) {
        match self.room {
            Room::Little => (8, 40),
            Room::NextToNone => (4, 11),
            Room::Heap => (u32::MAX as usize, u32::MAX as usize),
        }
    }

    fn play_on<S, P>(&self, empty: impl Fn(u32) -> BasicRing<S, Aimed>)
    where
        S: Storage<Node = Node, Placement = P>,
        P: Subject,
    {
        let mut run = Run::new(empty, self.vnodes, self.most());
        for step in self.steps() {
            match step {
                Step::Edit(edit) => drop(run.edit(edit)),
                Step::Walk(position, set, k) => {
                    run.walk(*position, (*set).into(), most_owners(*k), most_per_zone(*k));
                }
                Step::Ask => run.ask(),
            }
        }
    }
}

/// A few more than there can be nodes.
fn most_owners(k: u8) -> usize {
    usize::from(k % 16)
}

/// No maximum, or a small one.
fn most_per_zone(k: u8) -> usize {
    [ANY, 1, 2, 0][usize::from(k / 16) % 4]
}

impl Play for Input {
    fn play<P: Subject>(&self) {
        match self.room {
            Room::Little => {
                self.play_on(|vnodes| Ring::<Node, 8, 40, P, Aimed>::with_hash(vnodes, Aimed));
            }
            Room::NextToNone => {
                self.play_on(|vnodes| Ring::<Node, 4, 11, P, Aimed>::with_hash(vnodes, Aimed));
            }
            Room::Heap => {
                self.play_on(|vnodes| HeapRing::<Node, P, Aimed>::with_hash(vnodes, Aimed));
            }
        }
    }
}

/// Plays the input; panics on the first answer that is wrong.
pub fn check(input: &Input) {
    input.circle.play(input);
}

/// The steps of an input, as lines of a program. What edits come to depends on the circle.
struct Lines<'a> {
    input: &'a Input,
    lines: RefCell<String>,
}

impl Play for Lines<'_> {
    fn play<P: Subject>(&self) {
        let Input { vnodes, .. } = *self.input;
        let mut model = Model::<P>::new(vnodes, self.input.most());
        for step in self.input.steps() {
            let line = match step {
                Step::Edit(edit) => {
                    let edit = model.settle(edit);
                    model = model.after(&edit);
                    format!("    run.edit(&{edit:?});\n")
                }
                Step::Walk(position, set, k) => {
                    let (k, max) = (most_owners(*k), most_per_zone(*k));
                    format!("    run.walk({position}, {set:#b}, {k}, {max});\n")
                }
                Step::Ask => "    run.ask();\n".into(),
            };
            *self.lines.borrow_mut() += &line;
        }
    }
}

/// Prints a test that reproduces the run.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let circle = self.circle.name();
        let (nodes, points) = self.most();
        let ring = match self.room {
            Room::Heap => format!("HeapRing::<Node, {circle}, Aimed>"),
            _ => format!("Ring::<Node, {nodes}, {points}, {circle}, Aimed>"),
        };
        let vnodes = self.vnodes;
        f.write_str(PRELUDE)?;
        writeln!(f, "    let empty = |vnodes| {ring}::with_hash(vnodes, Aimed);")?;
        writeln!(
            f,
            "    let mut run = common::run::Run::new(empty, {vnodes}, ({nodes}, {points}));"
        )?;
        let steps = Lines { input: self, lines: RefCell::default() };
        self.circle.play(&steps);
        f.write_str(&steps.lines.into_inner())?;
        f.write_str("}")
    }
}

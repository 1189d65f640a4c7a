//! Any sequence of edits and queries of one ring, on any storage, on circles so coarse that points
//! collide and in so little room that limits are hit, against the naive ring.

use std::fmt;

use annulus::{BasicRing, Change, HeapRing, NamedNode, Placement, Ring, Storage};
use arbitrary::Arbitrary;

use crate::circle::{Circle, PRELUDE, Play};
use crate::common::membership::{Changes, Edit, Model, NAMES, Node, Plan, ZONES};
use crate::common::placements::Aimed;
use crate::common::run::Run;

/// More steps than these are not taken: what they would show, fewer show.
const MOST_STEPS: usize = 24;

/// A ring and what happens to it.
#[derive(Arbitrary)]
pub struct Input {
    circle: Circle,
    room: Room,
    #[arbitrary(with = |u: &mut arbitrary::Unstructured| u.int_in_range(0..=4))]
    vnodes: u32,
    steps: Vec<Step>,
}

/// What the ring is stored in.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Room {
    Little,
    NextToNone,
    Heap,
}

#[derive(Arbitrary)]
enum Step {
    Insert(Member),
    Remove(Name),
    SetWeight(Name, Weight),
    Apply(Vec<Draft>, bool),
    InsertAll(Vec<Member>),
    Merge(Vec<Draft>, bool),
    Clear,
    /// Walks from a position to so many of the nodes whose bits are set.
    Walk(u64, u16, u8),
    /// Ranges, shares, balance and batches.
    Ask,
}

/// A change of a batch.
#[derive(Arbitrary)]
enum Draft {
    Insert(Member),
    Remove(Name),
    SetWeight(Name, Weight),
}

#[derive(Arbitrary)]
struct Member(Name, Weight, u8);

#[derive(Arbitrary)]
struct Name(u8);

#[derive(Arbitrary)]
struct Weight(u8);

impl Name {
    fn get(&self) -> &'static str {
        NAMES[usize::from(self.0) % NAMES.len()]
    }
}

impl Weight {
    /// Mostly small; where nothing can come of it, also so large that sums overflow.
    fn get(&self, room: Room) -> u32 {
        match self.0 {
            // The naive ring takes its time over many points.
            small if room == Room::Heap => u32::from(small % 3),
            255 => u32::MAX,
            254 => 1 << 31,
            small => u32::from(small % 5),
        }
    }
}

impl Member {
    fn node(&self, room: Room) -> Node {
        let zone = ZONES[usize::from(self.2) % ZONES.len()];
        NamedNode { name: self.0.get(), weight: self.1.get(room), zone }
    }
}

impl Draft {
    fn change(&self, room: Room) -> Change<'static, Node> {
        match self {
            Self::Insert(member) => Change::Insert(member.node(room)),
            Self::Remove(name) => Change::Remove(name.get().as_bytes()),
            Self::SetWeight(name, weight) => {
                Change::SetWeight(name.get().as_bytes(), weight.get(room))
            }
        }
    }
}

impl Step {
    /// The edit, if it is one.
    fn plan(&self, room: Room) -> Option<Plan> {
        let changes = |drafts: &[Draft], mend: &bool| {
            let changes = drafts.iter().map(|draft| draft.change(room)).collect();
            Changes { changes, mend: *mend }
        };
        Some(match self {
            Self::Insert(member) => Plan::Insert(member.node(room)),
            Self::Remove(name) => Plan::Remove(name.get()),
            Self::SetWeight(name, weight) => Plan::SetWeight(name.get(), weight.get(room)),
            Self::Apply(drafts, mend) => Plan::Apply(changes(drafts, mend)),
            Self::InsertAll(members) => {
                Plan::InsertAll(members.iter().map(|member| member.node(room)).collect())
            }
            Self::Merge(drafts, mend) => Plan::Merge(changes(drafts, mend)),
            Self::Clear => Plan::Clear,
            Self::Walk(..) | Self::Ask => return None,
        })
    }
}

/// What a step comes to.
enum Act {
    Edit(Edit),
    Walk(u64, u64, usize),
    Ask,
}

impl Input {
    /// The steps beside the model that tells what they come to.
    fn acts(&self, mut model: Model) -> Vec<Act> {
        let acts =
            self.steps.iter().take(MOST_STEPS).map(|step| match (step, step.plan(self.room)) {
                (_, Some(plan)) => {
                    let edit = model.edit(plan);
                    model = model.after(&edit);
                    Act::Edit(edit)
                }
                (Step::Walk(position, set, k), _) => {
                    Act::Walk(*position, u64::from(*set), usize::from(k % 16))
                }
                _ => Act::Ask,
            });
        acts.collect()
    }

    /// The most nodes and points that the ring has room for.
    fn most(&self) -> (usize, usize) {
        match self.room {
            Room::Little => (8, 40),
            Room::NextToNone => (4, 11),
            Room::Heap => (u32::MAX as usize, u32::MAX as usize),
        }
    }

    fn play_on<S>(&self, empty: impl Fn(u32) -> BasicRing<S, Aimed>)
    where
        S: Storage<Node = Node>,
    {
        let mut run = Run::new(empty, self.vnodes, self.most());
        for act in self.acts(run.model.clone()) {
            match act {
                Act::Edit(edit) => drop(run.edit(&edit)),
                Act::Walk(position, set, k) => run.walk(position, set, k),
                Act::Ask => run.ask(),
            }
        }
    }
}

impl Play for Input {
    fn play<P: Placement>(&self) {
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
        for act in self.acts(Model::new(vnodes, self.most())) {
            match act {
                Act::Edit(edit) => writeln!(f, "    run.edit(&{edit:?});")?,
                Act::Walk(position, set, k) => {
                    writeln!(f, "    run.walk({position}, {set:#b}, {k});")?;
                }
                Act::Ask => writeln!(f, "    run.ask();")?,
            }
        }
        f.write_str("}")
    }
}

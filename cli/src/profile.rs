//! Which system's rings the command makes: `--profile`, and what is done with a ring of it.

use annulus::{KeyHash, Native, RingRef};
use annulus_profiles::{Profile, System, Visit};

use crate::keying::Hashing;
use crate::nodes::Node;

/// A system and its options, by name.
#[derive(Clone, Debug)]
pub(crate) struct Named(String);

impl Named {
    /// The system that the text names, or what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match Profile::parse(text) {
            Ok(_) => Ok(Self(text.into())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The system.
    pub(crate) fn profile(&self) -> Profile<'_> {
        Profile::parse(&self.0).expect("it was parsed before")
    }
}

/// What a ring of a system is made with, and how it answers.
pub(crate) struct Setup<'t, S: System<Node>, H> {
    pub(crate) config: S::Config,
    /// The points of a node of weight 1, if the command was told of them.
    pub(crate) vnodes: Option<u32>,
    pub(crate) hash: H,
    pub(crate) strategy: S::Strategy<'t>,
    /// The fingerprint of a ring and how its keys are hashed, if there is one.
    pub(crate) routing: fn(RingRef<'_, Node, S, H>) -> Option<u64>,
}

/// What is done with a ring of whichever system the command was told of.
pub(crate) trait Job {
    type Answer;

    fn run<S: System<Node>, H: KeyHash<[u8]> + Clone>(self, setup: Setup<'_, S, H>)
    -> Self::Answer;
}

/// Does `job` with rings of `profile`. Those of this library have so many points for a node of weight 1, and hash keys
/// so.
pub(crate) fn run<J: Job>(profile: &Profile<'_>, own: (u32, Hashing), job: J) -> J::Answer {
    let (vnodes, hash) = own;
    match profile {
        Profile::Native => job.run::<Native, Hashing>(Setup {
            config: vnodes,
            vnodes: Some(vnodes),
            hash,
            strategy: (),
            routing: |ring| Some(ring.routing_fingerprint()),
        }),
        other => other.visit(Other(job)),
    }
}

/// A job for another system than this library.
struct Other<J>(J);

impl<J: Job> Visit<Node> for Other<J> {
    type Answer = J::Answer;

    fn visit<S: System<Node>, H: KeyHash<[u8]> + Clone>(
        self,
        config: S::Config,
        hash: H,
        strategy: S::Strategy<'_>,
    ) -> J::Answer {
        self.0.run::<S, H>(Setup { config, vnodes: None, hash, strategy, routing: |_| None })
    }
}

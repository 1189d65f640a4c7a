//! The options that several subcommands share.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::ops::RangeInclusive;

use annulus::{PointsOf, RingRef, Rule};
use annulus_profiles::Profile;

use crate::error::Error;
use crate::nodes::{Nodes, Origin};
use crate::profile::Named;

/// Whose rings they are.
#[derive(Debug, clap::Args)]
pub(crate) struct System {
    /// The system whose ring it is, with its options
    ///
    /// All but native agree with the rings of another system: keys are hashed and nodes are placed as it does.
    /// They are: native; nginx; pingora; pingora-v2 [points=N]; libmemcached [weighted, spy, hash=H];
    /// twemproxy [hash=H, hash_tag={}]; envoy [min=N, max=N, hash=H]; grpc [min=N, max=N, cap=N];
    /// libketama; uhashring [ketama]; hash_ring; hashring [vnodes=N, default_port=N,
    /// compatibility=hash_ring]; haproxy-2.6 and haproxy-3.0 [hash=H, avalanche=no, and hash_key=K for
    /// 3.0]; cassandra [simple=N or nts=DC:N+DC:N]. Hashes are named as the system names them; an option that
    /// is left out has the value that it has there, and simple=1 is a cassandra without either.
    ///
    /// A line of a file of nodes is then `ADDRESS [weight] [field=value ...]`, in the order that the system
    /// has. The fields are name= for twemproxy, envoy and grpc; vnodes= for hashring; id= and addr= for
    /// haproxy; dc=, rack= and tokens=N,N for cassandra.
    #[arg(long, value_name = "NAME[,OPTION...]", default_value = "native",
        value_parser = Named::parse)]
    profile: Named,
}

impl System {
    /// The system.
    pub(crate) fn profile(&self) -> Profile<'_> {
        self.profile.profile()
    }
}

/// Which nodes there are, and how many points they have.
#[derive(Debug, clap::Args)]
pub(crate) struct Membership {
    /// The nodes: a file, "-" for standard input, or a list of names with a comma in it
    #[arg(long, value_name = "NODES", allow_hyphen_values = true)]
    nodes: OsString,
    /// Weights of nodes in a list; those of other nodes are 1
    #[arg(long, value_name = "NAME=W,...", allow_hyphen_values = true)]
    weights: Vec<OsString>,
    #[command(flatten)]
    pub(crate) points: Points,
}

impl Membership {
    /// The nodes, as lines of `profile` describe them.
    pub(crate) fn load(&self, profile: &Profile<'_>) -> Result<Nodes, Error> {
        Nodes::load("--nodes", &self.nodes, profile)?.weighed("--weights", &self.weights)
    }

    /// The first list that ends in a comma, with its option: a space after the comma may have cut it short.
    pub(crate) fn open_list(&self) -> Option<(&'static str, &OsStr)> {
        let nodes = Some(&self.nodes).filter(|nodes| Origin::of(nodes) == Origin::List);
        let weights = self.weights.iter().map(|list| ("--weights", list));
        open_list(nodes.map(|list| ("--nodes", list)).into_iter().chain(weights))
    }

    /// What the nodes are read from.
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin::of(&self.nodes)
    }
}

/// A parser of whole numbers in this range, with one message for all that is none.
pub(crate) fn whole<N: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| format!("not a whole number from {} to {}", range.start(), range.end()))
    }
}

/// How many points nodes have.
#[derive(Debug, clap::Args)]
pub(crate) struct Points {
    #[arg(long, value_name = "V",
        help = format!("Points of a node of weight 1 [default: {}]", annulus::DEFAULT_VNODES),
        allow_negative_numbers = true, value_parser = whole::<u32>(1..=u32::MAX.into()))]
    vnodes: Option<u32>,
}

impl Points {
    /// The points of a node of weight 1.
    pub(crate) fn vnodes(&self) -> u32 {
        self.vnodes.unwrap_or(annulus::DEFAULT_VNODES)
    }

    /// Refuses the option under these profiles, none of which has it.
    pub(crate) fn check(&self, profiles: &[Profile<'_>]) -> Result<(), Error> {
        native_only("--vnodes", self.vnodes.is_some(), profiles)
    }
}

/// Refuses an option that was `given`, unless one of the profiles is that of this library, which alone has it.
pub(crate) fn native_only(
    option: &str,
    given: bool,
    profiles: &[Profile<'_>],
) -> Result<(), Error> {
    match profiles {
        [profile, ..] if given && !profiles.contains(&Profile::Native) => {
            let name = profile.name();
            Err(Error::of(option, format!("it is for --profile native; {name} has no such option")))
        }
        _ => Ok(()),
    }
}

/// How many nodes a key has, and how they lie in zones.
#[derive(Debug, clap::Args)]
pub(crate) struct Replicas {
    /// Distinct nodes for every key; fewer where there are fewer [default: 1]
    #[arg(long, value_name = "K",
        allow_negative_numbers = true, value_parser = whole::<u32>(1..=u32::MAX.into()))]
    replicas: Option<u32>,
    /// Take one node of each zone before a second one of any, two of each before a third, and so on
    ///
    /// Nodes without a zone share one. What is doubtful in the zones comes as a note on standard
    /// error, after the answer.
    #[arg(long)]
    spread_zones: bool,
    /// Take at most so many nodes of a zone, even where that gives a key fewer than K
    #[arg(long, value_name = "M", requires = "spread_zones",
        allow_negative_numbers = true, value_parser = whole::<u32>(1..=u32::MAX.into()))]
    max_per_zone: Option<u32>,
}

impl Replicas {
    /// Refuses what `profile` does not have.
    pub(crate) fn check(&self, profile: &Profile<'_>) -> Result<(), Error> {
        if matches!(profile, Profile::Cassandra(_)) && self.replicas.is_some() {
            let cause = "the strategy of cassandra says how many; set it by --profile, as in";
            return Err(Error::of("--replicas", format!("{cause} \"cassandra,simple=3\"")));
        }
        native_only("--spread-zones", self.spread_zones, &[*profile])
    }

    /// The rule under which every node is up, of as many `holders` of a key as the system says, if it does.
    pub(crate) fn rule(&self, holders: Option<usize>) -> Rule<'static> {
        let replicas = holders.unwrap_or(self.replicas.unwrap_or(1) as usize);
        match (self.spread_zones, self.max_per_zone) {
            (false, _) => Rule::replicas(replicas),
            (true, None) => Rule::over_zones(replicas),
            (true, Some(max)) => Rule::over_zones(replicas).with_max_per_zone(max as usize),
        }
    }
}

/// Which nodes are down.
#[derive(Debug, clap::Args)]
pub(crate) struct Down {
    /// Nodes to walk past, as if they did not answer; keys of other nodes stay
    ///
    /// Under another profile it is what that system does: it passes them too (nginx, pingora, hash_ring), takes them
    /// out of its ring, as libmemcached and twemproxy do where they eject servers that fail, or leaves them out of answers with nobody in their place (cassandra).
    #[arg(long, value_name = "NAME,...", allow_hyphen_values = true)]
    down: Vec<OsString>,
}

impl Down {
    /// The first list that ends in a comma, with its option.
    pub(crate) fn open_list(&self) -> Option<(&'static str, &OsStr)> {
        open_list(self.down.iter().map(|list| ("--down", list)))
    }

    /// The names of those that are down, all of them in `nodes`.
    pub(crate) fn names(&self, nodes: &Nodes) -> Result<HashSet<&str>, Error> {
        nodes.select("--down", &self.down)
    }
}

/// The first of these lists that ends in a comma, with its option.
fn open_list<'l>(
    lists: impl Iterator<Item = (&'static str, &'l OsString)>,
) -> Option<(&'static str, &'l OsStr)> {
    let mut open = lists.filter(|(_, list)| list.as_encoded_bytes().ends_with(b","));
    open.next().map(|(option, list)| (option, &**list))
}

/// The nodes of these names as a bitmap of their numbers in `ring`, as a [`Rule`] takes it.
pub(crate) fn bitmap<N: annulus::Node, S: PointsOf<N>, H>(
    ring: RingRef<'_, N, S, H>,
    names: &HashSet<&str>,
) -> Vec<u64> {
    let mut words = vec![0; ring.len().div_ceil(64)];
    for number in names.iter().filter_map(|name| ring.number_of(name.as_bytes())) {
        words[number as usize / 64] |= 1 << (number % 64);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use annulus::HeapRing;

    #[test]
    fn whole_numbers_have_digits_alone() {
        let parse = whole::<u32>(1..=9);
        assert_eq!((parse("1"), parse("09")), (Ok(1), Ok(9)));
        for text in ["", "0", "10", "-1", "+1", " 1", "1.5", "1e3", "10s", "18446744073709551616"] {
            assert_eq!(parse(text).unwrap_err(), "not a whole number from 1 to 9", "{text:?}");
        }
        assert!(whole::<u8>(0..=256)("256").is_err());
    }

    #[test]
    fn the_bitmap_has_the_bits_of_numbers() {
        let names: Vec<String> = (0..130).map(|number| format!("{number:03}")).collect();
        let mut ring = HeapRing::<&str>::with_vnodes(1);
        ring.insert_all(names.iter().map(|name| &**name)).unwrap();
        let down = HashSet::from(["000", "033", "063", "064", "129"]);
        assert_eq!(bitmap(ring.view(), &down), [1 | 1 << 33 | 1 << 63, 1, 2]);
        assert_eq!(bitmap(ring.view(), &HashSet::new()), [0; 3]);
    }
}

//! What other systems know of a node: the fields of its line, by profile.

use std::collections::HashMap;
use std::net::SocketAddr;

use annulus_profiles::{Peer, Profile, cassandra};

use crate::nodes::{Node, parse_weight};

/// What other systems know of a node beside its address and its weight: see [`Peer`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    name: Option<String>,
    id: Option<u32>,
    endpoint: Option<SocketAddr>,
    labels: Option<u32>,
    tokens: Vec<i64>,
    data_center: String,
    rack: String,
}

impl Node {
    fn known<'n, T>(&'n self, of: impl FnOnce(&'n Traits) -> T) -> Option<T> {
        self.traits.as_deref().map(of)
    }
}

impl Peer for Node {
    fn place(&self) -> u32 {
        self.place
    }

    fn name(&self) -> Option<&str> {
        self.known(|traits| traits.name.as_deref()).flatten()
    }

    fn id(&self) -> Option<u32> {
        self.known(|traits| traits.id).flatten()
    }

    fn endpoint(&self) -> Option<SocketAddr> {
        self.known(|traits| traits.endpoint).flatten()
    }

    fn labels(&self) -> Option<u32> {
        self.known(|traits| traits.labels).flatten()
    }

    fn tokens(&self) -> &[i64] {
        self.known(|traits| &*traits.tokens).unwrap_or_default()
    }

    fn data_center(&self) -> &str {
        self.known(|traits| &*traits.data_center).unwrap_or_default()
    }

    fn rack(&self) -> &str {
        self.known(|traits| &*traits.rack).unwrap_or_default()
    }
}

/// The fields that a line of a profile may have behind address and weight.
fn fields(profile: &Profile<'_>) -> &'static [&'static str] {
    match profile {
        Profile::Twemproxy(..) | Profile::Envoy(_) | Profile::Grpc(_) => &["name"],
        Profile::Hashring(_) => &["vnodes"],
        Profile::Haproxy(..) => &["id", "addr"],
        Profile::Cassandra(_) => &["dc", "rack", "tokens"],
        _ => &[],
    }
}

/// The form of a line, as messages have it.
fn form(profile: &Profile<'_>) -> String {
    let fields = fields(profile).iter().map(|field| format!(" [{field}=...]"));
    format!("a line of {} is: ADDRESS [weight]{}", profile.name(), fields.collect::<String>())
}

/// The node of this address with the words that follow it on its line: `[weight] [field=value ...]`.
pub(crate) fn parse<'l>(
    address: String,
    words: impl Iterator<Item = &'l str>,
    profile: &Profile<'_>,
) -> Result<Node, String> {
    let mut node = Node::new(address);
    let mut traits = Traits::default();
    let mut weight = None;
    let mut seen = Vec::new();
    for (place, word) in words.enumerate() {
        let Some((field, value)) = word.split_once('=') else {
            if place > 0 {
                return Err(format!("{word:?} is no field; {}", form(profile)));
            }
            weight = Some(parse_weight(word)?);
            continue;
        };
        if !fields(profile).contains(&field) {
            return Err(format!("no field {field:?}; {}", form(profile)));
        }
        if seen.contains(&field) {
            return Err(format!("a second field {field:?}"));
        }
        seen.push(field);
        if value.is_empty() {
            return Err(format!("the field {field:?} is empty"));
        }
        let wrong = |wanted: &str| format!("{field}={value:?}, not {wanted}");
        match field {
            "name" => traits.name = Some(value.into()),
            "id" => traits.id = Some(number(value).ok_or_else(|| wrong("a whole number"))?),
            "vnodes" => traits.labels = Some(number(value).ok_or_else(|| wrong("a whole number"))?),
            "addr" => {
                let endpoint = value.parse();
                let wanted = "an IP address with a port, such as 10.0.0.1:80 or [fd00::1]:80";
                traits.endpoint = Some(endpoint.map_err(|_| wrong(wanted))?);
            }
            "tokens" => {
                let tokens = cassandra::tokens(value).collect::<Result<_, _>>();
                traits.tokens = tokens.map_err(|why| format!("tokens={value:?}: {why}"))?;
            }
            "dc" => traits.data_center = value.into(),
            "rack" => traits.rack = value.into(),
            _ => return Err(format!("no field {field:?}; {}", form(profile))),
        }
    }
    // Each token is a point.
    node.weight = match (weight, traits.tokens.len()) {
        (Some(weight), _) => weight,
        (None, 0) => 1,
        (None, tokens) => u32::try_from(tokens).unwrap_or(u32::MAX),
    };
    node.traits = (!seen.is_empty()).then(|| Box::new(traits));
    Ok(node)
}

/// The number that these digits are.
fn number(digits: &str) -> Option<u32> {
    let number = digits.parse().ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)
}

/// Refuses nodes that have something in common that the system tells them apart by, and gives them what the system
/// gives them. An error has its line.
pub(crate) fn complete(
    nodes: &mut [(u64, Node)],
    profile: &Profile<'_>,
) -> Result<(), (u64, String)> {
    match profile {
        // It sorts by names: an address is the name of a server that has none.
        Profile::Twemproxy(..) => {
            let name = |node: &Node| node.name().unwrap_or(&node.identity).to_owned();
            distinct(nodes, "name", |node| [name(node)])
        }
        Profile::Cassandra(_) => distinct(nodes, "token", |node| node.tokens().to_vec()),
        Profile::Haproxy(..) => {
            distinct(nodes, "id", Peer::id)?;
            give_ids(nodes);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Refuses a strategy with a data centre that no host is in.
pub(crate) fn check_strategy(nodes: &[(u64, Node)], profile: &Profile<'_>) -> Result<(), String> {
    let Profile::Cassandra(cassandra::Strategy::NetworkTopology(centers)) = profile else {
        return Ok(());
    };
    let of = |name: &str| nodes.iter().any(|(_, node)| node.data_center() == name);
    match centers.iter().find(|(name, _)| !of(name)) {
        Some((name, _)) => Err(format!("no host is in {name:?}, a data centre of nts=")),
        None => Ok(()),
    }
}

/// Refuses the second node that has the same of what `all` says of each.
fn distinct<T, I>(
    nodes: &[(u64, Node)],
    what: &str,
    all: impl Fn(&Node) -> I,
) -> Result<(), (u64, String)>
where
    T: std::hash::Hash + Eq + std::fmt::Debug,
    I: IntoIterator<Item = T>,
{
    let mut seen = HashMap::new();
    for (line, node) in nodes {
        for one in all(node) {
            if let Some(first) = seen.get(&one) {
                return Err((*line, format!("duplicate {what} {one:?}, first on line {first}")));
            }
            seen.insert(one, *line);
        }
    }
    Ok(())
}

/// Gives servers of HAProxy without an id the next that no line states, as HAProxy does.
fn give_ids(nodes: &mut [(u64, Node)]) {
    let stated: std::collections::HashSet<u32> =
        nodes.iter().filter_map(|(_, node)| node.id()).collect();
    // Without any the place says it.
    if stated.is_empty() {
        return;
    }
    let mut next = 1u32;
    for (_, node) in nodes {
        if node.id().is_none() {
            while stated.contains(&next) {
                next = next.wrapping_add(1);
            }
            node.traits.get_or_insert_default().id = Some(next);
        }
        next = next.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(profile: &str, line: &str) -> Result<Node, String> {
        let profile = Profile::parse(profile).unwrap();
        let mut words = line.split(' ');
        let address = words.next().unwrap().to_owned();
        parse(address, words, &profile)
    }

    #[test]
    fn lines_have_the_fields_of_their_profile() {
        let node = parsed("haproxy-3.0", "web1 3 addr=10.0.0.1:80 id=7").unwrap();
        assert_eq!((node.weight, node.id()), (3, Some(7)));
        assert_eq!(node.endpoint(), Some("10.0.0.1:80".parse().unwrap()));
        let node = parsed("cassandra", "h0 dc=dc1 rack=r1 tokens=-3,5").unwrap();
        assert_eq!((node.weight, node.tokens()), (2, &[-3, 5][..]));
        assert_eq!((node.data_center(), node.rack()), ("dc1", "r1"));
        assert_eq!(parsed("twemproxy", "a:1 name=x").unwrap().name(), Some("x"));
        assert_eq!(parsed("hashring", "a:1 2 vnodes=9").unwrap().labels(), Some(9));
        assert_eq!(parsed("nginx", "a:1").unwrap(), Node::new("a:1".into()));
    }

    #[test]
    fn what_is_wrong_with_a_field_is_said() {
        for (profile, line, error) in [
            ("nginx", "a 1 name=x", "no field \"name\"; a line of nginx is: ADDRESS [weight]"),
            (
                "haproxy-2.6",
                "a zone=x",
                "no field \"zone\"; a line of haproxy-2.6 is: ADDRESS [weight] [id=...] [addr=...]",
            ),
            ("nginx", "a 1 2", "\"2\" is no field; a line of nginx is: ADDRESS [weight]"),
            ("nginx", "a x", "bad weight \"x\", not a whole number from 0 to 4294967295"),
            ("hashring", "a vnodes=+4", "vnodes=\"+4\", not a whole number"),
            ("haproxy-2.6", "a id=1 id=2", "a second field \"id\""),
            ("haproxy-2.6", "a id=", "the field \"id\" is empty"),
            (
                "haproxy-3.0",
                "a addr=web",
                "addr=\"web\", not an IP address with a port, such as 10.0.0.1:80 or [fd00::1]:80",
            ),
            (
                "cassandra",
                "a tokens=1,,2",
                "tokens=\"1,,2\": a token is a number of 64 bits with a sign",
            ),
        ] {
            assert_eq!(parsed(profile, line).unwrap_err(), error, "{line}");
        }
    }

    #[test]
    fn ids_that_are_not_stated_are_those_of_haproxy() {
        let lines = ["a", "b id=1", "c id=4", "d", "e"];
        let profile = Profile::parse("haproxy-2.6").unwrap();
        let nodes = lines.map(|line| parsed("haproxy-2.6", line).unwrap());
        let mut nodes: Vec<_> = (1..).zip(nodes).collect();
        complete(&mut nodes, &profile).unwrap();
        let ids: Vec<_> = nodes.iter().map(|(_, node)| node.id().unwrap()).collect();
        let same = annulus_profiles::haproxy::servers(
            &annulus_profiles::haproxy::Config::V2_6,
            ["a h:1", "b h:1 id 1", "c h:1 id 4", "d h:1", "e h:1"],
        );
        assert_eq!(ids, same.unwrap().map(|server| server.id.unwrap()));
    }
}

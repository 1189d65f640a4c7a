//! Placements that are not by identity alone: what they ask of the node type, and points that follow each
//! from the one before.

mod common;

use std::ops::Range;

use annulus::{
    BasicRing, Change, KeyHash, Node, PerWeight, Placement, PointsOf, Ring, RingRef, Storage, Xxh3,
};
use common::Random;

/// A node that brings its tokens, one for each unit of its weight.
#[derive(Clone, Copy, Debug, Default)]
struct Server {
    name: &'static str,
    tokens: &'static [u32],
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }

    fn weight(&self) -> u32 {
        self.tokens.len() as u32
    }
}

/// The tokens of a node are its points.
struct Tokens;

impl Placement for Tokens {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "tokens";

    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl PointsOf<Server> for Tokens {
    fn seed(_: &u32, node: &Server) -> u64 {
        node.tokens.first().map_or(0, |&token| u64::from(token) + 1)
    }

    fn points(
        config: &u32,
        node: &Server,
        seed: u64,
        range: Range<u32>,
    ) -> impl Iterator<Item = u32> {
        assert_eq!(seed, Self::seed(config, node), "the seed of another node");
        node.tokens[range.start as usize..range.end as usize].iter().copied()
    }
}

/// The hash of a name is the node's first point, the hash of each point the next.
struct Chain;

impl Placement for Chain {
    type Position = u32;
    type Config = u32;
    type Counts = PerWeight;
    const NAME: &'static str = "chain";

    fn key(hash: u64) -> u32 {
        hash as u32
    }
}

impl PointsOf<Server> for Chain {
    fn seed(_: &u32, node: &Server) -> u64 {
        Xxh3.hash(node.name)
    }

    fn points(_: &u32, _: &Server, seed: u64, range: Range<u32>) -> impl Iterator<Item = u32> {
        let next = |at: &u64| Some(Xxh3.hash(&at.to_le_bytes()));
        let chain = std::iter::successors(Some(seed), next).map(|at| (at >> 48) as u32);
        chain.skip(range.start as usize).take(range.len())
    }
}

const SERVERS: [Server; 5] = [
    Server { name: "a", tokens: &[0, 7, 7, u32::MAX] },
    Server { name: "b", tokens: &[1 << 30, 7, 9] },
    Server { name: "c", tokens: &[1 << 31] },
    Server { name: "d", tokens: &[3 << 30, 5, 4, 3, 2, 1] },
    Server { name: "e", tokens: &[] },
];

/// That the ring has the first points of these servers, as many as their weights, in the order of
/// positions, identities and streams.
fn check<P: PointsOf<Server, Position = u32, Config = u32>>(
    view: RingRef<'_, Server, P>,
    members: &[(Server, u32)],
) {
    let (mut wanted, config) = (Vec::new(), view.config());
    for (server, weight) in members {
        // One by one, so that a range that begins later must fit what came before it.
        for r in 0..*weight * view.vnodes() {
            let seed = P::seed(&config, server);
            let mut point = P::points(&config, server, seed, r..r + 1);
            wanted.push((point.next().unwrap(), server.name, r));
        }
    }
    wanted.sort_unstable();
    let points = view.points().map(|point| (point.position, point.node.name));
    assert!(points.eq(wanted.iter().map(|point| (point.0, point.1))), "{members:?}");
    for &(position, ..) in &wanted {
        for at in [position.wrapping_sub(1), position, position.wrapping_add(1)] {
            let owner = wanted.iter().find(|point| point.0 >= at).or(wanted.first());
            assert_eq!(view.owner_at(at).map(|node| node.name), owner.map(|point| point.1));
        }
    }
}

/// Every verb of an edit, many times over.
fn edits<S, P>(mut rings: [BasicRing<S>; 2])
where
    S: Storage<Node = Server, Placement = P>,
    P: PointsOf<Server, Position = u32, Config = u32>,
{
    let mut random = Random(9);
    let mut members: Vec<(Server, u32)> = Vec::new();
    rings[0].insert_all(SERVERS).unwrap();
    check(rings[0].view(), &SERVERS.map(|server| (server, server.weight())));
    rings[0].clear();
    for _ in 0..300 {
        let [ring, other] = &mut rings;
        let server = SERVERS[random.below(SERVERS.len())];
        let name = server.name.as_bytes();
        let at = members.iter().position(|member| member.0.name == server.name);
        let weight = random.below(server.tokens.len() + 1) as u32;
        let change = match (at, random.below(2)) {
            (None, _) => Change::Insert(server),
            (Some(_), 0) => Change::Remove(name),
            (Some(_), _) => Change::SetWeight(name, weight),
        };
        let verb = random.below(3);
        match (verb, change) {
            (0, Change::Insert(server)) => ring.insert(server).unwrap(),
            (0, Change::Remove(name)) => drop(ring.remove(name).unwrap()),
            (0, Change::SetWeight(name, weight)) => drop(ring.set_weight(name, weight).unwrap()),
            (1, change) => ring.apply(&[change]).unwrap(),
            (_, change) => other.merge_from(ring.view(), &[change]).unwrap(),
        }
        match (at, change) {
            (Some(at), Change::Remove(_)) => drop(members.remove(at)),
            (Some(at), Change::SetWeight(_, weight)) => members[at].1 = weight,
            _ => members.push((server, server.weight())),
        }
        if verb == 2 {
            rings.swap(0, 1);
        }
        check(rings[0].view(), &members);
    }
}

/// A batch may replace a node by another of its identity, which brings other tokens.
fn replacements<S>(mut rings: [BasicRing<S>; 2])
where
    S: Storage<Node = Server, Placement = Tokens>,
{
    let many = &[11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22];
    let big = Server { name: "big", tokens: many };
    let [old, new] = [&[1, 2, 3][..], &[4, 5, 6]].map(|tokens| Server { name: "s", tokens });
    let less = Server { name: "s", tokens: &[7] };
    let [ring, other] = &mut rings;
    ring.insert_all([big, old]).unwrap();
    let replace = |server| [Change::Remove(b"s"), Change::Insert(server)];
    ring.apply(&replace(new)).unwrap();
    check(ring.view(), &[(big, 12), (new, 3)]);
    other.merge_from(ring.view(), &replace(less)).unwrap();
    check(other.view(), &[(big, 12), (less, 1)]);
    // What comes later is by the tokens of the node that is there.
    other.apply(&replace(old)).unwrap();
    other.set_weight(b"s", 2).unwrap();
    check(other.view(), &[(big, 12), (old, 2)]);
}

#[test]
fn a_node_that_is_replaced_takes_its_tokens_along() {
    replacements([(); 2].map(|()| Ring::<Server, 5, 20, Tokens>::with_vnodes(1)));
    // With room to sort the changes.
    replacements([(); 2].map(|()| common::lent::ring((5, 20), 600, 1, Xxh3)));
    #[cfg(feature = "alloc")]
    replacements([(); 2].map(|()| annulus::HeapRing::<Server, Tokens>::with_vnodes(1)));
}

#[test]
fn tokens_come_with_the_node() {
    edits([(); 2].map(|()| Ring::<Server, 5, 20, Tokens>::with_vnodes(1)));
    #[cfg(feature = "alloc")]
    edits([(); 2].map(|()| annulus::HeapRing::<Server, Tokens>::with_vnodes(1)));
}

#[test]
fn points_of_a_chain() {
    edits([(); 2].map(|()| Ring::<Server, 5, 400, Chain>::with_vnodes(25)));
    edits([(); 2].map(|()| common::lent::ring::<Server, Chain, _>((5, 140), 99, 10, Xxh3)));
    #[cfg(feature = "alloc")]
    edits([(); 2].map(|()| annulus::HeapRing::<Server, Chain>::with_vnodes(25)));
}

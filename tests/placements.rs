//! A placement that asks more of the node type than its identity, step by step where a batch replaces a
//! node. Placements of other kinds, and random edits of them, are in `subjects.rs`.

#[path = "common/lent.rs"]
mod lent;

use std::ops::Range;

use annulus::{
    BasicRing, Change, Node, PerWeight, Placement, PointsOf, Ring, RingRef, Storage, Xxh3,
};

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

/// The ring has the first tokens of these servers, as many as their weights.
fn check(view: RingRef<'_, Server, Tokens>, members: &[(Server, usize)]) {
    let tokens = |(server, weight): &(Server, usize)| {
        let name = server.name;
        server.tokens[..*weight].iter().map(move |&token| (token, name))
    };
    let mut wanted: Vec<(u32, &str)> = members.iter().flat_map(tokens).collect();
    wanted.sort_unstable();
    let points = view.points().map(|point| (point.position, point.node.name));
    assert!(points.eq(wanted), "{members:?}");
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
    replacements([(); 2].map(|()| lent::ring((5, 20), 600, 1, Xxh3)));
    #[cfg(feature = "alloc")]
    replacements([(); 2].map(|()| annulus::HeapRing::<Server, Tokens>::with_vnodes(1)));
}

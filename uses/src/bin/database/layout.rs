//! [`Layout`]: which servers hold a key, and which of them a read or a write needs.

use std::net::SocketAddr;
use std::sync::Arc;

use annulus::publish::SharedPublished;
use annulus::{Generations, HeapRing, Node, Rule};

/// How many servers hold a key.
pub(crate) const REPLICAS: usize = 3;

/// How many of them a read or a write needs. Any two quorums of a key share a server.
pub(crate) const QUORUM: usize = 2;

/// One server of each zone.
pub(crate) const RULE: Rule<'static> = Rule::over_zones(REPLICAS).with_max_per_zone(1);

/// A server: a name that stays, and where it is reached at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) zone: String,
    pub(crate) address: SocketAddr,
}

impl Node for Server {
    fn identity(&self) -> &[u8] {
        self.name.as_bytes()
    }

    fn zone(&self) -> &[u8] {
        self.zone.as_bytes()
    }
}

/// The servers at one time.
pub(crate) type Membership = HeapRing<Arc<Server>>;

/// The layout in force, for all threads of a process. Who asks takes the current one, and keeps it for one request.
pub(crate) type Layouts = SharedPublished<Arc<Layout>>;

/// Which servers hold a key: in one membership or, while data moves, in two.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The number of this layout. All processes know a layout by the same number, and servers are told it with each
    /// request.
    pub(crate) epoch: u64,
    /// The servers.
    pub(crate) servers: Membership,
    /// The servers before, while data moves from these to those.
    pub(crate) before: Option<Membership>,
    /// The names of servers that have lost what they had: they store again, but do not count when something is read.
    pub(crate) filling: Vec<String>,
}

impl Layout {
    /// The first: all servers are empty.
    pub(crate) fn first(servers: Membership) -> Self {
        Self { epoch: 1, servers, before: None, filling: Vec::new() }
    }

    /// The layout after this one, in which nothing moves.
    pub(crate) fn settled(&self) -> Self {
        let servers = self.servers.clone();
        Self { epoch: self.epoch + 1, servers, before: None, filling: Vec::new() }
    }

    /// Whether data is moving.
    pub(crate) fn is_moving(&self) -> bool {
        self.before.is_some() || !self.filling.is_empty()
    }

    /// Where a key is on the circle.
    pub(crate) fn position(&self, key: &str) -> u32 {
        self.servers.view().position(key)
    }

    /// The servers that hold what is at this position.
    pub(crate) fn holders(&self, position: u32) -> Holders {
        let new = self.servers.view().under(RULE);
        let old = self.before.as_ref().unwrap_or(&self.servers).view().under(RULE);
        // Those of the new membership, then those of the old one alone.
        let mut found = [None; 2 * REPLICAS];
        let (owners, previous) =
            Generations::under(old, new).owners_at(position, &mut found).expect("room for both");
        let servers: Vec<_> =
            found.into_iter().take(owners + previous).flatten().cloned().collect();
        let mut before = [None; REPLICAS];
        old.owners_at(position, &mut before);
        let had = |server: &Server| before.iter().flatten().any(|old| old.name == server.name);

        let mut holders = Holders::default();
        for (at, server) in servers.iter().enumerate() {
            if at < owners {
                holders.new.insert(at);
            }
            if had(server) {
                holders.old.insert(at);
                if !self.filling.contains(&server.name) {
                    holders.whole.insert(at);
                }
            }
        }
        Holders { servers, ..holders }
    }
}

/// The servers that hold a key, and which of them are needed.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    /// The servers, each once.
    pub(crate) servers: Vec<Arc<Server>>,
    /// Which hold it in the new membership.
    pub(crate) new: Places,
    /// Which hold it in the old one: the same, unless data moves.
    pub(crate) old: Places,
    /// Which have all that they acknowledged.
    pub(crate) whole: Places,
}

impl Holders {
    /// Whether a read has seen all that was acknowledged, with answers of these: a quorum of those that had the data
    /// before, and one of those that will have it. For there are writers already that know the new ones alone.
    pub(crate) fn is_read(&self, answered: Places) -> bool {
        answered.quorum_of(self.whole) && answered.quorum_of(self.new)
    }

    /// Whether a write is safe once these have it: every read will see it, of those who still know the old membership
    /// and of those who know the new one alone.
    pub(crate) fn is_written(&self, stored: Places) -> bool {
        stored.quorum_of(self.old) && stored.quorum_of(self.new)
    }
}

/// Some of the servers that hold a key, by their places in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(u32);

impl Places {
    pub(crate) fn insert(&mut self, at: usize) {
        self.0 |= 1 << at;
    }

    pub(crate) fn contains(self, at: usize) -> bool {
        self.0 >> at & 1 == 1
    }

    fn quorum_of(self, all: Self) -> bool {
        (self.0 & all.0).count_ones() as usize >= QUORUM
    }
}

impl FromIterator<usize> for Places {
    fn from_iter<I: IntoIterator<Item = usize>>(places: I) -> Self {
        let mut set = Self::default();
        places.into_iter().for_each(|at| set.insert(at));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn server(name: &str) -> Arc<Server> {
        let address = (Ipv4Addr::LOCALHOST, 1).into();
        Arc::new(Server { name: name.into(), zone: name[..1].into(), address })
    }

    fn layout() -> Layout {
        let mut servers = Membership::new();
        servers.insert_all(["a1", "a2", "b1", "b2", "c1", "c2"].map(server)).unwrap();
        Layout::first(servers)
    }

    /// Positions over all of the circle.
    fn positions() -> impl Iterator<Item = u32> {
        (0..1_000).map(|n: u32| n.wrapping_mul(0x9e37_79b9))
    }

    #[test]
    fn a_key_is_in_every_zone_and_any_two_of_three_do() {
        let layout = layout();
        for position in positions() {
            let holders = layout.holders(position);
            let mut zones: Vec<_> = holders.servers.iter().map(|server| &*server.zone).collect();
            zones.sort_unstable();
            assert_eq!(zones, ["a", "b", "c"]);
            for two in [[0, 1], [0, 2], [1, 2]] {
                assert!(holders.is_read(two.into_iter().collect()));
                assert!(holders.is_written(two.into_iter().collect()));
            }
            assert!((0..3).all(|one| !holders.is_written([one].into_iter().collect())));
        }
    }

    #[test]
    fn while_data_moves_both_memberships_need_a_quorum() {
        let before = layout();
        let mut next = Layout { before: Some(before.servers.clone()), ..before.settled() };
        next.servers.insert(server("a3")).unwrap();
        let mut moving = 0;
        for holders in positions().map(|position| next.holders(position)) {
            if holders.servers.len() == 3 {
                assert_eq!((holders.old, holders.new), (holders.whole, holders.whole));
                continue;
            }
            moving += 1;
            assert_eq!((holders.servers.len(), &*holders.servers[3].zone), (4, "a"));
            let joins = holders.servers.iter().position(|server| server.name == "a3").unwrap();
            let stays: Vec<_> = (0..3).filter(|&at| at != joins).collect();
            // Who leaves and who joins count once each, in the membership that they are of.
            let some = |places: &[usize]| places.iter().copied().collect::<Places>();
            assert!(holders.is_read(some(&stays)) && holders.is_written(some(&stays)));
            assert!(!holders.is_read(some(&[3, joins,])) && !holders.is_written(some(&[3, joins])));
            assert!(!holders.is_written(some(&[stays[0], joins])));
            assert!(holders.is_written(some(&[stays[0], joins, 3])));
            assert!(!holders.whole.contains(joins));
        }
        assert!(moving > 200);
    }

    #[test]
    fn who_has_lost_all_stores_but_is_not_believed() {
        let layout = Layout { filling: vec!["b1".into(), "b2".into()], ..layout() };
        for holders in positions().map(|position| layout.holders(position)) {
            let lost = holders.servers.iter().position(|server| server.zone == "b").unwrap();
            let others: Vec<_> = (0..3).filter(|&at| at != lost).collect();
            assert!(holders.is_written([lost, others[0]].into_iter().collect()));
            assert!(!holders.is_read([lost, others[0]].into_iter().collect()));
            assert!(holders.is_read(others.into_iter().collect()));
        }
    }
}

//! [`Mover`]: takes a database from one membership to the next while it is read and written.
//!
//! 1. [`begin`](Mover::begin) publishes both memberships, then raises the fence of the servers: they refuse whoever
//!    speaks of an earlier layout. From here on a read or a write needs a quorum of a key's old owners and one of its
//!    new owners. Who still knows the old membership alone cannot have a write acknowledged any more, since a quorum
//!    of the old owners refuses it.
//! 2. [`copy`](Mover::copy) reads each range that moves from a quorum of its old owners, and stores it at those who
//!    gain it. That quorum has all that was acknowledged before the fence; what came after it the new owners have
//!    already. A server compares versions as it stores, and keeps the newer one, whichever comes first.
//! 3. [`cut_over`](Mover::cut_over) publishes the new membership alone, then raises the fence. A quorum of the new
//!    owners has everything by now. Who still knows both memberships sees the writes of those who know the new one
//!    alone, since it needs a quorum of that too.
//! 4. [`clean_up`](Mover::clean_up) deletes what each server has lost. In the same script, before anything is
//!    deleted, the server raises its fence. So no late write leaves a key there, and no late read takes a deleted key
//!    for one that was never written.
//!
//! Every step may be done again after an error, by the same mover or the next. The layout must be kept where all
//! processes find it; here that is one publication, and the number of the layout is the epoch.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use annulus::publish::OwnedSharedWriter;
use annulus::{Diff, KeyRange, Position};

use crate::layout::{Layout, Layouts, Membership, QUORUM, REPLICAS, RULE, Server};
use crate::record::Version;
use crate::servers::{Part, Refusal, Servers};

/// The most keys that are listed, copied or deleted with one request.
const MOST: u64 = 256;

/// A range that moves.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) range: KeyRange<u32>,
    /// Those who held it before, and have it whole: first those who lose it.
    pub(crate) from: Vec<Arc<Server>>,
    /// Those who hold it from now on.
    pub(crate) gained: Vec<Arc<Server>>,
    /// Those who do not any more.
    pub(crate) lost: Vec<Arc<Server>>,
}

/// What was copied.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Copied {
    /// How many records were sent, each to one server.
    pub(crate) records: u64,
    /// The bytes of their keys, versions and values.
    pub(crate) bytes: u64,
}

/// Why a step was not done.
#[derive(Debug)]
pub(crate) enum MoveError {
    /// Data is moving already.
    Moving,
    /// The membership cannot be edited so.
    Edit(String),
    /// Readers hold all snapshots of the layout.
    Busy,
    /// Servers of several zones do not answer: keys could be written as before.
    Unfenced(String),
    /// Fewer than a quorum of those who have a range answer.
    Unread(KeyRange<u32>),
    /// A server would not do what it has to.
    Server(String, Refusal),
}

impl Display for MoveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moving => f.write_str("data is moving already"),
            Self::Edit(error) => write!(f, "the membership stays as it is: {error}"),
            Self::Busy => f.write_str("readers hold all snapshots of the layout"),
            Self::Unfenced(names) => write!(f, "servers of several zones do not answer: {names}"),
            Self::Unread(KeyRange { start, end }) => {
                write!(f, "too few servers that have ({start}, {end}] answer")
            }
            Self::Server(name, why) => write!(f, "{name}: {why}"),
        }
    }
}

impl std::error::Error for MoveError {}

/// Takes a database from one membership to the next. There is one mover at a time.
pub(crate) struct Mover {
    layouts: OwnedSharedWriter<Arc<Layout>>,
    servers: Servers,
}

impl Mover {
    /// The mover of this database; `None` while there is another one.
    pub(crate) fn new(layouts: &Arc<Layouts>, servers: Servers) -> Option<Self> {
        Some(Self { layouts: layouts.owned_writer().ok()?, servers })
    }

    /// The layout in force.
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        self.layouts.current()
    }

    /// Admits the servers of the first layout, which are empty.
    pub(crate) fn found(&mut self) -> Result<(), MoveError> {
        let layout = Arc::clone(self.layout());
        self.admit(&layout, |_| true)
    }

    /// Begins a move to the membership that `edit` makes of the present one, and returns the ranges that move.
    pub(crate) fn begin<E: Display>(
        &mut self,
        edit: impl FnOnce(&mut Membership) -> Result<(), E>,
    ) -> Result<Vec<Transfer>, MoveError> {
        let before = self.layout().servers.clone();
        let next = self.edited(edit)?;
        self.admit(&next, |server| before.get(&server.name).is_none())?;
        let transfers = moves(&before, &next.servers);
        self.publish(Layout { before: Some(before.clone()), ..next }, Some(&before))?;
        Ok(transfers)
    }

    /// Takes servers back that are members but have lost all that they had, at the addresses that `edit` gives them;
    /// and returns the ranges that they must be given. Then [`copy`](Self::copy) and [`cut_over`](Self::cut_over).
    pub(crate) fn refill<E: Display>(
        &mut self,
        names: &[&str],
        edit: impl FnOnce(&mut Membership) -> Result<(), E>,
    ) -> Result<Vec<Transfer>, MoveError> {
        let mut next = self.edited(edit)?;
        next.filling = names.iter().map(|&name| name.to_owned()).collect();
        self.admit(&next, |server| names.contains(&&*server.name))?;
        let transfers = refills(&next);
        self.publish(next, None)?;
        Ok(transfers)
    }

    /// Copies ranges to those who gain them. `pace` is given the keys of each batch after they were read and before
    /// they are sent: to limit the rate, or to show how far it is.
    pub(crate) fn copy(
        &mut self,
        transfers: &[Transfer],
        mut pace: impl FnMut(&[&str]),
    ) -> Result<Copied, MoveError> {
        let layout = Arc::clone(self.layout());
        let mut copied = Copied::default();
        for transfer in transfers {
            let mut left = intervals(transfer.range);
            while let Some(positions) = left.pop() {
                match self.newest(&layout, transfer, &positions)? {
                    Some(newest) => {
                        self.send(&layout, transfer, &newest, &mut pace, &mut copied)?;
                    }
                    // Too many keys at once.
                    None => left.extend(halves(&positions)),
                }
            }
        }
        Ok(copied)
    }

    /// Ends the move: from now on the new membership alone is in force, and all its servers count.
    pub(crate) fn cut_over(&mut self) -> Result<(), MoveError> {
        // Those who leave refuse the epoch of the move too, if they answer.
        let before = self.layout().before.clone();
        let settled = self.layout().settled();
        self.publish(settled, before.as_ref())
    }

    /// Deletes what servers have lost, and says how many keys, each on one server. Servers that are no members any
    /// more refuse everything afterwards.
    pub(crate) fn clean_up(&mut self, transfers: &[Transfer]) -> Result<u64, MoveError> {
        let layout = Arc::clone(self.layout());
        if layout.is_moving() {
            return Err(MoveError::Moving);
        }
        let (mut dropped, mut left) = (0, BTreeMap::new());
        for transfer in transfers {
            for server in &transfer.lost {
                let leaves = layout.servers.get(&server.name).is_none();
                for positions in intervals(transfer.range) {
                    match self.drop_all(&layout, server, &positions) {
                        Ok(keys) => dropped += keys,
                        // It was cleaned up before.
                        Err(Refusal::Outside) if leaves => {}
                        Err(why) => return Err(MoveError::Server(server.name.clone(), why)),
                    }
                }
                if leaves {
                    left.insert(&server.name, server);
                }
            }
        }
        for server in left.into_values() {
            match self.servers.retire(server, layout.epoch) {
                Ok(()) | Err(Refusal::Outside) => {}
                Err(why) => return Err(MoveError::Server(server.name.clone(), why)),
            }
        }
        Ok(dropped)
    }

    /// The layout after an edit of the membership; data must not be moving.
    fn edited<E: Display>(
        &self,
        edit: impl FnOnce(&mut Membership) -> Result<(), E>,
    ) -> Result<Layout, MoveError> {
        if self.layout().is_moving() {
            return Err(MoveError::Moving);
        }
        let mut next = self.layout().settled();
        edit(&mut next.servers).map_err(|error| MoveError::Edit(error.to_string()))?;
        Ok(next)
    }

    /// Admits empty servers.
    fn admit(&mut self, layout: &Layout, which: impl Fn(&Server) -> bool) -> Result<(), MoveError> {
        let members = layout.servers.view().members();
        for server in members.iter().map(|member| member.node()).filter(|server| which(server)) {
            let admitted = self.servers.admit(server, layout.epoch);
            admitted.map_err(|why| MoveError::Server(server.name.clone(), why))?;
        }
        Ok(())
    }

    /// Publishes a layout, then has its servers refuse earlier ones, and those `before` it. In this order: whoever is
    /// refused finds the new one. Servers of one zone may be dead: each key has one of them.
    fn publish(&mut self, layout: Layout, before: Option<&Membership>) -> Result<(), MoveError> {
        let (epoch, layout) = (layout.epoch, Arc::new(layout));
        let published = self.layouts.update_within(Duration::from_secs(10), |_, place| {
            *place = Arc::clone(&layout);
            Ok::<_, Infallible>(())
        });
        published.map_err(|_| MoveError::Busy)?;
        // Each by its newest address.
        let mut servers = BTreeMap::new();
        for member in
            [Some(&layout.servers), before].into_iter().flatten().flat_map(|m| m.view().members())
        {
            servers.entry(&member.node().name).or_insert(member.node());
        }
        let mut unfenced = BTreeMap::<_, Vec<_>>::new();
        for (name, server) in servers {
            match self.servers.raise(server, epoch) {
                Ok(()) => {}
                Err(Refusal::Outside | Refusal::Down(_)) => {
                    unfenced.entry(&server.zone).or_default().push(name.as_str());
                }
                Err(why) => return Err(MoveError::Server(name.clone(), why)),
            }
        }
        if unfenced.len() > REPLICAS - QUORUM {
            let names: Vec<_> = unfenced.into_values().flatten().collect();
            return Err(MoveError::Unfenced(names.join(", ")));
        }
        Ok(())
    }

    /// The newest version of each key at these positions, and who has it, by a quorum of those who have the range;
    /// `None` if these are too many keys.
    fn newest(
        &mut self,
        layout: &Layout,
        transfer: &Transfer,
        positions: &RangeInclusive<u32>,
    ) -> Result<Option<Newest>, MoveError> {
        // One position cannot be parted.
        let most = if positions.start() == positions.end() { u64::from(u32::MAX) } else { MOST };
        let (mut newest, mut answered) = (Newest::new(), 0);
        for (at, server) in transfer.from.iter().enumerate() {
            match self.servers.list(server, layout.epoch, positions, most) {
                Ok(None) => return Ok(None),
                Ok(Some(listed)) => {
                    answered += 1;
                    for (key, version) in listed {
                        let known = newest.entry(key).or_insert((version, at));
                        if known.0 < version {
                            *known = (version, at);
                        }
                    }
                }
                Err(Refusal::Outside | Refusal::Down(_)) => {}
                Err(why) => return Err(MoveError::Server(server.name.clone(), why)),
            }
        }
        if answered < QUORUM {
            return Err(MoveError::Unread(transfer.range));
        }
        Ok(Some(newest))
    }

    /// Sends keys from those who have the newest to those who gain them.
    fn send(
        &mut self,
        layout: &Layout,
        transfer: &Transfer,
        newest: &Newest,
        pace: &mut impl FnMut(&[&str]),
        copied: &mut Copied,
    ) -> Result<(), MoveError> {
        for (at, from) in transfer.from.iter().enumerate() {
            let held = newest.iter().filter(|(_, (_, has))| *has == at);
            let keys: Vec<_> = held.map(|(key, _)| &**key).collect();
            if keys.is_empty() {
                continue;
            }
            let records = self.servers.read(from, layout.epoch, &keys, Part::Whole);
            let records = records.map_err(|why| MoveError::Server(from.name.clone(), why))?;
            pace(&keys);
            let batch: Vec<_> = keys
                .iter()
                .zip(&records)
                .map(|(&key, record)| (key, layout.position(key), &**record))
                .collect();
            for to in &transfer.gained {
                let stored = self.servers.store(to, layout.epoch, &batch);
                stored.map_err(|why| MoveError::Server(to.name.clone(), why))?;
                copied.records += batch.len() as u64;
                copied.bytes +=
                    batch.iter().map(|(key, _, record)| key.len() + record.len()).sum::<usize>()
                        as u64;
            }
        }
        Ok(())
    }

    /// Deletes all keys at these positions.
    fn drop_all(
        &mut self,
        layout: &Layout,
        server: &Server,
        positions: &RangeInclusive<u32>,
    ) -> Result<u64, Refusal> {
        let mut all = 0;
        loop {
            let dropped = self.servers.drop(server, layout.epoch, positions, MOST)?;
            all += dropped;
            if dropped < MOST {
                return Ok(all);
            }
        }
    }
}

/// The newest version of each key, and the place of who has it.
type Newest = BTreeMap<String, (Version, usize)>;

/// The ranges that move from one membership to another.
fn moves(before: &Membership, after: &Membership) -> Vec<Transfer> {
    let diff = Diff::under(before.view().under(RULE), after.view().under(RULE));
    let mut transfers = Vec::new();
    let without = |some: &[Option<&Arc<Server>>], others: &[Option<&Arc<Server>>]| {
        let of_both =
            |server: &Server| others.iter().flatten().any(|other| other.name == server.name);
        some.iter()
            .flatten()
            .filter(|server| !of_both(server))
            .map(|&server| Arc::clone(server))
            .collect::<Vec<_>>()
    };
    let visited = diff.visit_replica_moves(
        &mut [None; REPLICAS],
        &mut [None; REPLICAS],
        |range, old, new| {
            let (lost, gained) = (without(old, new), without(new, old));
            let stay = without(old, &lost.iter().map(Some).collect::<Vec<_>>());
            let from = lost.iter().cloned().chain(in_order(stay)).collect();
            join(&mut transfers, Transfer { range, from, gained, lost });
        },
    );
    visited.expect("room for all replicas");
    transfers
}

/// The ranges that servers which are being filled must be given, from the others that hold them.
fn refills(layout: &Layout) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for owned in layout.servers.view().ranges() {
        let servers = layout.holders(owned.range.end).servers.into_iter();
        let (gained, from) =
            servers.partition::<Vec<_>, _>(|server| layout.filling.contains(&server.name));
        if !gained.is_empty() {
            let (from, lost) = (in_order(from), Vec::new());
            join(&mut transfers, Transfer { range: owned.range, from, gained, lost });
        }
    }
    transfers
}

/// In the order of names: the order of the walk does not matter.
fn in_order(mut servers: Vec<Arc<Server>>) -> Vec<Arc<Server>> {
    servers.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    servers
}

/// Adds a transfer, as part of the last one if that ends where it begins and is among the same servers.
fn join(transfers: &mut Vec<Transfer>, next: Transfer) {
    match transfers.last_mut() {
        Some(last)
            if last.range.end == next.range.start
                && (&last.from, &last.gained, &last.lost)
                    == (&next.from, &next.gained, &next.lost) =>
        {
            last.range.end = next.range.end;
        }
        _ => transfers.push(next),
    }
}

/// A range as first and last positions: two pairs where it goes over the end of the circle.
pub(crate) fn intervals(range: KeyRange<u32>) -> Vec<RangeInclusive<u32>> {
    let KeyRange { start, end } = range;
    match start.checked_add(1) {
        None => vec![0..=end],
        Some(first) if first <= end => vec![first..=end],
        Some(first) => vec![first..=u32::MAX, 0..=end],
    }
}

fn halves(positions: &RangeInclusive<u32>) -> [RangeInclusive<u32>; 2] {
    let (first, last) = (*positions.start(), *positions.end());
    let middle = first + (last - first) / 2;
    [first..=middle, middle + 1..=last]
}

/// The part of a circle's copies that are made: what `Diff` says, for data of any size.
pub(crate) fn share(transfers: &[Transfer]) -> f64 {
    let copies = |transfer: &Transfer| transfer.range.len() * transfer.gained.len() as u128;
    transfers.iter().map(copies).sum::<u128>() as f64 / u32::CIRCLE as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_the_positions_of_their_range() {
        let range = |start, end| KeyRange { start, end };
        assert_eq!(intervals(range(1, 3)), [2..=3]);
        assert_eq!(intervals(range(u32::MAX, 3)), [0..=3]);
        assert_eq!(intervals(range(u32::MAX - 1, 3)), [u32::MAX..=u32::MAX, 0..=3]);
        // The whole circle.
        assert_eq!(intervals(range(7, 7)), [8..=u32::MAX, 0..=7]);
        assert_eq!(intervals(range(u32::MAX, u32::MAX)), [0..=u32::MAX]);
    }

    #[test]
    fn halves_are_the_whole() {
        assert_eq!(halves(&(0..=u32::MAX)), [0..=0x7fff_ffff, 0x8000_0000..=u32::MAX]);
        assert_eq!(halves(&(6..=7)), [6..=6, 7..=7]);
    }
}

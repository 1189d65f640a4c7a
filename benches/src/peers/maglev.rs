//! The lookup table of Maglev (Eisenbud and others, "Maglev: A Fast and Reliable Software Network
//! Load Balancer", 2016, section 3.4).

use annulus::{KeyHash, Xxh3};

use crate::workload::{Size, address};

/// The number of slots, a prime: the small table of the paper, which its users keep to.
const SLOTS: u32 = 65_537;

/// A table that names a server for each remainder of a key.
pub struct Maglev(Vec<u16>);

impl Maglev {
    /// The table of the servers: each takes its next free slot in turn until none is free.
    pub fn new(size: Size) -> Self {
        const FREE: u16 = u16::MAX;
        let mut walks: Vec<(u64, u64)> = (0..size.nodes).map(walk).collect();
        let mut table = vec![FREE; SLOTS as usize];
        let mut free = SLOTS;
        for (server, walk) in (0..).zip(0..walks.len()).cycle() {
            if free == 0 {
                break;
            }
            let (at, skip) = &mut walks[walk];
            while table[*at as usize] != FREE {
                *at = (*at + *skip) % u64::from(SLOTS);
            }
            table[*at as usize] = server;
            free -= 1;
        }
        Self(table)
    }

    /// The view that answers lookups.
    pub fn view(&self) -> MaglevRef<'_> {
        MaglevRef(&self.0)
    }
}

/// A view of [`Maglev`].
#[derive(Clone, Copy)]
pub struct MaglevRef<'a>(&'a [u16]);

impl MaglevRef<'_> {
    /// The server of a key that is hashed already.
    #[inline]
    pub fn server(&self, key: u32) -> u16 {
        self.0[(key % self.0.len() as u32) as usize]
    }
}

/// Where a server's walk over the slots begins, and its stride.
fn walk(number: u32) -> (u64, u64) {
    let hash = Xxh3.hash(address(number).to_string().as_bytes());
    let (offset, skip) = (hash >> 32, hash & 0xffff_ffff);
    (offset % u64::from(SLOTS), skip % u64::from(SLOTS - 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_its_share_of_slots() {
        let maglev = Maglev::new(Size { nodes: 10, vnodes: 1 });
        let mut slots = [0u32; 10];
        for slot in 0..SLOTS {
            slots[usize::from(maglev.view().server(slot))] += 1;
        }
        assert!(slots.iter().all(|&slots| slots.abs_diff(SLOTS / 10) <= 1), "{slots:?}");
    }
}

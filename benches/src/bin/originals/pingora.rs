//! `pingora-ketama`, in this process.

use annulus_bench::peers;
use pingora_ketama::{Bucket, Continuum, Version};
use std::hint::black_box;
use std::io;

use crate::turn::{Contender, Start, Task, Turn, Work};

/// The ring of one of its versions.
pub(crate) struct Pingora<'w> {
    work: &'w Work,
    buckets: Vec<Bucket>,
    version: Version,
    ring: Continuum,
}

impl<'w> Pingora<'w> {
    /// A ring of all servers.
    pub(crate) fn new(work: &'w Work, version: Version) -> Self {
        let buckets: Vec<_> = work.servers.iter().map(|&server| Bucket::new(server, 1)).collect();
        let ring = Continuum::new_with_version(&buckets, version);
        Self { work, buckets, version, ring }
    }
}

impl Contender for Pingora<'_> {
    fn owners(&mut self) -> io::Result<Vec<u32>> {
        let owner = |key: &String| self.ring.node(key.as_bytes()).expect("a server");
        Ok(self.work.keys.iter().map(|key| peers::number(&owner(key)) as u32).collect())
    }

    fn turn(&mut self, task: Task) -> io::Result<Turn> {
        match task {
            Task::Lookup => {
                let [warm, timed] = self.work.parts();
                let ring = &self.ring;
                let pass = |keys: &[String]| {
                    for key in keys {
                        black_box(ring.node(black_box(key).as_bytes()));
                    }
                };
                pass(warm);
                let start = Start::now();
                pass(timed);
                Ok(Turn { time: start.elapsed(), times: timed.len() })
            }
            Task::Build => {
                let start = Start::now();
                let ring = Continuum::new_with_version(&self.buckets, self.version);
                let time = start.elapsed();
                self.ring = ring;
                Ok(Turn { time, times: 1 })
            }
        }
    }
}

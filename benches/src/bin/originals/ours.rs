//! Rings of this library.

use annulus::{HeapRing, KeyHash};
use annulus_profiles::{Server, System};
use std::hint::black_box;
use std::io;

use crate::turn::{Contender, Start, Task, Turn, Work};

/// The ring of a system.
pub(crate) struct Ours<'w, S: System<Server<'w>>, H> {
    work: &'w Work,
    ring: HeapRing<Server<'w>, S, H>,
    config: S::Config,
    hash: H,
    /// Whether a ring is built in the memory of the last, as the original has it.
    in_place: bool,
}

impl<'w, S: System<Server<'w>>, H: Clone> Ours<'w, S, H> {
    /// A ring of all servers.
    pub(crate) fn new(work: &'w Work, config: S::Config, hash: H) -> Self {
        let ring = HeapRing::with_hash(config, hash.clone());
        let mut ours = Self { work, ring, config, hash, in_place: false };
        ours.fill();
        ours
    }

    /// The same, which builds in the memory that it has.
    pub(crate) fn in_place(self) -> Self {
        Self { in_place: true, ..self }
    }

    fn fill(&mut self) {
        let servers = (0..).zip(&self.work.names).map(|(place, name)| Server::new(name, place));
        self.ring.insert_all(servers).expect("room for all servers");
    }
}

impl<'w, S: System<Server<'w>>, H: KeyHash<[u8]> + Clone> Contender for Ours<'w, S, H> {
    fn owners(&mut self) -> io::Result<Vec<u32>> {
        let view = self.ring.view();
        let owner = |key: &String| view.owner(key.as_bytes()).expect("a server").place;
        Ok(self.work.keys.iter().map(owner).collect())
    }

    fn is_tied(&self, key: &str, place: u32) -> bool {
        let mut alone = HeapRing::<_, S, H>::with_hash(self.config, self.hash.clone());
        let server = Server::new(&self.work.names[place as usize], place);
        alone.insert(server).expect("room for a server");
        let views = [self.ring.view(), alone.view()];
        let positions = views.map(|view| {
            let mut points = view.points_from(view.position(key.as_bytes()));
            points.next().map(|point| point.position)
        });
        positions[0] == positions[1]
    }

    fn turn(&mut self, task: Task) -> io::Result<Turn> {
        match task {
            Task::Lookup => {
                let view = self.ring.view();
                let [warm, timed] = self.work.parts();
                let pass = |keys: &[String]| {
                    for key in keys {
                        black_box(view.owner(black_box(key).as_bytes()));
                    }
                };
                pass(warm);
                let start = Start::now();
                pass(timed);
                Ok(Turn { time: start.elapsed(), times: timed.len() })
            }
            Task::Build => {
                let start = Start::now();
                let old = if self.in_place {
                    self.ring.clear();
                    None
                } else {
                    let new = HeapRing::with_hash(self.config, self.hash.clone());
                    Some(std::mem::replace(&mut self.ring, new))
                };
                self.fill();
                let time = start.elapsed();
                drop(old);
                Ok(Turn { time, times: 1 })
            }
        }
    }
}

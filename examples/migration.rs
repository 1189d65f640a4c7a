//! A node joins, and the data that it owns from now on is copied to it while reads go on.
//!
//! `cargo run --example migration`

use annulus::{Diff, EditError, Generations, Ring};
use std::collections::{BTreeMap, HashMap};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const KEYS: u32 = 2_000;
const NODES: [&str; 4] = ["store-a", "store-b", "store-c", "store-d"];

/// What the nodes have: here a map each, in a system of several machines a database each.
type Stores = BTreeMap<&'static str, RwLock<HashMap<u32, String>>>;

fn value(key: u32) -> String {
    format!("value of {key}")
}

fn main() -> Result<(), EditError> {
    // Both memberships: `old` is where the data is, `new` where it goes. A copy is taken before the edit.
    let mut old = Ring::<&str, 8, 1_200>::new();
    old.insert_all(NODES[..3].iter().copied())?;
    let mut new = old.clone();
    new.insert(NODES[3])?;
    let (old, new) = (old.view(), new.view());

    let stores: Stores = NODES.map(|name| (name, RwLock::default())).into();
    for key in 0..KEYS {
        let owner = old.owner(&key).expect("there are nodes");
        stores[owner].write().unwrap().insert(key, value(key));
    }

    // How much there is to do, before it is done.
    let diff = Diff::new(old, new);
    println!("{:.1} % of the circle moves", 100.0 * diff.moved_share());

    let generations = Generations::new(old, new);
    let done = AtomicBool::new(false);
    let (mut fallbacks, mut copied) = (0, 0);
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut fallbacks = 0;
            let mut last_round = false;
            // Once more after all is copied.
            while !last_round {
                last_round = done.load(Ordering::Acquire);
                for key in 0..KEYS {
                    // First the owner in the new ring; if that has nothing yet, the owner in the old one.
                    let (owner, previous) = generations.owner(&key);
                    let get = |node: &&str| stores[node].read().unwrap().get(&key).cloned();
                    let found = owner.and_then(get).or_else(|| {
                        fallbacks += 1;
                        previous.and_then(get)
                    });
                    assert_eq!(found, Some(value(key)), "no read fails at any time");
                }
            }
            fallbacks
        });

        // Range by range: who gives it, and who takes it. A store that is ordered by position would be asked for
        // the range alone.
        for moved in diff.moves() {
            let (from, to) = (moved.from.expect("it had owners"), moved.to.expect("it has owners"));
            assert_eq!(*to, NODES[3], "keys move to the node that joined, and to no other");
            let range: Vec<_> = {
                let store = stores[from].read().unwrap();
                let inside =
                    store.iter().filter(|(key, _)| moved.range.contains(new.position(*key)));
                inside.map(|(&key, value)| (key, value.clone())).collect()
            };
            copied += range.len();
            stores[to].write().unwrap().extend(range);
        }
        done.store(true, Ordering::Release);
        fallbacks = reading.join().expect("no assertion failed");
    });

    // Nobody asks the old ring any more: now what was copied can be dropped where it came from.
    for (name, store) in &stores {
        store.write().unwrap().retain(|key, _| new.owner(key) == Some(name));
    }
    let kept: usize = stores.values().map(|store| store.read().unwrap().len()).sum();
    assert_eq!(kept, KEYS as usize, "each key is on one node");
    assert_eq!(copied, stores[NODES[3]].read().unwrap().len(), "nothing was copied in vain");
    println!("{copied} of {KEYS} keys copied; {fallbacks} reads went to the old owner meanwhile");
    Ok(())
}

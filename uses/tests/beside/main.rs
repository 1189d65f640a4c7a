//! The profiles beside the systems that they agree with: live ones, on this machine.

mod cache;
mod haproxy;
mod libmemcached;
mod nginx;
mod twemproxy;

/// How many keys each system is asked about.
const KEYS: usize = 10_000;

/// Keys as sessions and caches have them.
fn keys() -> Vec<String> {
    (0..KEYS).map(|number| format!("user:{number}:profile")).collect()
}

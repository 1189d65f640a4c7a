//! libmemcached's own client, as Python has it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use annulus::HeapRing;
use annulus_profiles::libmemcached::{
    Config, Hash, Labels, Libmemcached, LibmemcachedWeighted, servers,
};
use annulus_profiles::{Server as Peer, System};
use annulus_uses::Server;

use crate::cache::Connection;
use crate::keys;

/// Stores or reads all keys by the library's own ring.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/beside/libmemcached.py");

#[test]
fn what_is_stored_on_the_owner_is_read_by_libmemcached_and_back() {
    let caches: [Server; 5] = std::array::from_fn(|_| Server::memcached(16).unwrap());
    for hash in [Hash::OneAtATime, Hash::Md5, Hash::Fnv64a] {
        agree::<Libmemcached>(&caches, "ketama", Config::new(hash), hash);
    }
    agree::<LibmemcachedWeighted>(&caches, "ketama_weighted", Labels::Plain, Hash::Md5);
}

fn agree<'a, P: for<'n> System<Peer<'n>>>(
    caches: &'a [Server; 5],
    distribution: &str,
    config: P::Config,
    hash: Hash,
) {
    let addresses = caches.each_ref().map(|cache| cache.address().to_string());
    let mut ring = HeapRing::<_, P, _>::with_hash(config, hash);
    ring.insert_all(servers(addresses.each_ref().map(String::as_str)).unwrap()).unwrap();
    let mut direct: Vec<_> =
        caches.iter().map(|at| Connection::to(at.address()).unwrap()).collect();
    let keys = keys();
    let owner = |key: &String| ring.owner(key.as_bytes()).unwrap().place as usize;

    for key in &keys {
        direct[owner(key)].set(key, "by-annulus").unwrap();
    }
    client(distribution, hash, "get", "by-annulus", &keys, &addresses);
    client(distribution, hash, "set", "by-libmemcached", &keys, &addresses);
    for key in &keys {
        let value = direct[owner(key)].get(key).unwrap();
        assert_eq!(value.as_deref(), Some("by-libmemcached"), "{distribution} {hash:?}: {key}");
    }
    println!(
        "libmemcached, {distribution}, {hash:?}: {} keys there and back, 0 differences",
        keys.len()
    );
}

/// Has libmemcached's client store this value under all keys, or find it there.
fn client(
    distribution: &str,
    hash: Hash,
    verb: &str,
    value: &str,
    keys: &[String],
    addresses: &[String],
) {
    let name = match hash {
        Hash::OneAtATime => "default",
        other => other.name(),
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, keys.join("\n")).unwrap();
    let mut command = Command::new(python());
    command.args([SCRIPT, distribution, name, verb, value]).arg(file.path()).args(addresses);
    let output = command.output().unwrap();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{distribution} {name} {verb}: {wrong}");
}

/// The first Python of the path that has the library: there may be others before the system's own.
fn python() -> PathBuf {
    let has = |python: &Path| {
        let import = Command::new(python).args(["-c", "import pylibmc"]).output();
        import.is_ok_and(|output| output.status.success())
    };
    let path = env::var_os("PATH").unwrap();
    let mut found = env::split_paths(&path).map(|folder| folder.join("python3"));
    found
        .find(|python| has(python))
        .expect("no Python with pylibmc (apt-get install python3-pylibmc)")
}

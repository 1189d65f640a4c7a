//! twemproxy before memcached.

use annulus::KeyHash;
use annulus_profiles::twemproxy::{Hash, HeapRing, servers};
use annulus_uses::Server;
use annulus_uses::server::{NUTCRACKER, free_ports};

use crate::cache::Connection;
use crate::keys;

#[test]
fn what_is_stored_on_the_owner_is_read_through_twemproxy_and_back() {
    let caches: [Server; 4] = std::array::from_fn(|_| Server::memcached(16).unwrap());
    // Two have names, and weights differ.
    let entries = [0, 1, 2, 3].map(|at: usize| {
        let rest = ["1", "3 cache-b", "2", "1 cache-d"][at];
        format!("{}:{rest}", caches[at].address())
    });
    for (hash, tag) in [(Hash::default(), None), (Hash::Md5, Some(['{', '}']))] {
        let folder = tempfile::tempdir().unwrap();
        let live = Server::start(NUTCRACKER, |port| {
            let tag = tag.map(|[open, close]| format!("  hash_tag: \"{open}{close}\"\n"));
            let configuration = format!(
                "ring:\n  listen: 127.0.0.1:{port}\n  hash: {}\n  distribution: ketama\n{}\
                 \x20 auto_eject_hosts: false\n  servers:\n{}",
                hash.name(),
                tag.unwrap_or_default(),
                entries.each_ref().map(|entry| format!("   - {entry}\n")).concat(),
            );
            let file = folder.path().join("nutcracker.yml");
            std::fs::write(&file, configuration)?;
            let statistics = free_ports(1)?[0].to_string();
            let file = file.to_str().unwrap_or_default();
            Ok(["-a", "127.0.0.1", "-s", &statistics, "-c", file].map(str::to_owned).to_vec())
        })
        .unwrap();

        let servers = servers(entries.each_ref().map(String::as_str)).unwrap();
        match tag {
            None => agree(&live, &caches, servers, hash),
            Some(_) => agree(&live, &caches, servers, annulus::Tagged::new(hash)),
        }
    }
}

/// Every key that is stored on its owner is read through the proxy, and every one stored through the proxy lies on
/// its owner.
fn agree(
    live: &Server,
    caches: &[Server],
    servers: [annulus_profiles::Server<'_>; 4],
    hash: impl KeyHash<[u8]>,
) {
    let mut ring = HeapRing::with_hash((), hash);
    ring.insert_all(servers).unwrap();
    let mut proxy = Connection::to(live.address()).unwrap();
    let mut direct: Vec<_> =
        caches.iter().map(|at| Connection::to(at.address()).unwrap()).collect();
    let keys: Vec<_> = keys().iter().map(|key| format!("{{{}}}:{key}", &key[..7])).collect();
    for key in &keys {
        let owner = ring.owner(key.as_bytes()).unwrap().place as usize;
        direct[owner].set(key, "by annulus").unwrap();
        assert_eq!(proxy.get(key).unwrap().as_deref(), Some("by annulus"), "{key}");
        proxy.set(key, "by twemproxy").unwrap();
        assert_eq!(direct[owner].get(key).unwrap().as_deref(), Some("by twemproxy"), "{key}");
        direct[owner].set(key, "of another turn").unwrap();
    }
    println!("twemproxy: {} keys there and back, 0 differences", keys.len());
}

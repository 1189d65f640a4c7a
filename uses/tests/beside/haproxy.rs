//! HAProxy, `hash-type consistent`.

use annulus_profiles::haproxy::{Config, Hash, HeapRing, servers};
use annulus_uses::Server;
use annulus_uses::server::{HAPROXY, free_ports};

use crate::keys;
use annulus_uses::pages::{Nginx as Live, answers, backends};

#[test]
fn every_key_goes_where_haproxy_sends_it() {
    let behind = free_ports(5).unwrap();
    let pages = Live::start(|port| backends(&[&[port], &behind[..]].concat())).unwrap();
    let lines: [String; 5] = std::array::from_fn(|at| {
        let rest = ["weight 10", "weight 3 id 40", "weight 1", "weight 256", "weight 10"][at];
        format!("web{at} 127.0.0.1:{} {rest}", behind[at])
    });
    // The one that is disabled is not in the tree.
    for disabled in [None, Some(4)] {
        let folder = tempfile::tempdir().unwrap();
        let live = Server::start(HAPROXY, |port| {
            let lines: String = (0..).zip(&lines).map(|(at, line)| {
                let end = if disabled == Some(at) { " disabled" } else { "" };
                format!("  server {line}{end}\n")
            }).collect();
            let configuration = format!(
                "global\n  maxconn 100\n\
                 defaults\n  mode http\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n\
                 frontend in\n  bind 127.0.0.1:{port}\n  default_backend ring\n\
                 backend ring\n  balance url_param key\n  hash-type consistent\n{lines}"
            );
            let file = folder.path().join("haproxy.cfg");
            std::fs::write(&file, configuration)?;
            Ok(vec!["-db".into(), "-f".into(), file])
        }).unwrap();

        let mut ring = HeapRing::with_hash(Config::V2_6, Hash::default());
        let listed = servers(&Config::V2_6, lines.each_ref().map(String::as_str)).unwrap();
        let up = listed.into_iter().filter(|server| Some(server.place) != disabled);
        ring.insert_all(up).unwrap();
        let keys = keys();
        let answers = answers(live.address(), &keys).unwrap();
        for (key, answer) in keys.iter().zip(&answers) {
            let owner = ring.owner(key.as_bytes()).unwrap();
            assert_eq!(
                Some(&**answer),
                owner.endpoint.map(|at| at.to_string()).as_deref(),
                "{key}"
            );
        }
        println!("HAProxy, {} servers: {} keys, 0 differences", ring.len(), keys.len());
    }
    drop(pages);
}

//! nginx, `hash … consistent`.

use annulus_profiles::System;
use annulus_profiles::nginx::{Hash, HeapRing, Nginx, server};
use annulus_uses::server::free_ports;

use crate::{KEYS, keys};
use annulus_uses::pages::{Nginx as Live, answers, backends};

#[test]
fn every_key_goes_where_nginx_sends_it() {
    let ports = free_ports(5).unwrap();
    let weights = [1, 3, 1, 2, 1];
    let down = ports[2];
    let directives: Vec<_> = ports
        .iter()
        .zip(weights)
        .map(|(port, weight)| {
            let down = if *port == down { " down" } else { "" };
            format!("127.0.0.1:{port} weight={weight}{down}")
        })
        .collect();
    let upstream: String = directives.iter().map(|line| format!("server {line};\n")).collect();
    let live = Live::start(|port| {
        format!(
            "upstream ring {{ hash $arg_key consistent;\n{upstream} }}\n\
         server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://ring; }} }}\n{}",
            backends(&ports),
        )
    })
    .unwrap();

    let mut ring = HeapRing::with_hash((), Hash::default());
    let servers = (0..).zip(&directives).map(|(place, line)| server(place, line));
    ring.insert_all(servers.collect::<Result<Vec<_>, _>>().unwrap()).unwrap();
    let view = ring.view();
    let address = |number| view.member(number).unwrap().node().address;
    let down = format!("127.0.0.1:{down}");

    let keys = keys();
    let answers = answers(live.server.address(), &keys).unwrap();
    let (mut compared, mut walked) = (0, 0);
    for (key, answer) in keys.iter().zip(&answers) {
        let position = view.position(key.as_bytes());
        let mut owner = [0];
        if Nginx::owners_at(&(), view, position, |number| address(number) != down, &mut owner) == 0
        {
            // nginx gave up and took one in turn.
            continue;
        }
        assert_eq!(answer, address(owner[0]), "{key}");
        compared += 1;
        walked += usize::from(view.owner_at(position).is_some_and(|owner| owner.address == down));
    }
    assert!(
        compared > KEYS * 99 / 100 && walked > KEYS / 20,
        "{compared} compared, {walked} walked past"
    );
    println!(
        "nginx: {compared} keys, of them {walked} past the server that is down, 0 differences"
    );
}

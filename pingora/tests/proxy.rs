//! The example's proxy before real backends.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{env, thread};

use annulus_pingora::Ketama;
use annulus_uses::Server;
use annulus_uses::pages::{Nginx, answers, backends};
use annulus_uses::server::Program;
use pingora_load_balancing::Backend;
use pingora_load_balancing::selection::{BackendIter, BackendSelection};

/// How often health checks are waited for: far longer than they take.
const TRIES: usize = 100;

/// The example, which is built with the tests.
fn proxy(behind: &[SocketAddr]) -> Server {
    let tests = env::current_exe().unwrap();
    let path = tests.ancestors().nth(2).unwrap().join("examples/proxy");
    let name = path.to_str().unwrap().to_owned().leak();
    let program = Program { name, package: "cargo build --examples" };
    Server::start(program, |port| {
        let listen = format!("127.0.0.1:{port}");
        Ok([listen].into_iter().chain(behind.iter().map(SocketAddr::to_string)).collect())
    })
    .unwrap()
}

#[test]
fn users_stay_with_their_backend_when_another_goes() {
    let mut live: Vec<_> =
        (0..3).map(|_| Nginx::start(|port| backends(&[port])).unwrap()).collect();
    let behind: Vec<_> = live.iter().map(|nginx| nginx.server.address()).collect();
    let proxy = proxy(&behind);

    let set: BTreeSet<_> =
        behind.iter().map(|address| Backend::new(&address.to_string()).unwrap()).collect();
    let ring = Arc::new(Ketama::build(&set));
    let users: Vec<_> = (0..500).map(|number| format!("user-{number}")).collect();
    let owners: Vec<_> = users
        .iter()
        .map(|user| ring.iter(user.as_bytes()).next().unwrap().addr.to_string())
        .collect();
    assert_eq!(answers(proxy.address(), &users).unwrap(), owners);

    // One that hangs keeps its connections, so it is killed.
    let gone = behind[1].to_string();
    live[1].server.kill().unwrap();
    let moved = (0..TRIES).find_map(|_| {
        thread::sleep(Duration::from_millis(100));
        // Until its checks fail, users of the one that is gone have no answer.
        answers(proxy.address(), &users).ok()
    });
    let moved = moved.expect("the proxy notices who is gone");
    let mut count = 0;
    for ((user, now), before) in users.iter().zip(&moved).zip(&owners) {
        if *before == gone {
            assert_ne!(*now, gone, "{user}");
            count += 1;
        } else {
            assert_eq!(now, before, "{user}");
        }
    }
    assert!(count > 50, "{count} users moved");
    println!(
        "{} users where the ring has them; {count} moved, when their backend went",
        users.len()
    );
}

//! Both selections beside what they stand for.

use std::collections::BTreeSet;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;

use annulus::{HeapRing, Xxh3};
use annulus_pingora::{Ketama, KetamaConfig, Native, NativeConfig};
use pingora_load_balancing::Backend;
use pingora_load_balancing::selection::consistent::KetamaHashing;
use pingora_load_balancing::selection::{BackendIter, BackendSelection, UniqueIterator};

/// Memberships of up to 40 backends of both families and several weights, some of whose addresses come twice.
fn memberships() -> impl Iterator<Item = BTreeSet<Backend>> {
    // A generator of our own suffices: a multiplication and the upper bits.
    let mut state = 1_u64;
    let mut draw = move |below: u64| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) % below
    };
    (0..60).map(move |_| {
        let count = draw(41);
        let backends = (0..count).map(|_| {
            let (host, port) = (draw(30) as u16, 80 + draw(3) as u16);
            let address: SocketAddr = match draw(3) {
                0 => (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 1, host), port).into(),
                _ => ([10, 0, 0, host as u8], port).into(),
            };
            Backend::new_with_weight(&address.to_string(), 1 + draw(5) as usize).unwrap()
        });
        backends.collect()
    })
}

fn keys() -> impl Iterator<Item = String> {
    (0..100).map(|number| format!("user:{number}"))
}

/// Point after point, twice around a small ring: also the same backends come again in the same places.
fn agree<A: BackendSelection, B: BackendSelection>(ours: A, theirs: B) -> usize
where
    A::Iter: BackendIter,
    B::Iter: BackendIter,
{
    let (ours, theirs) = (Arc::new(ours), Arc::new(theirs));
    let mut compared = 0;
    for key in keys() {
        let (mut ours, mut theirs) = (ours.iter(key.as_bytes()), theirs.iter(key.as_bytes()));
        for step in 0..20 {
            let (ours, theirs) = (ours.next(), theirs.next());
            assert_eq!(ours, theirs, "{key}, step {step}");
            // Of one address pingora has the backend of the greatest weight as well, extensions and all.
            compared += usize::from(ours.is_some());
        }
    }
    compared
}

#[test]
fn every_step_is_that_of_pingora() {
    let mut compared = 0;
    for backends in memberships() {
        compared += agree(Ketama::build(&backends), KetamaHashing::build(&backends));
        for point_multiple in [1, 40, 160] {
            let config = KetamaConfig { point_multiple: Some(point_multiple) };
            let ours = Ketama::build_with_config(&backends, &config);
            compared += agree(ours, KetamaHashing::build_with_config(&backends, &config));
        }
    }
    println!("{compared} steps, 0 differences");
    assert!(compared > 400_000, "{compared}");
}

#[test]
fn every_step_is_that_of_a_ring_and_no_backend_comes_twice() {
    for backends in memberships() {
        let mut greatest: Vec<Backend> = Vec::new();
        for backend in &backends {
            greatest.retain(|other| other.addr != backend.addr);
            greatest.push(backend.clone());
        }
        let mut ring = HeapRing::<String, annulus::Native, _>::with_hash(100, Xxh3);
        for backend in &greatest {
            ring.insert(backend.addr.to_string()).unwrap();
            ring.set_weight(backend.addr.to_string().as_str(), backend.weight as u32).unwrap();
        }
        let config = NativeConfig { vnodes: 100 };
        let native = Arc::new(Native::build_with_config(&backends, &config));
        for key in keys() {
            let mut iter = native.iter(key.as_bytes());
            let found: Vec<String> = std::iter::from_fn(|| iter.next().cloned())
                .map(|backend| backend.addr.to_string())
                .collect();
            let mut expected = vec![None; greatest.len()];
            let count = ring.view().owners(key.as_bytes(), &mut expected);
            assert_eq!(count, greatest.len());
            let expected: Vec<_> = expected.into_iter().flatten().cloned().collect();
            assert_eq!(found, expected, "{key}");
        }
    }
}

/// What a load balancer does: a number of steps is one of backends.
#[test]
fn a_balancer_passes_over_as_many_backends_as_it_says() {
    let backends: BTreeSet<_> =
        (0..10).map(|host| Backend::new(&format!("10.0.0.{host}:80")).unwrap()).collect();
    let native = Arc::new(Native::build(&backends));
    for steps in 0..12 {
        let mut unique = UniqueIterator::new(native.iter(b"user:1"), steps);
        let found = std::iter::from_fn(|| unique.get_next()).count();
        assert_eq!(found, steps.min(10));
    }
}

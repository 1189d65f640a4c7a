//! The time of a selection and of a build, beside pingora's own: `cargo run --release --example ratio`.
//!
//! Both are measured in turn, so that a busy machine slows both down; of the rounds the median is shown.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use annulus_pingora::{Ketama, Native};
use pingora_load_balancing::Backend;
use pingora_load_balancing::selection::consistent::KetamaHashing;
use pingora_load_balancing::selection::{BackendIter, BackendSelection};

const ROUNDS: usize = 31;
const KEYS: usize = 20_000;

/// Nanoseconds of a build and of a selection of one backend.
fn times<S: BackendSelection>(backends: &BTreeSet<Backend>, keys: &[String]) -> [f64; 2]
where
    S::Iter: BackendIter,
{
    let started = Instant::now();
    let selection = Arc::new(S::build(black_box(backends)));
    let build = started.elapsed();
    let started = Instant::now();
    for key in keys {
        black_box(selection.iter(black_box(key.as_bytes())).next());
    }
    [build.as_nanos() as f64, started.elapsed().as_nanos() as f64 / keys.len() as f64]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let keys: Vec<_> = (0..KEYS).map(|number| format!("user:{number}:profile")).collect();
    println!("| backends | selection | a selection ÷ pingora's | a build ÷ pingora's |");
    println!("|---|---|---|---|");
    for count in [10_u16, 100, 1_000] {
        let address = |host: u16| format!("10.0.{}.{}:80", host >> 8, host & 255);
        let backends = (0..count).map(|host| Backend::new(&address(host)).expect("an address"));
        let backends: BTreeSet<_> = backends.collect();
        let mut ratios: [[Vec<f64>; 2]; 2] = Default::default();
        for _ in 0..ROUNDS {
            let theirs = times::<KetamaHashing>(&backends, &keys);
            let ours = [times::<Ketama>(&backends, &keys), times::<Native>(&backends, &keys)];
            for (ratios, ours) in ratios.iter_mut().zip(ours) {
                for (ratios, (ours, theirs)) in ratios.iter_mut().zip(ours.iter().zip(theirs)) {
                    ratios.push(ours / theirs);
                }
            }
        }
        for (name, [build, select]) in ["Ketama", "Native"].into_iter().zip(ratios) {
            println!("| {count} | {name} | {:.2} | {:.2} |", median(select), median(build));
        }
    }
}

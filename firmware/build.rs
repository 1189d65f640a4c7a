//! Gives the linker the memory map of the machine that stands for the target, and `profiles` the recorded answers that
//! it checks.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// What was recorded of other systems.
const VECTORS: &str = "../profiles/vectors";

/// The systems and cases of `src/bin/profiles.rs`, with their profiles.
const CASES: [(&str, &str, &str); 3] = [
    ("nginx", "lo3_u", "nginx"),
    ("libmemcached", "K.n3_mix_u", "libmemcached"),
    ("libmemcached", "W.n3_mix_w", "libmemcached,weighted"),
];

fn main() {
    // The packages below share this script, and check no answers.
    if Path::new("memory").is_dir() {
        for (system, case, profile) in CASES {
            places(system, case, profile);
        }
    }
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let machine = match target.as_str() {
        "thumbv7m-none-eabi" => "lm3s6965evb",
        "thumbv6m-none-eabi" => "microbit",
        // A host: its own linker script serves.
        _ => return,
    };
    let folder = if Path::new("memory").is_dir() { "memory" } else { "../memory" };
    let map = format!("{folder}/{machine}.x");
    let out = out();
    fs::copy(&map, out.join("memory.x")).unwrap_or_else(|error| panic!("{map}: {error}"));
    println!("cargo:rerun-if-changed={map}");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}

/// Writes what a case answered to the keys in `raw.keys`: for each the place of its server, a digit.
fn places(system: &str, case: &str, profile: &str) {
    let read = |file| {
        let path = format!("{VECTORS}/{system}/{file}");
        println!("cargo:rerun-if-changed={path}");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let cases = read("cases.tsv");
    assert!(cases.lines().any(|row| row.starts_with(&format!("{case}\t{profile}\t"))), "{case}");
    let table = read("raw.csv");
    let mut rows = table.lines().map(|row| row.split(','));
    let column = rows.next().and_then(|mut names| names.position(|name| name == case));
    let column = column.unwrap_or_else(|| panic!("{system} has no answers of {case}"));
    let places: String = rows.filter_map(|mut row| row.nth(column)).collect();
    let path = out().join(format!("{case}.places"));
    fs::write(&path, places).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Where what is written goes.
fn out() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"))
}

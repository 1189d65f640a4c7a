//! The programs that targets print for a failing input: each compiles and runs, and since the inputs of
//! the corpora pass, so does each.

use std::env;
use std::fmt::{Debug, Write as _};
use std::fs;
use std::path::Path;
use std::process::Command;

use annulus_fuzz::{diff, membership, publish};
use arbitrary::{Arbitrary, Unstructured};

/// The manifest of a package of such programs, as the printed comment has it: the library's own tests.
const MANIFEST: &str = r#"
[workspace]
[package]
name = "printed"
edition = "2024"
[dependencies]
annulus = { path = "ROOT", features = ["std", "serde"] }
arbitrary = "1.5.0"
xxhash-rust = { version = "0.8.19", features = ["xxh3"] }
[lib]
path = "lib.rs"
doctest = false
"#;

/// Prints every input of the target's corpus, each as a module.
fn print<I: Debug + for<'a> Arbitrary<'a>>(target: &str, into: &mut String) -> usize {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut printed = 0;
    for (n, entry) in fs::read_dir(corpus).unwrap().enumerate() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let Ok(input) = I::arbitrary_take_rest(Unstructured::new(&bytes)) else { continue };
        let program = format!("{input:?}").replace("mod common;", "use crate::common;");
        writeln!(into, "mod {target}_{n} {{\n{program}\n}}").unwrap();
        printed += 1;
    }
    printed
}

#[test]
fn every_printed_program_compiles_and_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_str().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed");
    fs::create_dir_all(&folder).unwrap();
    let common = format!("{root}/tests/common/mod.rs");
    let mut programs =
        format!("#![cfg(test)]\n#![allow(dead_code)]\n#[path = {common:?}]\nmod common;\n");
    let printed = print::<membership::Input>("membership", &mut programs)
        + print::<publish::Input>("publish", &mut programs)
        + print::<diff::Input>("diff", &mut programs);
    fs::write(folder.join("lib.rs"), programs).unwrap();
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("ROOT", root)).unwrap();
    fs::copy(format!("{root}/fuzz/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let cargo = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--offline", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        // What is built already is there.
        .env("CARGO_TARGET_DIR", folder.parent().unwrap().parent().unwrap())
        .output()
        .unwrap();
    let [output, errors] = [&cargo.stdout, &cargo.stderr].map(|s| String::from_utf8_lossy(s));
    assert!(cargo.status.success(), "{output}{errors}");
    assert!(output.contains(&format!("{printed} passed")), "{printed} programs, but {output}");
    assert!(printed > 100, "{printed} programs: the corpora have more");
}

//! What does not fit in memory ends with status 2 and one line, wherever the room was wanted.
#![cfg(target_os = "linux")]

mod common;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use common::Dir;

/// Runs the command with so many KiB of address space, on so many bytes of this.
fn limited(kib: u32, args: &[&str], input: u8, len: usize) -> Output {
    let limited = format!("ulimit -v {kib} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_annulus")]).args(args);
    // Of its traces the standard library writes more lines.
    command.env_remove("RUST_BACKTRACE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let block = vec![input; 1 << 16];
        // A command that fails does not read everything.
        let _ = (0..len / block.len()).try_for_each(|_| stdin.write_all(&block));
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// The one line of a failure.
fn failure(output: &Output) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn a_line_that_does_not_fit_is_named() {
    for more in [&[][..], &["--format", "json"], &["--replicas", "2"], &["--field", "1"]] {
        let args = [&["route", "--nodes", "a,b"], more].concat();
        let error = failure(&limited(64 * 1024, &args, 0, 1 << 27));
        let start = "annulus: standard input:1: no memory for a line of more than ";
        assert!(error.starts_with(start), "{error}");
    }
    // What fits is answered: neither the line nor its answer is copied.
    for (format, input) in [("tsv", b'k'), ("json", b'"'), ("json", 0xff)] {
        let args = ["route", "--nodes", "a,b", "--format", format];
        let output = limited(64 * 1024, &args, input, 12 << 20);
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{format}");
        assert!(output.stdout.len() > 12 << 20);
    }
}

#[test]
fn nodes_and_rings_that_do_not_fit_are_named() {
    let dir = Dir::new();
    let many: String = (0..300_000).map(|number| format!("node-{number}\n")).collect();
    let many = dir.file("many", many);
    let nodes = failure(&limited(24 * 1024, &["balance", "--nodes", &many], 0, 0));
    assert!(nodes.starts_with(&format!("annulus: {many}:")), "{nodes}");
    assert!(nodes.ends_with(": no memory for so many nodes\n"), "{nodes}");
    let points = ["balance", "--nodes", "a,b", "--vnodes", "30000000"];
    let ring = failure(&limited(64 * 1024, &points, 0, 0));
    assert!(ring.starts_with("annulus: --nodes: "), "{ring}");
}

/// Also where the room is wanted by something that has no words for it.
#[test]
fn memory_may_be_out_anywhere() {
    let dir = Dir::new();
    let many: String = (0..20_000).map(|number| format!("node-{number}\n")).collect();
    let many = dir.file("many", many);
    let (mut failed, mut answered, mut unnamed) = (0, 0, 0);
    let loads = |kib: &u32| limited(*kib, &["--version"], 0, 0).status.success();
    let least = (4 * 1024..).step_by(128).find(loads).unwrap();
    for kib in (least..least + 36 * 1024).step_by(512) {
        for args in [
            &["balance", "--vnodes", "1", "--nodes", &many][..],
            &["route", "--vnodes", "1", "--nodes", &many, "--replicas", "30000"],
        ] {
            let output = limited(kib, args, b'\n', 0);
            match output.status.code() {
                Some(0) => answered += 1,
                // The standard library has words of its own, of which some compilers make two lines.
                Some(2) if output.stderr.starts_with(b"memory allocation of ") => unnamed += 1,
                _ => {
                    failure(&output);
                    failed += 1;
                }
            }
        }
    }
    assert!(failed > 20 && answered > 20 && unnamed < 10, "{failed} {answered} {unnamed}");
}

//! Runs the command as a user does.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A directory for the files of one test.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    pub fn path(&self, name: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path
    }
}

pub fn annulus(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annulus"));
    command.args(args);
    command
}

pub fn spawn(args: &[&str]) -> Child {
    annulus(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts")
}

/// Runs the command on this standard input.
pub fn run(args: &[&str], input: &[u8]) -> Output {
    let mut child = spawn(args);
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A command that fails does not read everything.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    output
}

/// What the command writes on success, and nothing else.
pub fn bytes(args: &[&str], input: &[u8]) -> Vec<u8> {
    let output = run(args, input);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {error}");
    assert_eq!(error, "", "{args:?}");
    output.stdout
}

pub fn text(args: &[&str], input: &[u8]) -> String {
    String::from_utf8(bytes(args, input)).expect("UTF-8")
}

/// What the command shows people on success: `plan`, `balance`, `impact` or `simulate`.
pub fn table(args: &[&str], input: &[u8]) -> String {
    text(&[args, &["--format", "table"]].concat(), input)
}

/// What the command writes on success, and the note that follows on standard error.
pub fn noted(args: &[&str], input: &[u8]) -> (String, String) {
    let output = run(args, input);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{args:?}: {error}");
    let line = error.strip_prefix("annulus: note: ").and_then(|line| line.strip_suffix('\n'));
    let line = line.unwrap_or_else(|| panic!("{args:?}: {error:?}"));
    assert!(!line.contains('\n'), "{args:?}: {error:?}");
    (String::from_utf8(output.stdout).expect("UTF-8"), line.to_owned())
}

/// The one line that the command ends with when it fails, without its name.
pub fn failure(args: &[&str], input: &[u8]) -> String {
    let output = run(args, input);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
    let line = error.strip_prefix("annulus: ").and_then(|line| line.strip_suffix('\n'));
    let line = line.unwrap_or_else(|| panic!("{args:?}: {error:?}"));
    assert!(!line.contains('\n'), "{args:?}: {error:?}");
    line.to_owned()
}

/// So many keys, one a line.
pub fn keys(count: usize) -> String {
    (0..count).map(|i| format!("user:{i}\n")).collect()
}

/// What `route` answers, key by key.
pub fn answers(output: &str) -> Vec<(&str, Vec<&str>)> {
    output
        .lines()
        .map(|line| {
            let (key, nodes) = line.split_once('\t').expect("a tab");
            (key, nodes.split(',').filter(|node| !node.is_empty()).collect())
        })
        .collect()
}

/// The objects of JSON output, one a line.
pub fn objects(output: &str) -> Vec<serde_json::Value> {
    output.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

/// The ranges of JSON output of `plan`.
pub fn ranges(output: &str) -> Vec<serde_json::Value> {
    of_kind(output, "range")
}

/// The objects of JSON output that are of this kind.
pub fn of_kind(output: &str, kind: &str) -> Vec<serde_json::Value> {
    let mut all = objects(output);
    all.retain(|object| object["kind"] == kind);
    all
}

/// Parts of a line between tabs or runs of spaces, with per cents as shares.
pub fn percent(line: &str) -> f64 {
    let figure = line.rsplit_once(" %").map_or(line, |(before, _)| before);
    let figure = figure.rsplit(' ').next().unwrap_or("");
    figure.parse::<f64>().unwrap_or_else(|_| panic!("{line:?}")) / 100.0
}

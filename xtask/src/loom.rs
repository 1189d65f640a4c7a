//! The models of publication, and the mutants that they must notice.
//!
//! A mutant is a textual patch that weakens one ordering or comparison. Each is applied to a copy of the
//! sources, built, and given to the models named for it. A model that fails kills it. What survives,
//! runs out of time, does not build or no longer matches the source fails the check.

use crate::Result;
use crate::step::Step;
use serde::Deserialize;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a mutant may take, once built. The models that kill one need a few seconds.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// What the copy consists of.
const COPIED: [&str; 7] =
    ["Cargo.toml", "Cargo.lock", "src", "loom-tests", "benches", "cli", "xtask"];

/// `loom-tests/mutants.toml`.
#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
struct Mutant {
    name: String,
    file: String,
    find: String,
    replace: String,
    /// What goes wrong with it.
    why: String,
    /// The models that suffice, as `test-file::test`.
    models: Vec<String>,
}

/// How a mutant ended.
enum Fate {
    Killed { by: String, after: Duration },
    Survived,
    TimedOut,
}

/// The step that runs all models.
pub(crate) fn models_step() -> Step {
    Step::of_parts("loom: models", models)
}

/// The step that weakens the code in every listed way.
pub(crate) fn mutants_step() -> Step {
    Step::of_parts("loom: mutants", mutants)
}

/// Runs all models.
fn models() -> Result {
    let started = Instant::now();
    let status = cargo_test(Path::new("."), &target_dir().join("loom")).status()?;
    if !status.success() {
        return Err("a model failed".into());
    }
    println!("all models passed in {:.0?}", started.elapsed());
    Ok(())
}

/// Applies every mutant in turn and runs its models.
fn mutants() -> Result {
    let list: Mutants = toml::from_str(&fs::read_to_string("loom-tests/mutants.toml")?)?;
    let only = env::var("ANNULUS_MUTANT").ok();
    let tree = target_dir().join("mutants").join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    fs::create_dir_all(&tree)?;
    for name in COPIED {
        copy(Path::new(name), &tree.join(name))?;
    }
    let mut alive = Vec::new();
    println!("{:<44} {:<8} {:>7}  by", "mutant", "fate", "seconds");
    for mutant in &list.mutant {
        if only.as_ref().is_some_and(|only| !mutant.name.contains(only)) {
            continue;
        }
        let (fate, seconds, by) = match try_mutant(&tree, mutant)? {
            Fate::Killed { by, after } => ("killed", format!("{:.1}", after.as_secs_f64()), by),
            Fate::Survived => ("SURVIVED", String::new(), mutant.why.clone()),
            Fate::TimedOut => ("TIMEOUT", String::new(), mutant.why.clone()),
        };
        println!("{:<44} {fate:<8} {seconds:>7}  {by}", mutant.name);
        if fate != "killed" {
            alive.push(mutant.name.as_str());
        }
    }
    if alive.is_empty() {
        Ok(())
    } else {
        Err(format!("{} mutants were not killed: {}", alive.len(), alive.join(", ")).into())
    }
}

/// Patches the copy, runs the models, and puts the copy back.
fn try_mutant(tree: &Path, mutant: &Mutant) -> Result<Fate> {
    let path = tree.join(&mutant.file);
    let original = fs::read_to_string(&path)?;
    let matches = original.matches(&mutant.find).count();
    if matches != 1 {
        let name = &mutant.name;
        return Err(format!("{name}: `find` matches {matches} times in {}", mutant.file).into());
    }
    fs::write(&path, original.replace(&mutant.find, &mutant.replace))?;
    let fate = run_models(tree, mutant);
    fs::write(&path, original)?;
    fate
}

fn run_models(tree: &Path, mutant: &Mutant) -> Result<Fate> {
    let build = cargo_test(tree, &target_dir().join("mutants").join("build"))
        .args(["--no-run", "--message-format=json"])
        .stderr(Stdio::piped())
        .output()?;
    if !build.status.success() {
        let name = &mutant.name;
        return Err(format!("{name} does not build:\n{}", text(&build.stderr)).into());
    }
    let started = Instant::now();
    for model in &mutant.models {
        let (file, test) = model.split_once("::").ok_or("a model is named `test-file::test`")?;
        let binary = executable(&build, file).ok_or_else(|| format!("no test file {file}"))?;
        let left = TIME_LIMIT.saturating_sub(started.elapsed());
        match passes(&binary, test, left)? {
            Some(true) => {}
            Some(false) => {
                return Ok(Fate::Killed { by: model.clone(), after: started.elapsed() });
            }
            None => return Ok(Fate::TimedOut),
        }
    }
    Ok(Fate::Survived)
}

/// Whether one test of `binary` passes; `None` if it does not end in time.
fn passes(binary: &Path, test: &str, limit: Duration) -> Result<Option<bool>> {
    let list = Command::new(binary).args(["--exact", test, "--list"]).output()?;
    if !text(&list.stdout).contains(": test") {
        return Err(format!("there is no model {test}").into());
    }
    let mut child = Command::new(binary)
        .args(["--exact", test])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The executable of the test file `name`, from cargo's messages.
fn executable(build: &Output, name: &str) -> Option<PathBuf> {
    text(&build.stdout)
        .lines()
        .filter(|line| line.contains(&format!("\"name\":\"{name}\"")))
        .find_map(|line| {
            line.split_once("\"executable\":\"")?.1.split_once('"').map(|(path, _)| path.into())
        })
}

/// `cargo test` of the models in `tree`.
fn cargo_test(tree: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(tree)
        .args(["test", "--quiet", "--release", "--package", "loom-tests", "--tests"])
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "--cfg annulus_loom --cfg crossbeam_loom")
        // The models are rebuilt for every mutant and run for seconds.
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    cargo
}

/// Copies a file or a folder.
fn copy(from: &Path, to: &Path) -> Result {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else {
        fs::copy(from, to)?;
    }
    Ok(())
}

/// Where builds go, as an absolute path: the copy is built from elsewhere.
fn target_dir() -> PathBuf {
    let dir = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    std::path::absolute(dir).expect("the current folder exists")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

//! The instructions of lookups, pins and edits, counted by callgrind: they are the same on a busy
//! machine as on one at rest, so that none may grow unseen.

use crate::process::Process;
use crate::ratios;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::tools::VALGRIND;
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};

/// The counts that were saved.
const BASELINE: &str = "benches/data/instructions.tsv";

/// By how much a count may grow: what a rebuild of the same code may come to.
const TOLERANCE: f64 = 0.03;

/// The most instructions of some works, without those of [`LOOP`], whatever was saved.
const MOST: [(&str, f64); 3] = [
    // The aim is 25.
    ("owner of a position, 1,000 × 160", 40.0),
    // Fourteen steps of bisection; one after the other they would be thousands.
    ("owner of a position, 10,000 names in a bucket", 250.0),
    ("owner of a position, 10,000 names on a position", 250.0),
];

/// What is in the count of a lookup besides: the loop, and hiding what goes in and comes out.
const LOOP: &str = "loop over positions";

/// Works that must take the same on every call.
const EVEN: &str = "pin and unpin, ";

/// Works that are only shown beside ours.
const PEER: &str = "crossbeam-epoch ";

/// The program that does what is counted, and how cargo says where it is.
const PROGRAM: &str = "counts";
const MESSAGES: &str = "--message-format=json-render-diagnostics";

/// The function within which the program does what counts.
const COUNTED: &str = "counts::counted";

/// The same `memcpy` on every processor: glibc chooses one by what the processor can do and likes.
const TUNABLES: &str = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,\
    -FSRM,Fast_Unaligned_Copy:glibc.cpu.x86_non_temporal_threshold=1000000000";

/// What is done with the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// They are shown beside the baseline.
    Show,
    /// Any that has grown under the compiler of the baseline, or is past its limit, is a failure.
    Check,
    /// They become the baseline.
    Save,
}

/// One step, for machines of the kind whose counts were saved.
pub(crate) fn steps(what: Use) -> Vec<Step> {
    vec![Step::new("instructions", move |context| run(what, context))]
}

fn run(what: Use, context: Context) -> Outcome {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Note(Some("nothing counted: not an x86-64".into())));
    }
    let now = Counts { compiler: compiler(context)?, counts: measure(context)? };
    let baseline = workspace::root().join(BASELINE);
    if what == Use::Save {
        fs::write(&baseline, now.text()).map_err(|error| broken(&baseline, &error))?;
        ratios::run(&["--plot"], context)?;
        return Ok(Note(Some(format!("saved in {BASELINE}"))));
    }
    let saved = fs::read_to_string(&baseline).map_err(|error| broken(&baseline, &error))?;
    let saved = Counts::parse(&saved)
        .ok_or_else(|| Problem::Failed(format!("{}: malformed", baseline.display())))?;
    if what == Use::Show || context.verbose {
        print!("\n{}", now.beside(&saved));
    }
    match now.judge(&saved) {
        Err(wrong) if what == Use::Check => Err(Problem::Failed(wrong.join("\n"))),
        Err(wrong) => Ok(Note(Some(wrong.join("; ")))),
        Ok(note) => Ok(Note(Some(note))),
    }
}

fn broken(path: &Path, error: &std::io::Error) -> Problem {
    Problem::Failed(format!("{}: {error}", path.display()))
}

/// Counts by name, and which compiler made what was counted.
#[derive(Debug, PartialEq)]
struct Counts {
    compiler: String,
    counts: Vec<(String, f64)>,
}

impl Counts {
    fn text(&self) -> String {
        let ours = self.counts.iter().filter(|(name, _)| !name.starts_with(PEER));
        let lines = ours.map(|(name, count)| format!("{name}\t{count:.2}\n"));
        format!("{}\n{}", self.compiler, lines.collect::<String>())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let compiler = lines.next()?.to_owned();
        let counts = lines.map(|line| {
            let (name, count) = line.split_once('\t')?;
            Some((name.to_owned(), count.parse().ok()?))
        });
        Some(Self { compiler, counts: counts.collect::<Option<_>>()? })
    }

    fn of(&self, name: &str) -> Option<f64> {
        self.counts.iter().find(|(known, _)| known == name).map(|&(_, count)| count)
    }

    /// Each count and the one that was saved.
    fn beside(&self, saved: &Self) -> String {
        let line = |(name, count): &(String, f64)| {
            let saved = saved.of(name).map_or("-".into(), |count| format!("{count:.2}"));
            format!("{count:12.2} {saved:>12}  {name}\n")
        };
        let lines = self.counts.iter().map(line);
        format!("{:>12} {:>12}  instructions\n{}", "now", "saved", lines.collect::<String>())
    }

    /// What is wrong, or a note of what was counted. Growth is held against the compiler of the saved
    /// counts alone: another one may make more of the same source.
    fn judge(&self, saved: &Self) -> Result<String, Vec<String>> {
        let (mut wrong, grown) = (self.past_limits(), self.grown(saved));
        let mut note = format!("{} counts of {}", self.counts.len(), self.compiler);
        if self.compiler == saved.compiler {
            wrong.extend(grown);
        } else {
            let (number, compiler) = (grown.len(), &saved.compiler);
            note +=
                &format!(", held to the limits alone: {number} grown since those of {compiler}");
        }
        if wrong.is_empty() { Ok(note) } else { Err(wrong) }
    }

    /// Everything that has grown since `saved`, or is missing.
    fn grown(&self, saved: &Self) -> Vec<String> {
        let mut grown = Vec::new();
        for (name, before) in &saved.counts {
            match self.of(name) {
                Some(now) if now > before * (1.0 + TOLERANCE) => {
                    grown.push(format!("{name}: {now:.2} instructions, {before:.2} before"));
                }
                Some(_) => {}
                // The kernel decides whether pins need fences.
                None if name.contains("Membarrier") => {}
                None => grown.push(format!("{name}: not counted any more; save the counts anew")),
            }
        }
        grown
    }

    /// Everything that is more than it may be, whatever was saved.
    fn past_limits(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let empty = self.of(LOOP).unwrap_or(0.0);
        for (name, most) in MOST {
            if self.of(name).is_none_or(|now| now - empty > most) {
                wrong.push(format!("{name}: more than {most} instructions, or none"));
            }
        }
        let calls: Vec<_> = self.counts.iter().filter(|(name, _)| name.starts_with(EVEN)).collect();
        if calls.is_empty() || calls.iter().any(|call| call.1 != calls[0].1) {
            wrong.push(format!("some calls take more instructions than others: {calls:?}"));
        }
        wrong
    }
}

/// The compiler that cargo uses, as it names itself.
fn compiler(context: Context) -> Result<String, Problem> {
    let version = Process::cargo().args(["rustc", "--package", "annulus", "--lib", "--quiet"]);
    let version = version.args(["--", "--version"]).finish(context)?.success()?;
    let line = version.lines().find(|line| line.starts_with("rustc "));
    line.map(str::to_owned).ok_or_else(|| Problem::Failed(format!("{version}no version")))
}

/// Builds and runs what is counted.
fn measure(context: Context) -> Result<Vec<(String, f64)>, Problem> {
    let valgrind = VALGRIND.find()?;
    let build = ["build", "--release", "--package", "annulus-bench", "--no-default-features"];
    let build = Process::cargo().args(build).args(["--bin", PROGRAM, MESSAGES]);
    let built = build.finish(context)?.success()?;
    let program = workspace::executable(&built, PROGRAM)
        .ok_or_else(|| Problem::Failed(format!("{built}no program")))?;
    let folder = workspace::target_dir(".").join("instructions");
    let failed = |error| broken(&folder, &error);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let valgrind = Process::new(valgrind).args(["--tool=callgrind", "--quiet"]);
    let valgrind = valgrind
        // Not what the user prefers.
        .arg("--command-line-only=yes")
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .env("GLIBC_TUNABLES", TUNABLES)
        .arg(program);
    let output = valgrind.finish(context)?.success()?;
    let works = output.lines().filter_map(|line| line.split_once('\t'));
    let mut counts = Vec::new();
    for (dump, (name, times)) in works.enumerate() {
        let path = folder.join(format!("out.{}", dump + 1));
        counts.push((
            name.to_owned(),
            collected(&path)? as f64 / times.parse::<f64>().unwrap_or(0.0),
        ));
    }
    match counts.is_empty() {
        true => Err(Problem::Failed(format!("{output}nothing was counted"))),
        false => Ok(counts),
    }
}

/// The instructions of a dump.
fn collected(path: &PathBuf) -> Result<u64, Problem> {
    let dump = fs::read_to_string(path).map_err(|error| broken(path, &error))?;
    let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.ok_or_else(|| Problem::Failed(format!("{}: no total", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(compiler: &str, search: f64, pin: f64, other: f64) -> Counts {
        let counts = [
            (MOST[0].0, search),
            (MOST[1].0, 10.0),
            (MOST[2].0, 10.0),
            (LOOP, 6.0),
            ("pin and unpin, Fences, call 1", 20.0),
            ("pin and unpin, Fences, call 2", pin),
            ("other", other),
        ];
        let counts = counts.map(|(name, count)| (name.to_owned(), count)).into();
        Counts { compiler: compiler.into(), counts }
    }

    #[test]
    fn what_is_written_is_read() {
        let counts = counts("rustc 1", 30.25, 20.0, 7.5);
        assert_eq!(Counts::parse(&counts.text()), Some(counts));
    }

    #[test]
    fn growth_is_found() {
        let saved = counts("rustc 1", 30.0, 20.0, 100.0);
        let near = counts("rustc 1", 30.5, 20.0, 102.9);
        assert_eq!(near.grown(&saved), [""; 0]);
        let far = counts("rustc 1", 30.0, 20.0, 103.1);
        assert_eq!(far.grown(&saved), ["other: 103.10 instructions, 100.00 before"]);
        let mut fewer = counts("rustc 1", 30.0, 20.0, 100.0);
        fewer.counts.pop();
        assert!(fewer.grown(&saved)[0].contains("not counted any more"));
        assert_eq!(fewer.grown(&saved).len(), 1);
    }

    #[test]
    fn growth_is_held_against_the_compiler_of_the_saved_counts_alone() {
        let saved = counts("rustc 1", 30.0, 20.0, 100.0);
        let judge = |compiler, search, other| {
            counts(compiler, search, 20.0, other).judge(&saved).map_err(|wrong| wrong.len())
        };
        assert_eq!(judge("rustc 1", 30.0, 100.0), Ok("7 counts of rustc 1".into()));
        assert_eq!(judge("rustc 1", 30.0, 103.1), Err(1));
        let note = judge("rustc 2", 30.0, 103.1).unwrap();
        assert!(note.ends_with("1 grown since those of rustc 1"), "{note}");
        assert_eq!(judge("rustc 2", 46.5, 103.1), Err(1));
    }

    #[test]
    fn more_than_is_allowed_is_found_whatever_was_saved() {
        assert_eq!(counts("rustc 1", 46.0, 20.0, 100.0).past_limits(), [""; 0]);
        assert_eq!(counts("rustc 1", 46.5, 20.0, 100.0).past_limits().len(), 1);
        assert_eq!(counts("rustc 1", 30.0, 20.1, 100.0).past_limits().len(), 1);
    }
}

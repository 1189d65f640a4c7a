//! A command that runs to its end, or to a deadline, with its output kept for the report.

use crate::environment;
use crate::step::{Context, Note, Outcome, Problem};
use crate::workspace;
use std::ffi::OsStr;
use std::io::{IsTerminal, PipeReader, Read, Write, pipe, stdout};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a process with a deadline is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A command being put together.
pub(crate) struct Process {
    command: Command,
    deadline: Option<Duration>,
}

/// A command that has ended.
pub(crate) struct Finished {
    line: String,
    status: ExitStatus,
    /// Standard output and standard error, as they came.
    pub(crate) output: String,
}

impl Process {
    /// A program, run in the workspace root with nothing on its standard input.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(workspace::root()).stdin(Stdio::null());
        Self { command, deadline: None }
    }

    /// The cargo that runs this program: not rustup's stand-in for it, which would choose a
    /// compiler by itself.
    pub(crate) fn cargo() -> Self {
        Self::cargo_in(".")
    }

    /// That cargo in the workspace of this folder.
    pub(crate) fn cargo_in(folder: &str) -> Self {
        let cargo = Self::some_cargo(workspace::cargo()).within(folder);
        // Not where a configuration file would have it, for steps look for what they have built.
        cargo.env("CARGO_TARGET_DIR", workspace::target_dir(folder))
    }

    /// This cargo, without the settings of the user's that would change what a step means.
    pub(crate) fn some_cargo(program: impl AsRef<OsStr>) -> Self {
        let mut cargo = Self::new(program);
        for name in environment::dropped() {
            cargo = cargo.without_env(&name);
        }
        for (name, value) in environment::SET {
            cargo = cargo.env(name, value);
        }
        if environment::is_ci() {
            for (name, value) in environment::SET_IN_CI {
                cargo = cargo.env(name, value);
            }
        }
        if stdout().is_terminal() {
            cargo = cargo.env("CARGO_TERM_COLOR", "always");
        }
        cargo
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs below this folder of the workspace instead of its root.
    pub(crate) fn within(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(workspace::root().join(folder));
        self
    }

    /// Kills the process once it has run for so long; it must have no children of its own.
    pub(crate) fn at_most(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Runs it; anything but success is a failure that shows the output.
    pub(crate) fn check(self, context: Context) -> Outcome {
        self.finish(context)?.success()?;
        Ok(Note::default())
    }

    /// Runs it and gives what it wrote, whatever its exit status.
    pub(crate) fn finish(self, context: Context) -> Result<Finished, Problem> {
        self.end(context)?.map_err(Problem::Failed)
    }

    /// As [`finish`](Self::finish), with what was written until the deadline if it did not end in time.
    pub(crate) fn end(self, context: Context) -> Result<Result<Finished, String>, Problem> {
        let line = self.line();
        if context.verbose {
            println!("$ {line}");
        }
        let broken = |error| Problem::Failed(format!("$ {line}\ncould not be run: {error}"));
        let (status, output) = self.run(context.verbose).map_err(broken)?;
        Ok(match status {
            Some(status) => Ok(Finished { line, status, output }),
            None => Err(timed_out(&line, &output)),
        })
    }

    /// The command as a person would type it.
    fn line(&self) -> String {
        let program = self.command.get_program();
        let name = Path::new(program).file_name().unwrap_or(program);
        let words = std::iter::once(name).chain(self.command.get_args());
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        words.join(" ")
    }

    /// The exit status (none after the deadline) and the output.
    fn run(mut self, echo: bool) -> std::io::Result<(Option<ExitStatus>, String)> {
        let (reader, writer) = pipe()?;
        self.command.stdout(writer.try_clone()?).stderr(writer);
        let mut child = self.command.spawn()?;
        // The command holds our ends of the pipe: while they are open, the reader sees no end.
        drop(self.command);
        let output = thread::spawn(move || collect(reader, echo));
        let status = match self.deadline {
            None => Some(child.wait()?),
            Some(deadline) => wait_until(&mut child, Instant::now() + deadline)?,
        };
        let output = output.join().expect("reading a pipe does not panic")?;
        Ok((status, output))
    }
}

impl Finished {
    /// Whether it ended with status 0.
    pub(crate) fn succeeded(&self) -> bool {
        self.status.success()
    }

    /// The exit status; none where a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The output after status 0; anything else is a failure that shows the output.
    pub(crate) fn success(self) -> Result<String, Problem> {
        match self.succeeded() {
            true => Ok(self.output),
            false => Err(self.failure(&self.status.to_string())),
        }
    }

    /// A failure for this reason that shows the command and what it wrote, without reports of progress.
    pub(crate) fn failure(&self, reason: &str) -> Problem {
        let Self { line, output, .. } = self;
        Problem::Failed(format!("$ {line}\n{}{reason}", telling(output)))
    }
}

/// A line without the colours of a terminal.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let rests = parts.map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
    first.to_owned() + &rests.collect::<String>()
}

fn timed_out(line: &str, output: &str) -> String {
    format!("$ {line}\n{}killed: it did not end in time", telling(output))
}

/// The lines that tell something of a failure: those in which cargo reports progress and those of tests
/// that passed would only bury them.
fn telling(output: &str) -> String {
    let progress = ["Compiling", "Checking", "Downloading", "Downloaded", "Finished", "Fresh"];
    let tells = |line: &&str| {
        let line = &*plain(line);
        let reports = line.starts_with(' ')
            && progress.iter().any(|verb| line.trim_start().starts_with(verb));
        let passed = line.starts_with("test ") && line.trim_end().ends_with("... ok");
        !reports && !passed
    };
    output.split_inclusive('\n').filter(tells).collect()
}

/// Waits for the end of the child and kills it at the deadline.
fn wait_until(child: &mut Child, deadline: Instant) -> std::io::Result<Option<ExitStatus>> {
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(POLL);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// Reads to the end; with `echo`, everything is shown as it comes.
fn collect(mut from: PipeReader, echo: bool) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        bytes.extend_from_slice(&chunk[..read]);
        if echo {
            stdout().write_all(&chunk[..read])?;
            stdout().flush()?;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const QUIET: Context = Context { verbose: false };

    fn shell(script: &str) -> Process {
        Process::new("sh").args(["-c", script])
    }

    #[test]
    fn cargo_takes_no_flags_and_no_folder_from_elsewhere() {
        let cargo = Process::cargo_in("firmware");
        let set = |name: &str| {
            let set = cargo.command.get_envs().filter(|(known, _)| *known == name);
            set.last().and_then(|(_, value)| value.map(OsStr::to_owned))
        };
        assert_eq!(set("RUSTFLAGS").as_deref(), Some(OsStr::new("")));
        let target = workspace::target_dir("firmware");
        assert_eq!(set("CARGO_TARGET_DIR").as_deref(), Some(target.as_os_str()));
    }

    #[test]
    fn both_streams_are_kept_in_order() {
        let finished = shell("echo a; echo b >&2; echo c").finish(QUIET).unwrap();
        assert_eq!(finished.output, "a\nb\nc\n");
    }

    #[test]
    fn a_failure_shows_command_output_and_status() {
        let problem = shell("echo why; exit 3").check(QUIET).unwrap_err();
        let text = problem.to_string();
        assert!(text.starts_with("$ sh -c echo why; exit 3\nwhy\n"), "{text}");
        assert!(text.ends_with("exit status: 3"), "{text}");
    }

    #[test]
    fn a_failure_leaves_progress_out() {
        let script = "echo '   Compiling a v1.0.0'; echo 'test b ... ok'; echo 'test c ... FAILED'; \
                      echo 'Compiling is an art'; exit 101";
        let text = shell(script).check(QUIET).unwrap_err().to_string();
        let (_, output) = text.split_once("exit 101\n").unwrap();
        assert_eq!(output, "test c ... FAILED\nCompiling is an art\nexit status: 101");
    }

    #[test]
    fn progress_in_colours_is_left_out_too() {
        let progress = "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m a v1.0.0\n";
        let failure = "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: no\n";
        assert_eq!(telling(&format!("{progress}{failure}")), failure);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let problem = Process::new("/nowhere/such-program").check(QUIET);
        let text = problem.unwrap_err().to_string();
        assert!(text.contains("such-program\ncould not be run"), "{text}");
    }

    #[test]
    fn a_deadline_ends_what_does_not_end() {
        let process = Process::new("sleep").arg("600");
        let problem = process.at_most(Duration::from_millis(50)).check(QUIET);
        let text = problem.unwrap_err().to_string();
        assert!(text.contains("did not end in time"), "{text}");
    }
}

//! Originals in other languages: programs that take their turns when they are asked to.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use crate::turn::{Contender, Task, Turn, Work};

/// A program that takes turns.
pub(crate) struct Program {
    command: Vec<PathBuf>,
}

impl Program {
    /// The one in C, compiled; or why there is none.
    pub(crate) fn libmemcached() -> Result<Self, String> {
        let cc = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let folder = folder()?;
        let (source, program) =
            (folder.join("libmemcached_turns.c"), folder.join("libmemcached_turns"));
        write(&source, include_str!("libmemcached_turns.c"))?;
        let output = Command::new(&cc)
            .args(["-O2".as_ref(), "-o".as_ref(), program.as_os_str(), source.as_os_str()])
            .arg("-lmemcached")
            .output()
            .map_err(|error| format!("{}: {error} (apt-get install gcc)", cc.display()))?;
        if !output.status.success() {
            let why = first_line(&output.stderr);
            return Err(format!("{why} (apt-get install libmemcached-dev)"));
        }
        Ok(Self { command: vec![program] })
    }

    /// The one in Python, whose interpreter `PYTHON` may name; or why there is none.
    pub(crate) fn uhashring() -> Result<Self, String> {
        let python = PathBuf::from(env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
        let output = Command::new(&python)
            .args(["-c", "import uhashring"])
            .output()
            .map_err(|error| format!("{}: {error} (PYTHON names another)", python.display()))?;
        if !output.status.success() {
            let how = "pip install uhashring, and PYTHON is an interpreter that has it";
            return Err(format!("{} has no uhashring ({how})", python.display()));
        }
        let source = folder()?.join("uhashring_turns.py");
        write(&source, include_str!("uhashring_turns.py"))?;
        Ok(Self { command: vec![python, source] })
    }

    /// Starts it with this argument on this work.
    pub(crate) fn start(&self, argument: &str, work: &Work) -> io::Result<Original> {
        let (program, rest) = self.command.split_first().expect("a program");
        let mut child = Command::new(program)
            .args(rest)
            .arg(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = BufWriter::new(child.stdin.take().expect("piped"));
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        let mut original = Original { child, requests, answers, keys: work.keys.len() };
        let requests = &mut original.requests;
        writeln!(requests, "{} {} {}", work.servers.len(), work.keys.len(), work.warm)?;
        for server in &work.servers {
            writeln!(requests, "{} {}", server.ip(), server.port())?;
        }
        for key in &work.keys {
            writeln!(requests, "{key}")?;
        }
        Ok(original)
    }
}

/// The last lines of what a compiler says are of others: the first names what is missing.
fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or("it fails").to_owned()
}

/// Where the programs are: beside this one.
fn folder() -> Result<PathBuf, String> {
    let here = env::current_exe().map_err(|error| error.to_string())?;
    let folder = here.with_extension("d.programs");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A program that runs.
pub(crate) struct Original {
    child: Child,
    requests: BufWriter<ChildStdin>,
    answers: BufReader<ChildStdout>,
    keys: usize,
}

impl Original {
    fn ask(&mut self, request: &str) -> io::Result<()> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()
    }

    /// The numbers of a line of the answer.
    fn numbers<const N: usize>(&mut self) -> io::Result<[u64; N]> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        let numbers = numbers.ok().and_then(|numbers| numbers.try_into().ok());
        numbers.ok_or_else(|| io::Error::other(format!("no answer: {line:?}")))
    }
}

impl Contender for Original {
    fn owners(&mut self) -> io::Result<Vec<u32>> {
        self.ask("owners")?;
        (0..self.keys).map(|_| self.numbers().map(|[owner]| owner as u32)).collect()
    }

    fn turn(&mut self, task: Task) -> io::Result<Turn> {
        self.ask(match task {
            Task::Lookup => "lookup",
            Task::Build => "build",
        })?;
        let [time, times] = self.numbers()?;
        Ok(Turn { time: Duration::from_nanos(time), times: times as usize })
    }
}

/// It may be in the middle of anything.
impl Drop for Original {
    fn drop(&mut self) {
        // If it has ended, there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

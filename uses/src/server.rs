//! [`Server`]: one that was started on loopback, and ends with whoever holds it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take until it answers.
const READY: Duration = Duration::from_secs(20);

/// How often one is started anew, on another port, after it ended at once: somebody else may have taken its port.
const TRIES: usize = 3;

/// A program that not every machine has.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// Debian's package.
    pub package: &'static str,
}

/// A cache of values in memory.
pub const MEMCACHED: Program = Program { name: "memcached", package: "memcached" };
/// A store of values, lists and streams.
pub const REDIS: Program = Program { name: "redis-server", package: "redis-server" };
/// A web server, and a balancer of load.
pub const NGINX: Program = Program { name: "nginx", package: "nginx-light" };
/// A balancer of load.
pub const HAPROXY: Program = Program { name: "haproxy", package: "haproxy" };
/// A proxy before caches, `twemproxy`.
pub const NUTCRACKER: Program = Program { name: "nutcracker", package: "nutcracker" };
/// Ends what it runs when the thread that started it ends.
const SETPRIV: Program = Program { name: "setpriv", package: "util-linux" };

impl Program {
    /// Where it is.
    ///
    /// # Errors
    ///
    /// It is not there; the error says how to get it.
    pub fn find(self) -> Result<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Servers are where only the path of an administrator leads.
        let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
        let mut files = folders.map(|folder| folder.join(self.name));
        files.find(|file| file.is_file()).ok_or_else(|| {
            anyhow!("no {} on this machine (apt-get install {})", self.name, self.package)
        })
    }
}

/// A server that was started on loopback. It ends when this is dropped, and when the thread that started it ends,
/// however that comes about.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts a program with the arguments that `arguments` gives for a free port, and waits until it answers there.
    ///
    /// Call it from a thread that outlives the server.
    ///
    /// # Errors
    ///
    /// The program is missing, or it ends, or it does not answer; the error shows what it wrote.
    pub fn start<A: Into<OsString>>(
        program: Program,
        arguments: impl FnMut(u16) -> Result<Vec<A>>,
    ) -> Result<Self> {
        Self::start_file(program.name, &program.find()?, arguments)
    }

    /// Starts the program that runs, with the arguments that `arguments` gives for a free port, and waits until it
    /// answers there: a server that a story has of its own.
    ///
    /// Call it from a thread that outlives the server.
    ///
    /// # Errors
    ///
    /// It ends, or it does not answer; the error shows what it wrote.
    pub fn start_self<A: Into<OsString>>(
        name: &'static str,
        arguments: impl FnMut(u16) -> Result<Vec<A>>,
    ) -> Result<Self> {
        Self::start_file(name, &env::current_exe()?, arguments)
    }

    /// Starts what is in a file.
    fn start_file<A: Into<OsString>>(
        name: &'static str,
        path: &Path,
        mut arguments: impl FnMut(u16) -> Result<Vec<A>>,
    ) -> Result<Self> {
        let mut tries = 0;
        loop {
            tries += 1;
            let port = free_port()?;
            let arguments = arguments(port)?.into_iter().map(Into::into).collect();
            match Self::start_at(name, path, port, arguments) {
                Err(_) if tries < TRIES => {}
                outcome => return outcome,
            }
        }
    }

    /// Starts a program once.
    fn start_at(
        name: &'static str,
        path: &Path,
        port: u16,
        arguments: Vec<OsString>,
    ) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut log = tempfile::tempfile()?;
        let mut command = Command::new(SETPRIV.find()?);
        command.args(["--pdeathsig", "KILL", "--"]).arg(path).args(&arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        let child = command.spawn().with_context(|| format!("{}", path.display()))?;
        let mut server = Self { name, address, child };
        let what = server.ready();
        match what {
            Ok(()) => Ok(server),
            Err(error) => Err(error.context(written(&mut log)?)),
        }
    }

    /// Waits until it answers.
    fn ready(&mut self) -> Result<()> {
        let Self { name, address, .. } = *self;
        let started = Instant::now();
        while started.elapsed() < READY {
            // Who answers while it has ended is somebody else.
            let answers = TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
            if let Some(status) = self.child.try_wait()? {
                bail!("{name} on {address} ended: {status}");
            }
            if answers {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!("{name} does not answer on {address} after {} s", READY.as_secs())
    }

    /// Starts memcached with this many MiB of memory.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub fn memcached(mebibytes: u32) -> Result<Self> {
        // One that changes its user outlives us: so it stays who we are.
        let user = user()?;
        Self::start(MEMCACHED, |port| {
            let (port, memory) = (port.to_string(), mebibytes.to_string());
            let rest = ["-l", "127.0.0.1", "-U", "0", "-t", "1", "-m", &memory, "-p", &port];
            Ok([&["-u", &user][..], &rest].concat().into_iter().map(str::to_owned).collect())
        })
    }

    /// Starts redis, which keeps everything in memory. `folder` is where it would write.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub fn redis(folder: &Path) -> Result<Self> {
        let folder = folder.to_str().context("a folder whose name is not UTF-8")?;
        Self::start(REDIS, |port| {
            let port = port.to_string();
            let rest = ["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", folder];
            let arguments = [&["--bind", "127.0.0.1", "--port", &port][..], &rest].concat();
            Ok(arguments.into_iter().map(str::to_owned).collect())
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it, at once and for good, as a machine goes that loses its power.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Stops it: it keeps its connections, takes new ones, and answers none, as a machine that hangs.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn pause(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.kill().is_err() {
            eprintln!("{} on {} could not be ended", self.name, self.address);
        }
    }
}

/// A port of loopback that nobody listens on. Somebody may, by the time that it is used.
fn free_port() -> io::Result<u16> {
    free_ports(1).map(|ports| ports[0])
}

/// So many ports of loopback that nobody listens on, for what listens on more than one. Somebody may, by the time that
/// they are used.
///
/// # Errors
///
/// Those of the operating system.
pub fn free_ports(count: usize) -> io::Result<Vec<u16>> {
    let listeners = (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    // All are held at once, so that none comes twice.
    let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

/// The name of the user who runs this.
fn user() -> Result<String> {
    let id = Command::new("id").arg("-un").output().context("id -un")?;
    Ok(String::from_utf8(id.stdout)?.trim().to_owned())
}

/// The last of what a server wrote.
fn written(log: &mut File) -> io::Result<String> {
    let mut text = Vec::new();
    log.rewind()?;
    log.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(5)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let program = Program { name: "no-such-server", package: "no-such-package" };
        let error = program.find().unwrap_err().to_string();
        assert_eq!(error, "no no-such-server on this machine (apt-get install no-such-package)");
    }

    #[test]
    fn one_that_ends_shows_what_it_wrote() {
        let program = Program { name: "ls", package: "coreutils" };
        let error = Server::start(program, |_| Ok(vec!["/no/such/file"])).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("/no/such/file") && error.contains("ended: exit status"), "{error}");
    }
}

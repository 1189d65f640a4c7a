//! [`Nginx`]: a web server of one's own, backends on it that answer with their own address, and who asks for them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::server::{NGINX, Server};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An nginx that runs, with the folder that it works in.
#[derive(Debug)]
pub struct Nginx {
    /// The server, on the port that its configuration was given.
    pub server: Server,
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx, a single process, with what `http` writes into its block of that name, given its port.
    ///
    /// # Errors
    ///
    /// Those of [`Server::start`].
    pub fn start(http: impl Fn(u16) -> String) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().to_str().context("a folder whose name is not UTF-8")?;
        let server = Server::start(NGINX, |port| {
            // Where it would put what it cannot keep in memory is its owner's otherwise.
            let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|place| format!("{place}_temp_path {path}/{place};\n"))
                .concat();
            let configuration = format!(
                "daemon off; master_process off; pid {path}/nginx.pid; error_log stderr;\n\
                 events {{ worker_connections 256; }}\n\
                 http {{ access_log off;\n{places}{} }}\n",
                http(port)
            );
            let file = folder.path().join("nginx.conf");
            std::fs::write(&file, configuration)?;
            Ok(vec!["-p".into(), folder.path().to_owned(), "-c".into(), file])
        })?;
        Ok(Self { server, _folder: folder })
    }
}

/// The blocks of servers that answer on these ports, each with its own address.
#[must_use]
pub fn backends(ports: &[u16]) -> String {
    let mut blocks = String::new();
    for port in ports {
        let address = format!("127.0.0.1:{port}");
        // Text takes everything.
        let _ = writeln!(
            blocks,
            "server {{ listen {address}; location / {{ return 200 {address}; }} }}"
        );
    }
    blocks
}

/// Who answers for each of the keys, which nothing of has to be encoded: asked one after the other for `?key=KEY`.
///
/// # Errors
///
/// One has no answer, or an empty one.
pub fn answers(proxy: SocketAddr, keys: &[String]) -> Result<Vec<String>> {
    let configuration = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT));
    let agent = ureq::Agent::new_with_config(configuration.build());
    let answer = |key: &String| {
        let mut response = agent.get(format!("http://{proxy}/?key={key}")).call()?;
        let body = response.body_mut().read_to_string()?;
        ensure!(!body.is_empty(), "an empty answer for {key}");
        Ok(body)
    };
    keys.iter().map(answer).collect()
}

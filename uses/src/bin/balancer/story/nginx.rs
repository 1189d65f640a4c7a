//! [`Web`]: an nginx that takes its time, and counts.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use annulus_uses::{Server, server};
use anyhow::{Context, Result};
use hyper::header::HeaderName;
use tempfile::TempDir;

/// The header with the name of who answers.
pub(crate) const BACKEND: HeaderName = HeaderName::from_static("x-backend");

/// The header with how many requests were in flight there as this one came, with it.
pub(crate) const IN_FLIGHT: HeaderName = HeaderName::from_static("x-in-flight");

/// The path of health checks.
pub(crate) const HEALTH: &str = "/health";

/// How many bytes of an answer nginx sends at once: less than its head, and more than half of it.
const CHUNK: u32 = 150;

/// An nginx that takes its time, and counts.
pub(crate) struct Web {
    server: Server,
    folder: TempDir,
}

impl Web {
    /// Starts one that has each request in flight for so long.
    pub(crate) fn start(name: &str, takes: Duration) -> Result<Self> {
        let folder = TempDir::new()?;
        let path = folder.path().to_str().context("a folder whose name is not UTF-8")?.to_owned();
        let file = folder.path().join("nginx.conf");
        // After a chunk nginx waits for as long as the chunk takes at the limit. As the second chunk has the end of
        // the head, nothing of an answer is known before all of it is.
        let rate = u128::from(CHUNK) * 1_000 / takes.as_millis();
        fs::write(folder.path().join("healthy"), "")?;
        let server = Server::start(server::NGINX, |port| {
            let configuration = format!(
                "daemon off; master_process off; pid nginx.pid; error_log stderr;
                events {{ worker_connections 8192; }}
                http {{
                    log_format count '$status';
                    access_log answered.log count;
                    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                    keepalive_requests 1000000;
                    server {{
                        listen 127.0.0.1:{port} backlog=4096;
                        location = {HEALTH} {{ access_log off; root .; try_files /healthy =503; }}
                        location / {{
                            sendfile_max_chunk {CHUNK}; limit_rate {rate};
                            add_header {BACKEND} {name};
                            add_header {IN_FLIGHT} $connections_writing;
                            return 200 \"here you are\\n\";
                        }}
                    }}
                }}"
            );
            fs::write(&file, configuration)?;
            let file = file.to_str().context("a folder whose name is not UTF-8")?;
            Ok(["-p", &path, "-e", "stderr", "-c", file].map(str::to_owned).into())
        })?;
        Ok(Self { server, folder })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Has it pass its health checks from now on, or fail them, while it goes on to answer all else.
    pub(crate) fn set_healthy(&self, healthy: bool) -> Result<()> {
        let file = self.folder.path().join("healthy");
        if healthy {
            fs::write(file, "")?
        } else {
            fs::remove_file(file)?
        }
        Ok(())
    }

    pub(crate) fn kill(&mut self) -> Result<()> {
        Ok(self.server.kill()?)
    }

    /// How many requests it has answered with 200, by its own log.
    pub(crate) fn answered(&self) -> Result<usize> {
        let log = fs::read_to_string(self.folder.path().join("answered.log"))?;
        Ok(log.lines().filter(|&status| status == "200").count())
    }
}

/// All that were started, by name.
pub(crate) type Webs = BTreeMap<&'static str, Web>;

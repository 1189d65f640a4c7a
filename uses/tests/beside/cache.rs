//! What memcached and proxies before it are asked, in its text protocol.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};

/// A connection to memcached or to a proxy before it.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Stores a value, which is one line.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let request = format!("set {key} 0 0 {}\r\n{value}\r\n", value.len());
        self.0.get_mut().write_all(request.as_bytes())?;
        match &*self.line()? {
            "STORED" => Ok(()),
            other => bail!("{key} was not stored: {other}"),
        }
    }

    /// The value of a key, if it has one.
    pub(crate) fn get(&mut self, key: &str) -> Result<Option<String>> {
        self.0.get_mut().write_all(format!("get {key}\r\n").as_bytes())?;
        let mut value = None;
        loop {
            match self.line()? {
                end if end == "END" => return Ok(value),
                head if head.starts_with("VALUE ") => value = Some(self.line()?),
                other => bail!("{key}: {other}"),
            }
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            bail!("the connection ended");
        }
        Ok(line.trim_end().to_owned())
    }
}

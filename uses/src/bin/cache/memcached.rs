//! [`Connection`]: what a cache asks of memcached, in its text protocol.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest key that memcached takes, in bytes.
const MAX_KEY_LEN: usize = 250;

/// The longest line of an answer, in bytes: a key, and numbers.
const MAX_LINE_LEN: u64 = 2048;

/// A key that memcached takes. In its protocol a key with a space or a new line in it would be another request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'k>(&'k str);

impl<'k> Key<'k> {
    /// This text as a key.
    ///
    /// # Errors
    ///
    /// It is empty, or longer than 250 bytes, or has a space or a control character in it.
    pub(crate) fn new(text: &'k str) -> Result<Self, BadKey> {
        let plain = text.bytes().all(|byte| byte > b' ' && byte != 0x7f);
        let fits = (1..=MAX_KEY_LEN).contains(&text.len());
        if plain && fits { Ok(Self(text)) } else { Err(BadKey(text.into())) }
    }

    /// Its text.
    pub(crate) fn as_str(self) -> &'k str {
        self.0
    }
}

/// No key of memcached.
#[derive(Debug)]
pub(crate) struct BadKey(String);

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no key: 1 to {MAX_KEY_LEN} bytes, no space, no control character",
            self.0
        )
    }
}

impl std::error::Error for BadKey {}

/// A connection to one server, for one thread. After an error it is of no more use: an answer may be on its way that
/// the next request would take for its own.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Connection {
    /// Connects. It waits at most `timeout` for that, and afterwards for each read and each write.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub(crate) fn open(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, timeout)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), request: Vec::new() })
    }

    /// The value of `key`, if the server has it.
    ///
    /// # Errors
    ///
    /// The server does not answer in time, or not in the protocol.
    pub(crate) fn get(&mut self, key: Key<'_>) -> io::Result<Option<Vec<u8>>> {
        self.send(&["get ", key.as_str(), "\r\n"].map(str::as_bytes))?;
        let line = self.line()?;
        if line == "END" {
            return Ok(None);
        }
        // VALUE <key> <flags> <bytes>
        let words: Vec<&str> = line.split(' ').collect();
        let ["VALUE", of, _, length] = words[..] else { return Err(unexpected(&line)) };
        if of != key.as_str() {
            return Err(unexpected(&line));
        }
        let length: usize = length.parse().map_err(|_| unexpected(&line))?;
        let mut value = Vec::new();
        // The new line behind it too.
        (&mut self.stream).take(length as u64 + 2).read_to_end(&mut value)?;
        if value.len() != length + 2 || !value.ends_with(b"\r\n") {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        value.truncate(length);
        match self.line()?.as_str() {
            "END" => Ok(Some(value)),
            other => Err(unexpected(other)),
        }
    }

    /// Puts a value in for so many seconds, 0 for good; to memcached more than 30 days are a date, in seconds since
    /// 1970. Says whether the server took it: it refuses one that is too long, or for which it finds no memory.
    ///
    /// # Errors
    ///
    /// The server does not answer in time, or not in the protocol.
    pub(crate) fn set(&mut self, key: Key<'_>, value: &[u8], seconds: u32) -> io::Result<bool> {
        let head = format!("set {} 0 {seconds} {}\r\n", key.as_str(), value.len());
        self.send(&[head.as_bytes(), value, b"\r\n"])?;
        match self.line()?.as_str() {
            "STORED" => Ok(true),
            refused if refused.starts_with("SERVER_ERROR ") => Ok(false),
            other => Err(unexpected(other)),
        }
    }

    /// What the server has counted, of whatever is a number.
    ///
    /// # Errors
    ///
    /// The server does not answer in time, or not in the protocol.
    pub(crate) fn stats(&mut self) -> io::Result<Vec<(String, u64)>> {
        self.send(&[b"stats\r\n"])?;
        let mut counts = Vec::new();
        loop {
            let line = self.line()?;
            if line == "END" {
                return Ok(counts);
            }
            let fact = line.strip_prefix("STAT ").and_then(|fact| fact.split_once(' '));
            let (name, value) = fact.ok_or_else(|| unexpected(&line))?;
            counts.extend(value.parse().ok().map(|count| (name.to_owned(), count)));
        }
    }

    /// Sends the parts of a request in one piece.
    fn send(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        self.request.clear();
        for part in parts {
            self.request.extend_from_slice(part);
        }
        self.stream.get_mut().write_all(&self.request)
    }

    /// The next line, without its end.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        (&mut self.stream).take(MAX_LINE_LEN).read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\r\n") {
            Some(text) => Ok(String::from_utf8_lossy(text).into_owned()),
            None if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            None => Err(unexpected(&String::from_utf8_lossy(&line))),
        }
    }
}

fn unexpected(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("unexpected answer {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// What a request makes of an answer, and the request as the server got it.
    fn answered<T: Send>(
        answer: &[u8],
        request: impl FnOnce(&mut Connection) -> io::Result<T> + Send,
    ) -> (io::Result<T>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::scope(|scope| {
            let client = scope.spawn(move || {
                let mut connection = Connection::open(address, Duration::from_secs(10)).unwrap();
                request(&mut connection)
            });
            let (mut stream, _) = listener.accept().unwrap();
            let mut got = [0; 64];
            let length = stream.read(&mut got).unwrap();
            stream.write_all(answer).unwrap();
            drop(stream);
            (client.join().unwrap(), String::from_utf8_lossy(&got[..length]).into_owned())
        })
    }

    fn got(answer: &[u8]) -> Result<Option<Vec<u8>>, io::ErrorKind> {
        let (value, request) = answered(answer, |server| server.get(Key::new("k").unwrap()));
        assert_eq!(request, "get k\r\n");
        value.map_err(|error| error.kind())
    }

    #[test]
    fn a_value_may_be_anything() {
        assert_eq!(got(b"END\r\n"), Ok(None));
        assert_eq!(got(b"VALUE k 0 0\r\n\r\nEND\r\n"), Ok(Some(vec![])));
        assert_eq!(got(b"VALUE k 7 5\r\nEND\r\n\r\nEND\r\n"), Ok(Some(b"END\r\n".to_vec())));
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let (cut, wrong) = (Err(io::ErrorKind::UnexpectedEof), Err(io::ErrorKind::InvalidData));
        for answer in ["", "VALUE k 0 5\r\nab", "VALUE k 0 1\r\nabc", "VALUE k 0 1\r\na\r\n"] {
            assert_eq!(got(answer.as_bytes()), cut, "{answer:?}");
        }
        for answer in ["EN", "VALUE other 0 1\r\na\r\nEND\r\n", "VALUE k 0 x\r\n", "ERROR\r\n"] {
            assert_eq!(got(answer.as_bytes()), wrong, "{answer:?}");
        }
    }

    #[test]
    fn a_value_is_taken_or_refused() {
        let set = |answer: &str| {
            let set = |server: &mut Connection| server.set(Key::new("k").unwrap(), b"ab", 9);
            let (taken, request) = answered(answer.as_bytes(), set);
            assert_eq!(request, "set k 0 9 2\r\nab\r\n");
            taken.map_err(|error| error.kind())
        };
        assert_eq!(set("STORED\r\n"), Ok(true));
        assert_eq!(set("SERVER_ERROR object too large for cache\r\n"), Ok(false));
        assert_eq!(set("END\r\n"), Err(io::ErrorKind::InvalidData));
    }

    #[test]
    fn counts_are_those_that_are_numbers() {
        let answer = b"STAT version 1.6.18\r\nSTAT get_hits 12\r\nEND\r\n";
        let (counts, _) = answered(answer, Connection::stats);
        assert_eq!(counts.unwrap(), [("get_hits".to_owned(), 12)]);
    }

    #[test]
    fn a_key_is_one_word() {
        for bad in ["", "a b", "a\r\nflush_all", "a\u{7f}", &"x".repeat(MAX_KEY_LEN + 1)] {
            assert!(Key::new(bad).unwrap_err().to_string().contains("is no key"), "{bad:?}");
        }
        assert_eq!(Key::new(&"x".repeat(MAX_KEY_LEN)).unwrap().as_str().len(), MAX_KEY_LEN);
        assert_eq!(Key::new("größe").unwrap().as_str(), "größe");
    }
}

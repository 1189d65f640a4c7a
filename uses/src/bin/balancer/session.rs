//! [`key`]: what is the same for all requests of a session.

use std::net::SocketAddr;

use hyper::HeaderMap;
use hyper::header::COOKIE;

/// The header with the number of a session, where the client has one.
const HEADER: &str = "x-session";

/// The cookie with it, where the client is a browser.
const NAME: &str = "session";

/// What is the same for all requests of a session: what its header says, else its cookie, else the address that it
/// comes from.
#[must_use]
pub(crate) fn key(headers: &HeaderMap, peer: SocketAddr) -> String {
    let header = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let session = header.or_else(|| {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(|line| line.split(';'));
        cookies.find_map(|cookie| cookie.trim().strip_prefix(NAME)?.strip_prefix('='))
    });
    session.map_or_else(|| peer.ip().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_known_by_header_cookie_or_address() {
        let peer = SocketAddr::from(([10, 0, 0, 7], 4_000));
        let mut headers = HeaderMap::new();
        assert_eq!(key(&headers, peer), "10.0.0.7");
        headers.append(COOKIE, "theme=dark; sessions=x".parse().unwrap());
        assert_eq!(key(&headers, peer), "10.0.0.7");
        headers.append(COOKIE, "lang=en;session=42".parse().unwrap());
        assert_eq!(key(&headers, peer), "42");
        headers.insert(HEADER, "43".parse().unwrap());
        assert_eq!(key(&headers, peer), "43");
    }
}

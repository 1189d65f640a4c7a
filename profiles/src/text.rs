//! Texts of addresses, and labels that are hashed as they are written.

use core::net::SocketAddr;

use annulus::Node;

/// The identity of a server as a text. What is no text is taken for an empty one; no system has such servers.
pub(crate) fn address<N: Node + ?Sized>(node: &N) -> &str {
    core::str::from_utf8(node.identity()).unwrap_or_default()
}

/// Whether a text is one word: there is something in it, and no white space.
#[cfg(feature = "md5")]
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// The host and the port of an address, split at a final `:` with digits behind it. Brackets stay with the host.
pub(crate) fn split_port(address: &str) -> (&str, Option<&str>) {
    match address.rsplit_once(':') {
        Some((host, port)) if is_number(port) => (host, Some(port)),
        _ => (address, None),
    }
}

/// A host without the brackets that IPv6 has beside a port.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The address and the port of a server whose identity is `ip:port` or `[ip]:port`.
pub(crate) fn socket<N: Node + ?Sized>(node: &N) -> Option<SocketAddr> {
    address(node).parse().ok()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_digits_at_the_end() {
        for (text, host, port) in [
            ("10.0.0.1:80", "10.0.0.1", Some("80")),
            ("[fd00::1]:80", "[fd00::1]", Some("80")),
            ("[fd00::1]", "[fd00::1]", None),
            ("web", "web", None),
            ("web:http", "web:http", None),
            ("web:", "web:", None),
        ] {
            assert_eq!(split_port(text), (host, port), "{text}");
        }
        #[cfg(feature = "md5")]
        assert!(is_word("web:80") && !is_word("") && !is_word("web 80") && !is_word("web\t"));
        assert_eq!(without_brackets("[fd00::1]"), "fd00::1");
        assert_eq!(without_brackets("[fd00::1"), "[fd00::1");
    }
}

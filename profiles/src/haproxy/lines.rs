//! `server` lines.

use core::net::SocketAddr;
use core::str::SplitAsciiWhitespace;

use super::{Config, Haproxy, HashKey};
use crate::peer::Server;
use crate::refusal::{Parameter, Refusal, Refused};
use crate::system::System as _;
use crate::text::split_port;

/// The servers of the lines of a backend, in their order: what stands behind `server`, such as
/// `web1 10.0.0.1:80 weight 3 id 7 check`.
///
/// Servers without an id get one as HAProxy gives it: the place in the list from 1, or the next number that no line
/// states. The address is taken if it is one of IP, as `10.0.0.1:80`, `[fd00::1]:80`, `ipv4@10.0.0.1:80` or without a
/// port; names are not resolved. Parameters of no concern to a ring are passed over, those that HAProxy 2.6.12 and
/// 3.0.11 take; `disabled` among them (make the ring without such a server), and `slowstart`. Words end at white
/// space: quotes and backslashes are not read. O(length × number of servers).
///
/// # Errors
///
/// [`Refused`] with the place of the first server that HAProxy would refuse, that has a parameter unknown here, or
/// whose `hash-key` is not that of `config`, and why.
///
/// ```
/// use annulus_profiles::haproxy::{self, Config};
/// use annulus_profiles::{Refusal, Refused};
///
/// let servers = haproxy::servers(&Config::V2_6, ["a 10.0.0.1:80", "b 10.0.0.2:80 id 3", "c 10.0.0.3:80"])?;
/// assert_eq!(servers.map(|server| server.id), [Some(1), Some(3), Some(4)]);
/// let refused = haproxy::servers(&Config::V2_6, ["a 10.0.0.1:80", "b 10.0.0.2:80 weight 257"]);
/// assert_eq!(refused, Err(Refused { at: 1, refusal: Refusal::WeightAbove(256) }));
/// # Ok::<(), Refused>(())
/// ```
pub fn servers<'a, const N: usize>(
    config: &Config,
    lines: [&'a str; N],
) -> Result<[Server<'a>; N], Refused> {
    let mut servers = [Server::new("", 0); N];
    for (at, (place, line)) in servers.iter_mut().zip(lines).enumerate() {
        *place = server(*config, at as u32, line).map_err(|refusal| Refused { at, refusal })?;
    }
    // Ids that are stated come before all others.
    let stated = servers.map(|server| server.id);
    let mut next = 1;
    for (at, server) in servers.iter_mut().enumerate() {
        let refused = |refusal| Refused { at, refusal };
        match server.id {
            None => {
                while stated.contains(&Some(next)) {
                    next += 1;
                }
                server.id = Some(next);
            }
            Some(_) if stated.iter().take(at).any(|&id| id == server.id) => {
                return Err(refused(Refusal::SameId));
            }
            Some(_) => {}
        }
        next += 1;
        Haproxy::check(config, server).map_err(refused)?;
    }
    Ok(servers)
}

/// The server of one line, without an id unless the line states one.
fn server(config: Config, place: u32, line: &str) -> Result<Server<'_>, Refusal> {
    let mut words = line.split_ascii_whitespace();
    let mut server = Server::new(words.next().unwrap_or_default(), place);
    server.endpoint = endpoint(words.next().ok_or(Refusal::NotAnAddress)?);
    while let Some(word) = words.next() {
        if FLAGS.contains(&word) {
            continue;
        }
        if word == "backup" {
            return Err(Refusal::Parameter(Parameter::Backup));
        }
        let value = words.next();
        let number = || value.and_then(|value| value.parse::<u32>().ok());
        match word {
            "weight" => server.weight = number().ok_or(Refusal::Parameter(Parameter::Weight))?,
            "id" => server.id = Some(number().ok_or(Refusal::NotAnId)?),
            "hash-key" => {
                let known = HashKey::WORDS.iter().find(|(known, _)| Some(*known) == value);
                if known.is_none_or(|&(_, key)| config != Config::V3_0(key)) {
                    return Err(Refusal::Parameter(Parameter::HashKey));
                }
            }
            "source" if value.is_some() => pass_over_source(&mut words),
            _ if value.is_some() && takes_value(word) => {}
            _ => return Err(Refusal::Parameter(Parameter::Unknown)),
        }
    }
    Ok(server)
}

/// Whether a parameter that does not concern a ring has a value. The name of one has a number behind it in brackets.
fn takes_value(word: &str) -> bool {
    WITH_VALUE.contains(&word) || word.starts_with("set-proxy-v2-tlv-fmt(")
}

/// Passes over what may stand behind `source` and its address: `usesrc` and `interface`, each with a value.
fn pass_over_source(words: &mut SplitAsciiWhitespace<'_>) {
    loop {
        let mut ahead = words.clone();
        match (ahead.next(), ahead.next()) {
            (Some("usesrc" | "interface"), Some(_)) => *words = ahead,
            _ => return,
        }
    }
}

/// The IP address and the port, 0 where there is none; nothing for a name or a path.
fn endpoint(address: &str) -> Option<SocketAddr> {
    let address = ["ipv4@", "ipv6@"]
        .iter()
        .find_map(|family| address.strip_prefix(family))
        .unwrap_or(address);
    if let Ok(endpoint) = address.parse() {
        return Some(endpoint);
    }
    // HAProxy takes what stands behind the last colon for a port, unless the colon is in brackets.
    let (host, port) = match address.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => (host, None),
        None => split_port(address),
    };
    let port = port.map_or(Ok(0), str::parse);
    Some(SocketAddr::new(host.parse().ok()?, port.ok()?))
}

/// Parameters without a value that do not concern a ring: those that 2.6.12 and 3.0.11 take.
const FLAGS: [&str; 41] = [
    "agent-check",
    "allow-0rtt",
    "check",
    "check-send-proxy",
    "check-ssl",
    "check-via-socks4",
    "disabled",
    "enabled",
    "force-sslv3",
    "force-tlsv10",
    "force-tlsv11",
    "force-tlsv12",
    "force-tlsv13",
    "no-agent-check",
    "no-backup",
    "no-check",
    "no-check-send-proxy",
    "no-check-ssl",
    "no-send-proxy",
    "no-send-proxy-v2",
    "no-send-proxy-v2-ssl",
    "no-send-proxy-v2-ssl-cn",
    "no-ssl",
    "no-ssl-reuse",
    "no-sslv3",
    "no-tfo",
    "no-tls-tickets",
    "no-tlsv10",
    "no-tlsv11",
    "no-tlsv12",
    "no-tlsv13",
    "non-stick",
    "send-proxy",
    "send-proxy-v2",
    "send-proxy-v2-ssl",
    "send-proxy-v2-ssl-cn",
    "ssl",
    "ssl-reuse",
    "stick",
    "tfo",
    "tls-tickets",
];

/// Parameters with a value that do not concern a ring: those that 2.6.12 or 3.0.11 takes.
const WITH_VALUE: [&str; 61] = [
    "addr",
    "agent-addr",
    "agent-inter",
    "agent-port",
    "agent-send",
    "alpn",
    "ca-file",
    "check-alpn",
    "check-proto",
    "check-sni",
    "ciphers",
    "ciphersuites",
    "client-sigalgs",
    "cookie",
    "crl-file",
    "crt",
    "curves",
    "downinter",
    "error-limit",
    "fall",
    "fastinter",
    "guid",
    "init-addr",
    "inter",
    "log-bufsize",
    "log-proto",
    "max-reuse",
    "maxconn",
    "maxqueue",
    "minconn",
    "namespace",
    "npn",
    "observe",
    "on-error",
    "on-marked-down",
    "on-marked-up",
    "pool-conn-name",
    "pool-low-conn",
    "pool-max-conn",
    "pool-purge-delay",
    "port",
    "proto",
    "proxy-v2-options",
    "redir",
    "resolve-net",
    "resolve-opts",
    "resolve-prefer",
    "resolvers",
    "rise",
    "shard",
    "sigalgs",
    "slowstart",
    "sni",
    "socks4",
    "ssl-max-ver",
    "ssl-min-ver",
    "tcp-ut",
    "track",
    "verify",
    "verifyhost",
    "ws",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_ip() {
        for (text, expected) in [
            ("10.0.0.1:80", Some("10.0.0.1:80")),
            ("ipv4@10.0.0.1:80", Some("10.0.0.1:80")),
            ("10.0.0.1", Some("10.0.0.1:0")),
            ("[fd00::1]:80", Some("[fd00::1]:80")),
            ("[fd00::1]", Some("[fd00::1]:0")),
            ("ipv6@[fd00::1]:80", Some("[fd00::1]:80")),
            ("fd00::1:80", Some("[fd00::1]:80")),
            ("web.example:80", None),
            ("unix@/run/web", None),
            ("10.0.0.1:65536", None),
        ] {
            assert_eq!(endpoint(text), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn ids_are_the_next_that_no_line_states() {
        let ids = |lines| servers(&Config::V2_6, lines).map(|found| found.map(|s| s.id.unwrap()));
        assert_eq!(ids(["a x", "b x", "c x", "d x"]), Ok([1, 2, 3, 4]));
        assert_eq!(ids(["a x", "b x", "c x id 2", "d x id 1"]), Ok([3, 4, 2, 1]));
        assert_eq!(ids(["a x id 9", "b x", "c x id 8", "d x"]), Ok([9, 2, 8, 4]));
        let refused = Refused { at: 3, refusal: Refusal::SameId };
        assert_eq!(ids(["a x id 9", "b x", "c x", "d x id 9"]), Err(refused));
    }

    #[test]
    fn lines_are_refused_for_what_is_wrong() {
        let addr = Config::V3_0(HashKey::Addr);
        for (line, refusal) in [
            ("", Refusal::NotAnAddress),
            ("a", Refusal::NotAnAddress),
            ("a 10.0.0.1:80 weight", Refusal::Parameter(Parameter::Weight)),
            ("a 10.0.0.1:80 weight x", Refusal::Parameter(Parameter::Weight)),
            ("a 10.0.0.1:80 weight 257", Refusal::WeightAbove(256)),
            ("a 10.0.0.1:80 id 0", Refusal::NotAnId),
            ("a 10.0.0.1:80 id", Refusal::NotAnId),
            ("a 10.0.0.1:80 backup", Refusal::Parameter(Parameter::Backup)),
            ("a 10.0.0.1:80 hash-key id", Refusal::Parameter(Parameter::HashKey)),
            ("a 10.0.0.1:80 hash-key", Refusal::Parameter(Parameter::HashKey)),
            ("a 10.0.0.1:80 inter", Refusal::Parameter(Parameter::Unknown)),
            ("a 10.0.0.1:80 weigth 3", Refusal::Parameter(Parameter::Unknown)),
            // Its manual has it, and HAProxy does not.
            ("a 10.0.0.1:80 no-verifyhost", Refusal::Parameter(Parameter::Unknown)),
            ("a 10.0.0.1:80 usesrc client", Refusal::Parameter(Parameter::Unknown)),
            ("a 10.0.0.1:80 source", Refusal::Parameter(Parameter::Unknown)),
            ("a web.example:80", Refusal::NotAnEndpoint),
        ] {
            assert_eq!(servers(&addr, [line]), Err(Refused { at: 0, refusal }), "{line}");
        }
        let [server] =
            servers(&addr, ["a 10.0.0.1:80 check inter 2s hash-key addr weight 0 ssl"]).unwrap();
        assert_eq!((server.address, server.weight, server.id), ("a", 0, Some(1)));
        for passed in [
            "source 10.0.0.9 usesrc clientip interface eth0",
            "source 10.0.0.9:1024-2048",
            "set-proxy-v2-tlv-fmt(0x20) %[ssl_fc_sni]",
            "guid a-b ws h1 ssl-min-ver TLSv1.2 no-sslv3",
        ] {
            let line = std::format!("a 10.0.0.1:80 {passed} weight 7");
            assert_eq!(servers(&addr, [&line]).map(|[server]| server.weight), Ok(7), "{passed}");
        }
    }
}

//! Hosts and their tokens.

use super::Cassandra;
use crate::peer::Server;
use crate::refusal::{Refusal, Refused};
use crate::system::System as _;

/// The hosts of these names, data centres, racks and tokens. O(length).
///
/// All have equally many tokens here. Hosts that differ in that are made one by one: [`Server::with_tokens`].
///
/// # Errors
///
/// [`Refused`] with the place of the first that no cluster has, and why: without a name, or without tokens.
///
/// ```
/// use annulus_profiles::{Refusal, Refused, cassandra};
///
/// let hosts = cassandra::servers([("h0", "dc1", "r1", &[-3, 5]), ("h1", "dc1", "r2", &[7, 9])])?;
/// assert_eq!((hosts[1].address, hosts[1].tokens), ("h1", &[7, 9][..]));
/// let refused = cassandra::servers([("h0", "dc1", "r1", &[])]);
/// assert_eq!(refused, Err(Refused { at: 0, refusal: Refusal::NoTokens }));
/// # Ok::<(), Refused>(())
/// ```
pub fn servers<'a, const N: usize, const TOKENS: usize>(
    hosts: [(&'a str, &'a str, &'a str, &'a [i64; TOKENS]); N],
) -> Result<[Server<'a>; N], Refused> {
    let mut servers = [Server::new("", 0); N];
    for (at, (server, host)) in servers.iter_mut().zip(hosts).enumerate() {
        let (name, data_center, rack, tokens) = host;
        *server = Server::new(name, at as u32).with_tokens(tokens, data_center, rack);
        Cassandra::check(&(), server).map_err(|refusal| Refused { at, refusal })?;
    }
    Ok(servers)
}

/// The tokens of a text, as `initial_token` of `cassandra.yaml` has them: integers with a sign, joined by commas.
///
/// The iterator yields [`Refusal::NotAToken`] in place of what is none. O(length).
///
/// ```
/// use annulus_profiles::{Refusal, cassandra};
///
/// let found: Result<Vec<i64>, Refusal> = cassandra::tokens("-9223372036854775808, 0,7").collect();
/// assert_eq!(found, Ok(vec![i64::MIN, 0, 7]));
/// let found: Result<Vec<i64>, Refusal> = cassandra::tokens("1,,2").collect();
/// assert_eq!(found, Err(Refusal::NotAToken));
/// ```
pub fn tokens(text: &str) -> impl Iterator<Item = Result<i64, Refusal>> + Clone {
    text.split(',').map(|token| token.trim().parse().map_err(|_| Refusal::NotAToken))
}

//! Servers out of a list, each at its place.

use crate::peer::Server;
use crate::refusal::{Refusal, Refused};

/// What `read` makes of each entry and its place in the list. O(length).
pub(crate) fn servers<'a, T, const N: usize>(
    entries: [T; N],
    read: impl Fn(u32, T) -> Result<Server<'a>, Refusal>,
) -> Result<[Server<'a>; N], Refused> {
    let mut servers = [Server::new("", 0); N];
    for (at, (server, entry)) in servers.iter_mut().zip(entries).enumerate() {
        *server = read(at as u32, entry).map_err(|refusal| Refused { at, refusal })?;
    }
    Ok(servers)
}

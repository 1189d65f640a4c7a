//! What the measurements share: the rings, keys and peers that they all work on, the rounds in which times
//! are taken, and the page that shows them.

pub mod page;
#[cfg(feature = "peers")]
pub mod peers;
pub mod rounds;
pub mod workload;

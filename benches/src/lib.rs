//! What the measurements share: the rings, keys and peers that they all work on, and the rounds in
//! which times are taken.

#[cfg(feature = "peers")]
pub mod peers;
pub mod rounds;
pub mod workload;

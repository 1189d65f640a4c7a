//! The hash layer: bytes to 64-bit hashes, and a node's seed to its stream of points.
//!
//! Pure functions of bytes and integers alone, so that every word size and byte order gives the
//! same hashes. `const` where a ring built at compile time needs them.

mod fx;
mod key;
mod probe;
mod references;
pub(crate) mod splitmix;
mod tagged;
pub(crate) mod xxh3;
mod xxh3_compact;

pub use fx::{Fx32, Fx64};
pub use key::{KeyHash, SipHash13, Xxh3};
pub(crate) use probe::PROBES;
pub use probe::{Probe, ProbeKey};
pub use tagged::Tagged;

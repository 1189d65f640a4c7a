//! The point layer: positions on the circle, arcs between them, and where a node's points lie.

mod arc;
mod placement;
mod position;
mod window;

pub use arc::Arc;
pub(crate) use placement::native_point;
pub use placement::{Native, Placement};
pub use position::Position;
pub(crate) use position::{Record, sealed};
pub(crate) use window::Window;

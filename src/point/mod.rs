//! The point layer: positions on the circle, ranges between them, where a node's points lie and how
//! many it has.

mod counts;
mod key_range;
mod placement;
mod position;
mod window;

pub use counts::{Config, Counts, PerWeight};
pub use key_range::KeyRange;
pub(crate) use placement::native_point;
pub use placement::{ByIdentity, Native, Placement, PointsOf};
pub use position::Position;
pub(crate) use position::{PackedPoint, sealed};
pub(crate) use window::Window;

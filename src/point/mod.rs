//! The point layer: positions on the circle, ranges between them, where a node's points lie, how many it
//! has, and how many while it comes in.

mod counts;
mod key_range;
mod placement;
mod position;
mod ramp;
mod window;

pub use counts::{Config, Counts, PerWeight};
pub use key_range::KeyRange;
pub(crate) use placement::native_point;
pub use placement::{ByIdentity, Native, Placement, PointsOf};
pub use position::Position;
pub(crate) use position::{PackedPoint, sealed};
pub use ramp::{Curve, Ramp, RampStep, RampSteps};
pub(crate) use window::Window;

//! The placement of `annulus` among those of other systems.

use annulus::Native;

use crate::peer::Peer;
use crate::refusal::Refusal;
use crate::system::{Down, System};

impl<N: Peer> System<N> for Native {
    type Strategy<'t> = ();
    const DOWN: Down = Down::WalkedPast;

    fn check(_: &u32, _: &N) -> Result<(), Refusal> {
        Ok(())
    }
}

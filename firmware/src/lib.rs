//! What the programs share: how they end, the clock that counts instructions and interrupts, and
//! where an interrupt came.
//!
//! The programs are for a bare core. `golden` runs on a host too, and all of them are checked by a
//! host's compiler.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

pub mod clock;
mod end;
pub mod plan;

pub use end::finish;

//! A `no_std`, fixed-capacity, lock-free consistent-hash ring with wait-free lookups.
#![no_std]

#[cfg(feature = "std")]
extern crate std;

pub mod publish;
mod sync;

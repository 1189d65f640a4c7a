//! Where an interrupt came: the address of the instruction that it kept from running.

#![allow(unsafe_code, reason = "the address lies in the frame that the core puts on the stack")]

use core::sync::atomic::{AtomicU32, Ordering};

/// The address that the timer's last interrupt came at.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static PREEMPTED_AT: AtomicU32 = AtomicU32::new(0);

/// The instruction that the timer's last interrupt kept from running, as an address in flash.
///
/// There is no other `SysTick` handler: what is to be done is done in that of `PendSV`. The timer's
/// interrupt notes the address, stops the timer, and pends that, which follows before the program goes
/// on.
pub(crate) fn preempted_at() -> u32 {
    PREEMPTED_AT.load(Ordering::Relaxed)
}

// SAFETY: the handler touches r0 and r1, which the core has saved, and the stack pointer is that of
// the frame: main stack, nothing pushed since. The seventh word of the frame is the address.
#[cfg(target_os = "none")]
core::arch::global_asm!(
    ".section .text.SysTick,\"ax\",%progbits",
    ".global SysTick",
    ".type SysTick,%function",
    ".thumb_func",
    "SysTick:",
    "    mov r0, sp",
    "    ldr r0, [r0, #24]",
    "    ldr r1, =PREEMPTED_AT",
    "    str r0, [r1]",
    // Stops the timer by its control and status register.
    "    ldr r0, =0xe000e010",
    "    movs r1, #0",
    "    str r1, [r0]",
    // Bit 28 of the interrupt control and state register pends `PendSV`.
    "    ldr r0, =0xe000ed04",
    "    movs r1, #1",
    "    lsls r1, r1, #28",
    "    str r1, [r0]",
    "    bx lr",
    ".pool",
    ".size SysTick, . - SysTick",
);

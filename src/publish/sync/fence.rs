//! The full fence in its cheapest form.

/// Orders every earlier access before every later one, a store before a load included.
///
/// This is `fence(SeqCst)`, lowered by hand where the compiler's choice is slow: on x86-64 a locked
/// read-modify-write of the top of the stack is as full a barrier as `mfence` (Intel's manual,
/// volume 3, "Locked Instructions Have a Total Order") and costs about half of it.
#[inline(always)]
pub(crate) fn full_fence() {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the instruction changes no memory, since it ors zero into a word of this thread's own
    // stack, and no register but the flags. Without `nomem` the compiler moves no access across it.
    // It pushes nothing (`nostack`).
    unsafe {
        core::arch::asm!("lock or dword ptr [rsp], 0", options(nostack));
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
}

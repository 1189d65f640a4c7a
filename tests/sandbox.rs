//! A sandbox that is entered after the kernel's barrier was chosen: what was published before stays whole, and what
//! is made afterwards does without.
//!
//! A filter of system calls holds for the thread that installs it, and a test has a thread of its own.
#![cfg(all(feature = "std", target_os = "linux", not(miri)))]
#![allow(unsafe_code)]

use std::io;

use annulus::publish::{Barrier, Published, UpdateError, Writer};

/// From now on the kernel answers `membarrier` in this thread with this error.
fn refuse_membarrier(error: i32) -> io::Result<()> {
    let statement = |code, k| libc::sock_filter { code, jt: 0, jf: 0, k };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let number = u32::try_from(libc::SYS_membarrier).expect("a number of a system call");
    let errno = u32::try_from(error).expect("an error number");
    let mut program = [
        // The number of the call comes first in what a filter sees.
        statement(load as u16, 0),
        libc::sock_filter { code: equal as u16, jt: 0, jf: 1, k: number },
        statement(libc::BPF_RET as u16, libc::SECCOMP_RET_ERRNO | errno),
        statement(libc::BPF_RET as u16, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: 4, filter: program.as_mut_ptr() };
    // SAFETY: both calls change this thread alone; the program outlives the second.
    let installed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    };
    if installed { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn bump<const R: usize, const B: usize>(
    writer: &mut Writer<'_, u64, R, B>,
) -> Result<(), UpdateError<()>> {
    writer.update(|old, new| {
        *new = *old + 1;
        Ok(())
    })
}

fn entered_later(error: i32) {
    let mut before = Published::<u64, 1, 3>::new([0; 3]);
    if before.barrier() != Barrier::Membarrier {
        println!("skipped: no membarrier here");
        return;
    }
    let (mut writer, [mut reader]) = before.split();
    assert_eq!(bump(&mut writer), Ok(()));
    if let Err(refused) = refuse_membarrier(error) {
        println!("skipped: no filters here ({refused})");
        return;
    }

    // Its readers have no fence, so without the barrier no slot can be believed.
    while bump(&mut writer).is_ok() {}
    assert_eq!(bump(&mut writer), Err(UpdateError::Busy));
    assert_eq!((*reader.pin(), *writer.current()), (2, 2));
    drop((writer, reader));

    // Whoever has it alone settles the barrier anew.
    let (mut writer, [mut reader]) = before.split();
    (0..10).for_each(|_| assert_eq!(bump(&mut writer), Ok(())));
    assert_eq!(*reader.pin(), 12);
    drop((writer, reader));
    assert_eq!(before.barrier(), Barrier::Fences);

    let after = Published::<u64, 1, 3>::new([0; 3]);
    assert_eq!(after.barrier(), Barrier::Fences);
    let (mut writer, mut reader) = (after.writer().unwrap(), after.reader().unwrap());
    (0..10).for_each(|_| assert_eq!(bump(&mut writer), Ok(())));
    assert_eq!(*reader.pin(), 10);
}

#[test]
fn a_sandbox_that_says_not_permitted() {
    entered_later(libc::EPERM);
}

#[test]
fn a_sandbox_that_says_no_such_call() {
    entered_later(libc::ENOSYS);
}

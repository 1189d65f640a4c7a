//! The kernel's barrier: one thread has every running thread of the process execute a full fence.

#[cfg(all(feature = "std", target_os = "linux", not(miri)))]
mod imp {
    use rustix::io::Errno;
    use rustix::thread::{MembarrierCommand, membarrier};

    pub(crate) fn run() -> bool {
        run_by(membarrier)
    }

    /// Has `kernel` run the barrier. The kernel answers `PERM` to a process that is not registered:
    /// before its first barrier, and after it was frozen and restored.
    fn run_by(mut kernel: impl FnMut(MembarrierCommand) -> Result<(), Errno>) -> bool {
        match kernel(MembarrierCommand::PrivateExpedited) {
            Ok(()) => true,
            Err(Errno::PERM) => {
                kernel(MembarrierCommand::RegisterPrivateExpedited).is_ok()
                    && kernel(MembarrierCommand::PrivateExpedited).is_ok()
            }
            Err(_) => false,
        }
    }

    #[cfg(test)]
    mod tests {
        use super::{Errno, MembarrierCommand, run_by};
        use std::vec::Vec;

        /// Whether the barrier ran, and the commands given, with a kernel that does not know the
        /// process, registers it when asked, and refuses some commands.
        fn asked(refused: &[MembarrierCommand], with: Errno) -> (bool, Vec<MembarrierCommand>) {
            let (mut commands, mut registered) = (Vec::new(), false);
            let ran = run_by(|command| {
                commands.push(command);
                let known = registered;
                registered |= command == MembarrierCommand::RegisterPrivateExpedited;
                match command {
                    _ if refused.contains(&command) => Err(with),
                    MembarrierCommand::PrivateExpedited if !known => Err(Errno::PERM),
                    _ => Ok(()),
                }
            });
            (ran, commands)
        }

        const RUN: MembarrierCommand = MembarrierCommand::PrivateExpedited;
        const REGISTER: MembarrierCommand = MembarrierCommand::RegisterPrivateExpedited;

        #[test]
        fn a_process_that_is_not_registered_is_registered_once() {
            assert_eq!(asked(&[], Errno::PERM), (true, [RUN, REGISTER, RUN].into()));
        }

        #[test]
        fn a_kernel_that_refuses_is_not_asked_for_ever() {
            assert_eq!(asked(&[RUN, REGISTER], Errno::PERM), (false, [RUN, REGISTER].into()));
            assert_eq!(asked(&[RUN], Errno::PERM), (false, [RUN, REGISTER, RUN].into()));
            assert_eq!(asked(&[RUN], Errno::NOSYS), (false, [RUN].into()));
        }
    }
}

#[cfg(not(all(feature = "std", target_os = "linux", not(miri))))]
mod imp {
    pub(crate) fn run() -> bool {
        false
    }
}

/// Returns once every thread of this process has executed a full fence since the call; `false` if
/// the kernel refused, in which case nothing is ordered.
///
/// Registers the process with the kernel first if it has to be.
pub(crate) fn run() -> bool {
    imp::run()
}

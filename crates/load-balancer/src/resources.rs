//! The resources of this process: descriptors, ports, memory. A lack of them is no server's fault.

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io;

/// Descriptors for everything beside connections: health checks, the admin interface, files.
const PASSING: u64 = 512;
/// Descriptors that the process has for good: standard streams, the admin socket, runtimes, logs.
const LASTING: u64 = 24;
/// Descriptors of a worker that it has for good: two listening sockets, its runtime's.
const LASTING_OF_WORKER: u64 = 6;

/// Whether a system call (connect(2), socket(2)) failed because this process, or this machine, has run out of a
/// resource. The other end has had no part in that.
pub(crate) fn is_exhausted(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error().map(Errno::from_raw),
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM | Errno::EADDRNOTAVAIL)
    )
}

/// Raises the limit on open files as far as the system allows. Gives how many of the `wanted` client connections the
/// limit allows; each may need a connection to a server, too.
pub(crate) fn allow(wanted: usize, workers: usize) -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let limit = if setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() { hard } else { soft };
    let allowed = connections(limit, workers).min(wanted);
    if allowed < wanted {
        tracing::warn!(
            max_connections = allowed,
            configured = wanted,
            open_files = limit,
            "listen.max_connections is lowered to what the limit on open files allows"
        );
    }
    allowed
}

/// How many client connections fit the limit on open files, each with a connection to a server; at least one.
fn connections(limit: u64, workers: usize) -> usize {
    let lasting = LASTING + LASTING_OF_WORKER * workers as u64;
    let left = limit.saturating_sub(lasting);
    let left = left - PASSING.min(left / 4);
    usize::try_from(left / 2).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_this_process_own_want() {
        use Errno::*;
        for errno in [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL] {
            assert!(is_exhausted(&errno.into()), "{errno}");
        }
        for errno in [ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EPIPE, EACCES] {
            assert!(!is_exhausted(&errno.into()), "{errno}");
        }
        assert!(!is_exhausted(&io::ErrorKind::AddrNotAvailable.into()), "the system did not say so");
    }

    #[test]
    fn connections_that_a_limit_allows() {
        for (limit, workers, expected) in
            [(1_048_576, 2, 524_014), (1024, 2, 370), (1024, 16, 339), (256, 2, 82), (100, 2, 24), (20, 2, 1)]
        {
            assert_eq!(connections(limit, workers), expected, "{limit}");
        }
    }
}

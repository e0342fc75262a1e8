//! The process's limit on open files, which is one on connections.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors that are not connections: sockets that listen, runtimes, logs, checks.
const OTHERS: u64 = 512;

/// Raises the limit as far as the system lets us, and warns when that is not enough for so many client
/// connections with an upstream connection each.
pub(crate) fn allow(connections: usize) {
    let needed = 2 * connections as u64 + OTHERS;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let limit = needed.min(hard).max(soft);
    let reached = if setrlimit(Resource::RLIMIT_NOFILE, limit, hard).is_ok() { limit } else { soft };
    if reached < needed {
        tracing::warn!(limit = reached, needed, "the limit on open files is low for listen.max_connections");
    }
}

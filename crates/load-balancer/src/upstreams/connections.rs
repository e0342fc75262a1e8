//! The idle upstream connections of one worker.

use crate::upstreams::UpstreamConnection;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Idle connections by [`crate::pool::Server::id`]. Each list is ordered by age. The youngest connection is used first,
/// so that unneeded ones grow old and are closed.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    idle: RefCell<HashMap<u64, Idle, BuildHasherDefault<IdHasher>>>,
}

#[derive(Debug, Default)]
struct Idle {
    /// How long a connection may be idle, by the pool's latest settings.
    keep_for: Duration,
    connections: Vec<UpstreamConnection>,
}

impl Connections {
    /// An idle connection to the server at this address; `surely` asks the operating system whether it is still open.
    #[inline]
    pub(crate) fn take(&self, server: u64, address: SocketAddr, surely: bool) -> Option<UpstreamConnection> {
        let mut idle = self.idle.borrow_mut();
        let connections = &mut idle.get_mut(&server)?.connections;
        loop {
            let connection = connections.pop()?;
            let leads_there = connection.address == address;
            if leads_there && connection.seems_alive() && (!surely || connection.is_alive()) {
                return Some(connection);
            }
        }
    }

    /// Puts a connection aside, unless `most` are there already.
    pub(crate) fn put(
        &self,
        server: u64,
        mut connection: UpstreamConnection,
        most: usize,
        keep_for: Duration,
        now: Instant,
    ) {
        let mut idle = self.idle.borrow_mut();
        let server = idle.entry(server).or_default();
        server.keep_for = keep_for;
        if server.connections.len() < most {
            (connection.reused, connection.idle_since) = (true, now);
            server.connections.push(connection);
        }
    }

    /// Closes connections that have been idle for too long or were closed by their server.
    pub(crate) fn sweep(&self, now: Instant) {
        self.idle.borrow_mut().retain(|_, server| {
            let oldest = now.checked_sub(server.keep_for);
            let fresh =
                |connection: &UpstreamConnection| oldest.is_none_or(|oldest| connection.idle_since > oldest);
            server.connections.retain(|connection| fresh(connection) && connection.seems_alive());
            !server.connections.is_empty()
        });
    }
}

/// A hash of server ids. Ids are small numbers that never repeat, so an id is its own hash, spread over all bits.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

use std::{
    io::{self, Read},
    net::TcpStream,
};

use super::Shared;

/// A stream of log lines (syslog over TCP), of which only the ends of lines matter.
pub(super) struct Sink {
    stream: TcpStream,
}

impl Sink {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream }
    }

    /// Reads what is there; `false` once the stream has ended.
    pub(super) fn progress(&mut self, shared: &mut Shared) -> bool {
        match self.stream.read(&mut shared.scratch) {
            Ok(0) => false,
            Ok(len) => {
                shared.counters.log_lines +=
                    memchr::memchr_iter(b'\n', &shared.scratch[..len]).count() as u64;
                true
            }
            Err(error) => matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }
}

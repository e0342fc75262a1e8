//! Finds out whether a silent client is still there (PING).

use crate::downstream::http2::metered::Meter;
use crate::runtime::Timer;
use h2::{Ping, PingPong};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// How long a client is silent before it gets a PING.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a client may take to answer a PING.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pings of one connection.
#[derive(Debug)]
pub(super) struct Pulse {
    ping: Option<PingPong>,
    asked: Option<Question>,
}

/// A PING that is not answered yet.
#[derive(Debug, Clone, Copy)]
struct Question {
    until: Instant,
    /// How often bytes had come from the client when the PING was sent.
    reads: u64,
}

impl Pulse {
    pub(super) fn new(ping: Option<PingPong>) -> Self {
        Self { ping, asked: None }
    }

    /// Ready once the client is taken for gone.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>, timer: &Timer, meter: &Meter) -> Poll<()> {
        // Whatever has come since is a sign of life.
        self.asked = self.asked.filter(|asked| asked.reads == meter.reads());
        let silent = self.asked.is_none() && timer.poll_until(cx, meter.last_read() + SILENCE).is_ready();
        if silent {
            self.ask(cx);
            self.asked = Some(Question { until: timer.now() + PATIENCE, reads: meter.reads() });
        }
        self.asked.map_or(Poll::Pending, |asked| timer.poll_until(cx, asked.until))
    }

    fn ask(&mut self, cx: &mut Context<'_>) {
        if let Some(ping) = &mut self.ping {
            // The answer to the last question makes way for this one. While there is none yet, that question stays.
            let _ = ping.poll_pong(cx);
            let _ = ping.send_ping(Ping::opaque());
        }
    }
}

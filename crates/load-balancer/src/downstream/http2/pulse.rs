//! Whether a silent client is still there.

use crate::downstream::http2::metered::Meter;
use crate::runtime::Timer;
use h2::{Ping, PingPong};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A client that has been silent for so long is asked.
const SILENCE: Duration = Duration::from_secs(30);
/// And has so long to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks a silent client for a sign of life.
#[derive(Debug)]
pub(super) struct Pulse {
    ping: Option<PingPong>,
    asked: Option<Question>,
}

/// An open question.
#[derive(Debug, Clone, Copy)]
struct Question {
    until: Instant,
    /// How often the client had been heard of when it was asked.
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

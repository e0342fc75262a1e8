//! Shared want: a server lacks something that all servers of its pool share, such as their database.
//!
//! Either all servers lack it, and asking another is of no use. Or one server alone is cut off, and any other serves.
//! The servers' latest words tell the two cases apart.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Server;

/// How long a server's word counts. It costs a request to hear it again.
const LATELY: Duration = Duration::from_secs(2);

/// When the server last said that it lacks what all share.
#[derive(Debug, Default)]
pub(super) struct SharedWant(Mutex<Option<Instant>>);

impl Server {
    /// Notes an answer that says so.
    pub fn lacks_what_is_shared(&self, now: Instant) {
        *self.shared_want.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Whether the server has said so lately.
    pub fn has_lately_lacked_what_is_shared(&self, now: Instant) -> bool {
        let said = *self.shared_want.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.is_some_and(|said| now.saturating_duration_since(said) < LATELY)
    }

    /// Puts out a server that lacks what others have; otherwise it would draw all requests by refusing them at once. A
    /// good check brings it back. `true` when it was up.
    pub fn eject_as_cut_off(&self) -> bool {
        self.eject()
    }
}

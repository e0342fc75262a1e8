//! What a log-in changes.

use super::batch::{Batch, values};
use super::{guesses, sessions};
use crate::domain::Timestamp;
use crate::store::LogIn;

pub(super) fn add(batch: &mut Batch, log_in: &LogIn, at: Timestamp) {
    let session = &log_in.session;
    if let Some(rehash) = &log_in.rehash {
        batch.add(
            "UPDATE dbo.users SET password_hash = ?, updated_at = ? WHERE id = ? AND password_hash = ?",
            values![rehash.new.as_phc(), at, session.user_id, rehash.old.as_phc()],
        );
    }
    if let Some(key) = log_in.forgiven {
        guesses::forgive(batch, key);
    }
    sessions::start(batch, session, at);
}

//! The changes of a log-in.

use uuid::Uuid;

use super::batch::{Batch, Value, values};
use super::stale::OR_STALE;
use super::{guesses, remembered, sessions};
use crate::domain::{PasswordHash, Timestamp};
use crate::store::{LogIn, SeenAccount};

pub(super) fn add(batch: &mut Batch, log_in: &LogIn, at: Timestamp) {
    let session = &log_in.session;
    lock_as_seen(batch, session.user_id, &log_in.seen, log_in.rehash.as_ref(), at);
    if let Some(key) = log_in.forgiven {
        guesses::forgive(batch, key);
    }
    if let Some(device) = log_in.remembered {
        remembered::use_it(batch, session, device, at);
    }
    sessions::start(batch, session, at);
}

/// Ends the batch where the account is not as it was read. Sets the hash `rehash`, where there is one.
pub(super) fn lock_as_seen(
    batch: &mut Batch,
    user_id: Uuid,
    seen: &SeenAccount,
    rehash: Option<&PasswordHash>,
    at: Timestamp,
) {
    let (set, mut values) = match rehash {
        Some(new) => ("password_hash = ?, updated_at = ?", values![new.as_phc(), at]),
        // Changes nothing, and waits for whoever changes the account.
        None => ("updated_at = updated_at", Vec::new()),
    };
    values.push(user_id.into());
    let mut lock = format!("UPDATE dbo.users SET {set} WHERE id = ? AND suspended_at IS NULL");
    as_seen(&mut lock, &mut values, seen);
    batch.add(&lock, values);
    batch.add(OR_STALE, values![]);
}

/// Adds the conditions that the account must still meet.
fn as_seen(statement: &mut String, values: &mut Vec<Value>, seen: &SeenAccount) {
    match seen.closing_at {
        Some(closing_at) => {
            statement.push_str(" AND closing_at = ?");
            values.push(closing_at.into());
        }
        None => statement.push_str(" AND closing_at IS NULL"),
    }
    if let Some(hash) = &seen.password_hash {
        statement.push_str(" AND password_hash = ?");
        values.push(hash.as_phc().into());
    }
}

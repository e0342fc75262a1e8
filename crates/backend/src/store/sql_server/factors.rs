//! Changes and uses of second factors, as SQL.

use uuid::Uuid;

use super::batch::{Batch, values};
use super::stale::OR_STALE;
use super::{guesses, log_in, remembered};
use crate::domain::second_factor::{FactorUse, RecoveryCodeHash};
use crate::domain::{AuthLevel, Timestamp};
use crate::store::{FactorChange, FactorLogIn, RightPassword, StepUp};

/// A statement that locks the account's row, so that changes of one account's factors wait for each other.
const LOCK_ACCOUNT: &str = "UPDATE dbo.users SET updated_at = ? WHERE id = ?";

/// A statement without a row where no second factor is on.
const IS_ON: &str =
    "UPDATE dbo.totp_factors SET last_step = last_step WHERE user_id = ? AND is_confirmed = 1";

/// Adds the change.
pub(super) fn add(batch: &mut Batch, change: &FactorChange, at: Timestamp) {
    match change {
        FactorChange::Enrol { factor_id, user_id, secret } => {
            lock(batch, *user_id, at);
            batch.add(
                "DELETE FROM dbo.totp_factors WHERE user_id = ? AND is_confirmed = 0",
                values![*user_id],
            );
            batch.add(
                "INSERT INTO dbo.totp_factors (id, user_id, kid, secret, created_at) VALUES (?, ?, ?, ?, ?)",
                values![*factor_id, *user_id, secret.kid.as_str(), secret.sealed.as_slice(), at],
            );
        }
        FactorChange::Confirm { factor_id, user_id, session_id, step, codes } => {
            lock(batch, *user_id, at);
            confirm(batch, (*factor_id, *user_id), *step, at);
            replace_codes(batch, *user_id, codes, at);
            remembered::forget(batch, *user_id);
            lift(batch, *session_id, AuthLevel::Two, at);
        }
        FactorChange::Remove { user_id } => {
            lock(batch, *user_id, at);
            batch.add(IS_ON, values![*user_id]);
            batch.add(OR_STALE, values![]);
            remove_all(batch, *user_id);
        }
        FactorChange::RenewCodes { user_id, codes } => {
            lock(batch, *user_id, at);
            batch.add(IS_ON, values![*user_id]);
            batch.add(OR_STALE, values![]);
            replace_codes(batch, *user_id, codes, at);
        }
        FactorChange::ForgetDevices { user_id } => remembered::forget(batch, *user_id),
        FactorChange::ForgetDevice { user_id, device_id } => {
            remembered::forget_one(batch, *user_id, *device_id, at);
        }
        FactorChange::Ask(asked) => ask(batch, asked, at),
        FactorChange::LogIn(log_in) => with_factor(batch, log_in, at),
        FactorChange::StepUp(StepUp { session_id, level, used, refunded }) => {
            if let Some(used) = used {
                use_up(batch, *used, at);
            }
            guesses::refund(batch, refunded);
            lift(batch, *session_id, *level, at);
        }
        FactorChange::Reseal { factor_id, seen, secret } => batch.add(
            "UPDATE dbo.totp_factors SET kid = ?, secret = ? WHERE id = ? AND kid = ? AND secret = ?",
            values![
                secret.kid.as_str(),
                secret.sealed.as_slice(),
                *factor_id,
                seen.kid.as_str(),
                seen.sealed.as_slice(),
            ],
        ),
    }
}

fn lock(batch: &mut Batch, user_id: Uuid, at: Timestamp) {
    batch.add(LOCK_ACCOUNT, values![at, user_id]);
    batch.add(OR_STALE, values![]);
}

fn confirm(batch: &mut Batch, (factor_id, user_id): (Uuid, Uuid), step: i64, at: Timestamp) {
    batch.add("DELETE FROM dbo.totp_factors WHERE user_id = ? AND is_confirmed = 1", values![user_id]);
    batch.add(
        "UPDATE dbo.totp_factors SET is_confirmed = 1, confirmed_at = ?, last_step = ?
         WHERE id = ? AND user_id = ? AND is_confirmed = 0",
        values![at, step, factor_id, user_id],
    );
    batch.add(OR_STALE, values![]);
}

/// Deletes everything of a person's second factors.
pub(super) fn remove_all(batch: &mut Batch, user_id: Uuid) {
    batch.add("DELETE FROM dbo.totp_factors WHERE user_id = ?", values![user_id]);
    batch.add("DELETE FROM dbo.recovery_codes WHERE user_id = ?", values![user_id]);
    remembered::forget(batch, user_id);
}

fn replace_codes(batch: &mut Batch, user_id: Uuid, codes: &[RecoveryCodeHash], at: Timestamp) {
    batch.add("DELETE FROM dbo.recovery_codes WHERE user_id = ?", values![user_id]);
    for code in codes {
        batch.add(
            "INSERT INTO dbo.recovery_codes (code_hash, user_id, created_at) VALUES (?, ?, ?)",
            values![code.0, user_id, at],
        );
    }
}

fn ask(batch: &mut Batch, asked: &RightPassword, at: Timestamp) {
    let RightPassword { user_id, seen, rehash, forgiven } = asked;
    log_in::lock_as_seen(batch, *user_id, seen, rehash.as_ref(), at);
    if let Some(key) = forgiven {
        guesses::forgive(batch, *key);
    }
}

/// Locks the account's row before a change of factors.
fn with_factor(
    batch: &mut Batch,
    FactorLogIn { log_in, used, refunded, remembered }: &FactorLogIn,
    at: Timestamp,
) {
    log_in::add(batch, log_in, at);
    use_up(batch, *used, at);
    guesses::refund(batch, refunded);
    if let Some(device) = remembered {
        remembered::add(batch, &log_in.session, *device, at);
    }
}

/// Uses a factor up. The second of two uses of one code waits for the row, and then finds the code used.
fn use_up(batch: &mut Batch, used: FactorUse, at: Timestamp) {
    match used {
        FactorUse::Totp { factor_id, step } => batch.add(
            "UPDATE dbo.totp_factors SET last_step = ? WHERE id = ? AND is_confirmed = 1 AND last_step < ?",
            values![step, factor_id, step],
        ),
        FactorUse::RecoveryCode { user_id, hash } => batch.add(
            "UPDATE dbo.recovery_codes SET used_at = ? WHERE code_hash = ? AND user_id = ? AND used_at IS NULL",
            values![at, hash.0, user_id],
        ),
    }
    batch.add(OR_STALE, values![]);
}

/// Sets the assurance level and time of a session's last authentication.
pub(super) fn lift(batch: &mut Batch, session_id: Uuid, level: AuthLevel, at: Timestamp) {
    batch.add(
        "UPDATE dbo.sessions SET authenticated_at = ?, acr = ? WHERE id = ?",
        values![at, level.as_str(), session_id],
    );
}

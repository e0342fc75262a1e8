//! Changes and uses of second factors, as SQL.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::read::millis;
use super::rows::changed;
use super::{guesses, log_in, remembered};
use crate::domain::second_factor::{FactorUse, RecoveryCodeHash, SealedSecret};
use crate::domain::{AuthLevel, Timestamp};
use crate::store::{FactorChange, FactorLogIn, Outcome, RightPassword, StepUp};

/// Does the change. The caller undoes it for an outcome other than `Committed`.
pub(super) fn apply(connection: &Connection, change: &FactorChange, at: Timestamp) -> Result<Outcome, Error> {
    match change {
        FactorChange::Enrol { factor_id, user_id, secret } => {
            enrol(connection, *factor_id, *user_id, secret, at)
        }
        FactorChange::Confirm { factor_id, user_id, session_id, step, codes } => {
            let of = (*user_id, *session_id);
            confirm(connection, *factor_id, of, *step, codes, at)
        }
        FactorChange::Remove { user_id } => remove(connection, *user_id),
        FactorChange::RenewCodes { user_id, codes } => {
            let sql = "UPDATE totp_factors SET last_step = last_step WHERE user_id = ? AND is_confirmed = 1";
            if !changed(connection, sql, [user_id.to_string()])? {
                return Ok(Outcome::Stale);
            }
            replace_codes(connection, *user_id, codes, at)?;
            Ok(Outcome::Committed)
        }
        FactorChange::ForgetDevices { user_id } => {
            remembered::forget(connection, *user_id)?;
            Ok(Outcome::Committed)
        }
        FactorChange::ForgetDevice { user_id, device_id } => {
            let was_there = remembered::forget_one(connection, *user_id, *device_id, at)?;
            Ok(if was_there { Outcome::Committed } else { Outcome::Stale })
        }
        FactorChange::Ask(asked) => ask(connection, asked, at),
        FactorChange::LogIn(log_in) => with_factor(connection, log_in, at),
        FactorChange::StepUp(step_up) => prove_again(connection, step_up, at),
        FactorChange::Reseal { factor_id, seen, secret } => {
            let sql =
                "UPDATE totp_factors SET kid = ?4, secret = ?5 WHERE id = ?1 AND kid = ?2 AND secret = ?3";
            let factor = params![factor_id.to_string(), seen.kid, seen.sealed, secret.kid, secret.sealed];
            changed(connection, sql, factor).map(|_| Outcome::Committed)
        }
    }
}

fn enrol(
    connection: &Connection,
    factor_id: Uuid,
    user_id: Uuid,
    secret: &SealedSecret,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let user = user_id.to_string();
    changed(connection, "DELETE FROM totp_factors WHERE user_id = ? AND is_confirmed = 0", [&user])?;
    let sql = "INSERT INTO totp_factors (id, user_id, kid, secret, created_at)
               SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?2)";
    let factor = params![factor_id.to_string(), user, secret.kid, secret.sealed, millis(at)];
    let is_known = changed(connection, sql, factor)?;
    Ok(if is_known { Outcome::Committed } else { Outcome::Stale })
}

fn confirm(
    connection: &Connection,
    factor_id: Uuid,
    (user_id, session_id): (Uuid, Uuid),
    step: i64,
    codes: &[RecoveryCodeHash],
    at: Timestamp,
) -> Result<Outcome, Error> {
    let user = user_id.to_string();
    changed(connection, "DELETE FROM totp_factors WHERE user_id = ? AND is_confirmed = 1", [&user])?;
    let sql = "UPDATE totp_factors SET is_confirmed = 1, confirmed_at = ?3, last_step = ?4
               WHERE id = ?1 AND user_id = ?2 AND is_confirmed = 0";
    if !changed(connection, sql, params![factor_id.to_string(), user, millis(at), step])? {
        return Ok(Outcome::Stale);
    }
    replace_codes(connection, user_id, codes, at)?;
    remembered::forget(connection, user_id)?;
    lift(connection, session_id, AuthLevel::Two, at)?;
    Ok(Outcome::Committed)
}

fn remove(connection: &Connection, user_id: Uuid) -> Result<Outcome, Error> {
    let sql = "UPDATE totp_factors SET last_step = last_step WHERE user_id = ? AND is_confirmed = 1";
    if !changed(connection, sql, [user_id.to_string()])? {
        return Ok(Outcome::Stale);
    }
    remove_all(connection, user_id)?;
    Ok(Outcome::Committed)
}

/// Deletes everything of a person's second factors.
pub(super) fn remove_all(connection: &Connection, user_id: Uuid) -> Result<(), Error> {
    let user = user_id.to_string();
    changed(connection, "DELETE FROM totp_factors WHERE user_id = ?", [&user])?;
    changed(connection, "DELETE FROM recovery_codes WHERE user_id = ?", [&user])?;
    remembered::forget(connection, user_id)
}

fn replace_codes(
    connection: &Connection,
    user_id: Uuid,
    codes: &[RecoveryCodeHash],
    at: Timestamp,
) -> Result<(), Error> {
    let user = user_id.to_string();
    changed(connection, "DELETE FROM recovery_codes WHERE user_id = ?", [&user])?;
    for code in codes {
        let sql = "INSERT INTO recovery_codes (code_hash, user_id, created_at) VALUES (?, ?, ?)";
        changed(connection, sql, params![code.0, user, millis(at)])?;
    }
    Ok(())
}

fn ask(connection: &Connection, asked: &RightPassword, at: Timestamp) -> Result<Outcome, Error> {
    let RightPassword { user_id, seen, rehash, forgiven } = asked;
    if !log_in::is_as_seen(connection, *user_id, seen, rehash.as_ref(), at)? {
        return Ok(Outcome::Stale);
    }
    if let Some(key) = forgiven {
        guesses::forgive(connection, *key)?;
    }
    Ok(Outcome::Committed)
}

fn with_factor(
    connection: &Connection,
    FactorLogIn { log_in, used, refunded, remembered }: &FactorLogIn,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let begun = log_in::apply(connection, log_in, at)?;
    if begun != Outcome::Committed || !use_up(connection, *used, at)? {
        return Ok(Outcome::Stale);
    }
    guesses::refund(connection, refunded)?;
    if let Some(device) = remembered {
        remembered::add(connection, &log_in.session, *device, at)?;
    }
    Ok(Outcome::Committed)
}

fn prove_again(
    connection: &Connection,
    StepUp { session_id, level, used, refunded }: &StepUp,
    at: Timestamp,
) -> Result<Outcome, Error> {
    if let Some(used) = used
        && !use_up(connection, *used, at)?
    {
        return Ok(Outcome::Stale);
    }
    guesses::refund(connection, refunded)?;
    lift(connection, *session_id, *level, at)?;
    Ok(Outcome::Committed)
}

/// Uses a factor up. Gives whether the factor could be used.
fn use_up(connection: &Connection, used: FactorUse, at: Timestamp) -> Result<bool, Error> {
    match used {
        FactorUse::Totp { factor_id, step } => {
            let sql = "UPDATE totp_factors SET last_step = ?2
                       WHERE id = ?1 AND is_confirmed = 1 AND last_step < ?2";
            changed(connection, sql, params![factor_id.to_string(), step])
        }
        FactorUse::RecoveryCode { user_id, hash } => {
            let sql = "UPDATE recovery_codes SET used_at = ?3
                       WHERE code_hash = ?1 AND user_id = ?2 AND used_at IS NULL";
            changed(connection, sql, params![hash.0, user_id.to_string(), millis(at)])
        }
    }
}

/// Sets the assurance level and time of a session's last authentication.
pub(super) fn lift(
    connection: &Connection,
    session_id: Uuid,
    level: AuthLevel,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE sessions SET authenticated_at = ?2, acr = ?3 WHERE id = ?1";
    changed(connection, sql, params![session_id.to_string(), millis(at), level.as_str()]).map(drop)
}

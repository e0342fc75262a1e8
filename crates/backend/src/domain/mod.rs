//! The terms of the service: people, their sessions and their onboarding.
//!
//! The domain knows neither axum nor SQL. Handlers and stores parse values into these types, so that the rest of the
//! service never meets a bad value. Decisions are pure functions that take the time as an argument.

mod authentication;
mod client;
pub mod device;
mod email;
pub mod event;
mod full_name;
pub mod funnel;
pub mod guessing;
pub mod mail;
pub mod oidc;
pub mod onboarding;
pub mod one_time_code;
pub mod organization;
pub mod passkey;
mod password;
mod preferences;
mod reason;
pub mod reference;
pub mod second_factor;
pub mod session;
mod text;
mod user;

pub use authentication::{AuthLevel, Authentication, LogInMethod, UnknownLevel, UnknownMethod};
pub use client::{Client, UserAgent};
pub use email::{Email, EmailError, PresentedEmail};
pub use full_name::{FullName, FullNameError};
pub use password::{Password, PasswordError, PasswordHash, PresentedPassword};
pub use preferences::{Language, NoLanguage, Theme, UnknownTheme};
pub use reason::{Reason, ReasonError};
pub use user::{AccountStatus, Credentials, NewUser, Role, UnknownRole, User};

use time::OffsetDateTime;

/// A text in NFC and lower case, as searches compare it.
pub fn search_key(text: &str) -> String {
    text::nfc(text).to_lowercase()
}

/// A moment in UTC, to the millisecond. All databases keep milliseconds, so a stored moment equals the moment that
/// was answered.
pub type Timestamp = OffsetDateTime;

/// The time now, cut to the millisecond.
pub fn now() -> Timestamp {
    cut_to_millisecond(OffsetDateTime::now_utc())
}

/// The moment `moment` in UTC, cut to the millisecond.
pub fn cut_to_millisecond(moment: OffsetDateTime) -> Timestamp {
    let moment = moment.to_offset(time::UtcOffset::UTC);
    moment - time::Duration::nanoseconds(i64::from(moment.nanosecond() % 1_000_000))
}

/// The duration `duration`, cut to the millisecond.
pub fn whole_milliseconds(duration: time::Duration) -> time::Duration {
    duration - time::Duration::nanoseconds(i64::from(duration.subsec_nanoseconds() % 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_kept_in_whole_milliseconds_of_utc() {
        let fine = datetime!(2026-03-01 12:00:00.123_456_789 +02:00);
        assert_eq!(cut_to_millisecond(fine), datetime!(2026-03-01 10:00:00.123 UTC));
        assert_eq!(cut_to_millisecond(fine).offset(), time::UtcOffset::UTC);
    }
}

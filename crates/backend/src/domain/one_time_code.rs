//! One-time codes, which prove that a person reads the mail of an address.
//!
//! A mail has six digits for a person who is logged in, and a link with a long token for everybody else. Digits and
//! token belong to one row and are good for one use (OWASP ASVS 5.0, 6.5.1). Six digits can be guessed. So wrong
//! digits are counted, and a code is dead after [`MAX_ATTEMPTS`] wrong ones.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Email, Timestamp};

/// The lifetime of a code.
pub const LIFETIME: Duration = Duration::minutes(10);

/// The time that the row of a code is kept after the code's end, so that a late use gets the reason for its refusal.
pub const KEPT_FOR: Duration = Duration::DAY;

/// The number of wrong digits after which a code is dead.
pub const MAX_ATTEMPTS: i64 = 5;

/// The shortest time between two codes for one purpose.
pub const RESEND_AFTER: Duration = Duration::MINUTE;

/// The largest number of codes for one purpose in [`RESEND_WINDOW`].
pub const MAX_RESENDS: i64 = 5;

/// The time in which [`MAX_RESENDS`] count.
pub const RESEND_WINDOW: Duration = Duration::HOUR;

const DIGITS: usize = 6;
const TOKEN_BYTES: usize = 32;
const MAX_TOKEN_BYTES: usize = 512;

/// The purpose of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Proves that mail to the account's address reaches the owner.
    VerifyEmail,
    /// Proves that mail to the account's next address reaches the owner.
    ChangeEmail,
    /// Proves that a person who has forgotten the password owns the address.
    ResetPassword,
}

/// The text names no purpose that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown purpose {0:?}")]
pub struct UnknownPurpose(pub String);

impl CodePurpose {
    /// The purposes whose codes give the account to whoever has the code. A change that shuts strangers out ends
    /// these codes.
    pub const TAKEOVERS: [Self; 2] = [Self::ChangeEmail, Self::ResetPassword];

    /// Whether the code is mailed to the account's present address.
    pub fn is_for_own_address(self) -> bool {
        self != Self::ChangeEmail
    }

    /// The purpose's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

impl FromStr for CodePurpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        match text {
            "verify_email" => Ok(Self::VerifyEmail),
            "change_email" => Ok(Self::ChangeEmail),
            "reset_password" => Ok(Self::ResetPassword),
            other => Err(UnknownPurpose(other.to_owned())),
        }
    }
}

/// The six digits of a code. Digits are never printed, and wiped on drop.
#[derive(Clone)]
pub struct Digits(Zeroizing<String>);

/// The text is no code of six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {DIGITS} digits")]
pub struct NoDigits;

impl Digits {
    /// New random digits.
    pub fn generate() -> Self {
        Self(Zeroizing::new(format!("{:06}", rand::random_range(0..1_000_000_u32))))
    }

    /// The digits in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digits {
    type Err = NoDigits;

    /// Parses digits. Blanks among the digits are ignored, because people copy digits in groups.
    fn from_str(text: &str) -> Result<Self, NoDigits> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).take(DIGITS + 1).collect();
        let good = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        if good { Ok(Self(Zeroizing::new(digits))) } else { Err(NoDigits) }
    }
}

/// The token of a link: 256 random bits in base64url. A token is never printed, and wiped on drop.
#[derive(Clone)]
pub struct LinkToken(Zeroizing<String>);

/// The text is empty or too long for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the token of a link, 1 to {MAX_TOKEN_BYTES} bytes long")]
pub struct NoToken;

impl LinkToken {
    /// A new random token.
    pub fn generate() -> Self {
        let bytes: [u8; TOKEN_BYTES] = rand::random();
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the token, which is what the database keeps. A token is random, so a plain hash is as good as a
    /// slow one.
    pub fn hash(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        bytes
    }
}

impl FromStr for LinkToken {
    type Err = NoToken;

    /// Takes any text of a sane length. An unknown token is not found in the database.
    fn from_str(text: &str) -> Result<Self, NoToken> {
        let good = (1..=MAX_TOKEN_BYTES).contains(&text.len());
        if good { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NoToken) }
    }
}

macro_rules! hide_from_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hide_from_debug!(Digits, LinkToken);

/// A code to be stored. Storing a code ends the earlier codes of the same person and purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// The id of the code (`UUIDv7`).
    pub id: Uuid,
    /// The id of the account that the code is for.
    pub user_id: Uuid,
    /// The purpose of the code.
    pub purpose: CodePurpose,
    /// The address that the mail goes to.
    pub email: Email,
    /// The name of the secret whose key made `code_hash` (at most 64 characters).
    pub kid: String,
    /// HMAC-SHA256 of the digits; none where the mail has no digits.
    pub code_hash: Option<[u8; 32]>,
    /// SHA-256 of the link's token.
    pub token_hash: [u8; 32],
    /// The time when the code was made.
    pub created_at: Timestamp,
    /// The end of the code's lifetime.
    pub expires_at: Timestamp,
}

/// A stored code, with all facts that decide whether the code can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeState {
    /// The id of the code.
    pub id: Uuid,
    /// The id of the account that the code is for.
    pub user_id: Uuid,
    /// The purpose of the code.
    pub purpose: CodePurpose,
    /// The address that the mail went to.
    pub email: Email,
    /// The name of the secret whose key made `code_hash`.
    pub kid: String,
    /// HMAC-SHA256 of the digits; none where the mail had no digits.
    pub code_hash: Option<[u8; 32]>,
    /// The time when the code was made.
    pub created_at: Timestamp,
    /// The end of the code's lifetime.
    pub expires_at: Timestamp,
    /// The number of wrong digits that were given.
    pub attempts: i64,
    /// The time of the code's use; none before.
    pub used_at: Option<Timestamp>,
    /// The time when a newer code replaced this one; none for the newest code.
    pub superseded_at: Option<Timestamp>,
}

/// Whether a code can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    /// The code can be used.
    Good,
    /// The code was used before.
    Used,
    /// The code is too old, was replaced by a newer one, or has met too many wrong digits.
    Dead,
}

impl CodeState {
    /// Judges the token of the link at `now`. Wrong digits do not count against the token, because the token cannot
    /// be guessed.
    pub fn of_token(&self, now: Timestamp) -> CodeVerdict {
        if self.used_at.is_some() {
            CodeVerdict::Used
        } else if self.superseded_at.is_some() || self.expires_at <= now {
            CodeVerdict::Dead
        } else {
            CodeVerdict::Good
        }
    }

    /// Judges the right digits at `now`.
    pub fn of_digits(&self, now: Timestamp) -> CodeVerdict {
        match self.of_token(now) {
            CodeVerdict::Good if self.attempts >= MAX_ATTEMPTS => CodeVerdict::Dead,
            verdict => verdict,
        }
    }
}

/// The time to wait before the next code for `purpose`; none where the next code may be sent at once. `codes` are the
/// person's codes within the last [`RESEND_WINDOW`].
pub fn wait_before_next(codes: &[CodeState], purpose: CodePurpose, now: Timestamp) -> Option<Duration> {
    let mut sent: Vec<Timestamp> =
        codes.iter().filter(|code| code.purpose == purpose).map(|code| code.created_at).collect();
    sent.sort_unstable();
    let after_newest = sent.last().map(|newest| *newest + RESEND_AFTER);
    let most = usize::try_from(MAX_RESENDS).unwrap_or_default();
    // Once this one is out of the window, there are fewer in it than there may be.
    let after_window = sent.iter().rev().nth(most - 1).map(|oldest| *oldest + RESEND_WINDOW);
    let allowed_at = after_newest.max(after_window)?;
    (allowed_at > now).then(|| allowed_at - now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn state() -> CodeState {
        CodeState {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            purpose: CodePurpose::VerifyEmail,
            email: "ada@example.com".parse().unwrap(),
            kid: "kid".into(),
            code_hash: Some([0; 32]),
            created_at: NOW - Duration::MINUTE,
            expires_at: NOW + Duration::MINUTE,
            attempts: MAX_ATTEMPTS - 1,
            used_at: None,
            superseded_at: None,
        }
    }

    #[test]
    fn a_code_is_worth_what_its_history_says() {
        use CodeVerdict::{Dead, Good, Used};
        let used = Some(NOW - Duration::SECOND);
        let table = [
            ("fresh", state(), Good, Good),
            ("guessed at", CodeState { attempts: MAX_ATTEMPTS, ..state() }, Dead, Good),
            ("expired", CodeState { expires_at: NOW, ..state() }, Dead, Dead),
            ("superseded", CodeState { superseded_at: used, ..state() }, Dead, Dead),
            ("used", CodeState { used_at: used, ..state() }, Used, Used),
            ("used and expired", CodeState { used_at: used, expires_at: NOW, ..state() }, Used, Used),
        ];
        for (name, state, digits, token) in table {
            assert_eq!((state.of_digits(NOW), state.of_token(NOW)), (digits, token), "{name}");
        }
    }

    #[test]
    fn codes_are_sent_at_a_pace() {
        let sent = |minutes: &[i64]| -> Vec<CodeState> {
            let at = |minute: &i64| CodeState { created_at: NOW - Duration::minutes(*minute), ..state() };
            minutes.iter().map(at).collect()
        };
        let wait = |codes: &[CodeState]| wait_before_next(codes, CodePurpose::VerifyEmail, NOW);
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&sent(&[0])), Some(RESEND_AFTER));
        assert_eq!(wait(&sent(&[1])), None);
        assert_eq!(wait(&sent(&[1, 2, 3, 4])), None);
        assert_eq!(wait(&sent(&[1, 2, 3, 4, 50])), Some(Duration::minutes(10)));
        assert_eq!(wait_before_next(&sent(&[0]), CodePurpose::ResetPassword, NOW), None);
    }

    #[test]
    fn digits_are_six_and_may_have_blanks_among_them() {
        for good in ["012345", "012 345", " 0123\u{a0}45 "] {
            assert_eq!(good.parse::<Digits>().unwrap().expose(), "012345");
        }
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(bad.parse::<Digits>().map(drop), Err(NoDigits), "{bad:?}");
        }
        let made = Digits::generate();
        assert_eq!(made.expose().parse::<Digits>().unwrap().expose(), made.expose());
    }

    #[test]
    fn tokens_are_long_random_and_found_by_their_hash() {
        let token = LinkToken::generate();
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token.expose(), LinkToken::generate().expose());
        assert_eq!(token.expose().parse::<LinkToken>().unwrap().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "LinkToken(…)");
        assert!("".parse::<LinkToken>().is_err() && "x".repeat(513).parse::<LinkToken>().is_err());
    }
}

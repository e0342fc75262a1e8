//! Codes of authenticator apps (RFC 6238).

use std::fmt;

use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::domain::{Email, Timestamp};

/// The length of a secret: 160 bits, as RFC 4226 section 4 recommends.
const SECRET_BYTES: usize = 20;

/// The number of time steps of 30 s that a code may be early or late. The steps allow for the clock of the phone and
/// for the time that typing takes.
const SKEW: u16 = 1;

/// The name that the app shows above the codes.
const ISSUER: &str = "User Onboarding";

/// The secret that an authenticator app and this service share. A secret is never printed, and wiped on drop.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

/// The bytes are not as many as a secret has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of an authenticator app has {0} bytes instead of {SECRET_BYTES}")]
pub struct NoTotpSecret(usize);

impl TotpSecret {
    /// A new random secret.
    pub fn generate() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// The secret of the bytes `bytes`.
    ///
    /// # Errors
    ///
    /// [`NoTotpSecret`] where there are not 20 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoTotpSecret> {
        bytes.try_into().map(|bytes| Self(Zeroizing::new(bytes))).map_err(|_| NoTotpSecret(bytes.len()))
    }

    /// The secret in clear, as bytes.
    pub fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The secret as people type it: base32 without padding.
    pub fn base32(&self) -> String {
        Secret::new_stack(*self.0).to_base32()
    }

    /// The URI that apps read from a QR code (Google Authenticator, "Key Uri Format").
    pub fn uri(&self, email: &Email) -> String {
        // The colon separates issuer and account, and no address has one.
        let account = email.as_str().replace(':', "");
        let totp = self.builder().with_issuer(Some(ISSUER)).with_account_name(account).build_noncompliant();
        // Fails for colons and without an account only.
        totp.to_url().unwrap_or_default()
    }

    /// The time step of `code`: a step at `now` or one beside it, later than `last_step`. None for any other code,
    /// and so for a code that was used.
    pub fn step_of(&self, code: &str, now: Timestamp, last_step: i64) -> Option<i64> {
        let now = u64::try_from(now.unix_timestamp()).ok()?;
        let step = self.totp().check(code, now).and_then(|step| i64::try_from(step).ok())?;
        (step > last_step).then_some(step)
    }

    fn totp(&self) -> Totp {
        self.builder().build_noncompliant()
    }

    /// The parameters of codes: SHA-1, six digits and 30 s, which every app supports. SHA-1 is still good for HMAC
    /// (RFC 6194 section 3).
    fn builder(&self) -> Builder {
        Builder::new().with_secret(Secret::new_stack(*self.0)).with_skew(SKEW)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix: i64) -> Timestamp {
        Timestamp::from_unix_timestamp(unix).unwrap()
    }

    /// RFC 6238, appendix B, of which six digits are the last ones of its eight.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.step_of(code, at(time), 0), Some(time / 30), "{code}");
        }
        assert!(TotpSecret::from_bytes(b"short").is_err());
    }

    #[test]
    fn a_code_is_good_once_and_for_a_step_before_and_after_its_own() {
        let secret = TotpSecret::generate();
        let (step, code) = (60_000_000, secret.totp().generate(60_000_000 * 30).to_string());
        let seen = |now: i64, last: i64| secret.step_of(&code, at(now), last);
        for (now, good) in [
            (step * 30 - 31, false),
            (step * 30 - 30, true),
            (step * 30, true),
            (step * 30 + 59, true),
            (step * 30 + 60, false),
        ] {
            assert_eq!(seen(now, 0), good.then_some(step), "{now}");
        }
        assert_eq!(seen(step * 30, step - 1), Some(step));
        assert_eq!(seen(step * 30, step), None, "it was used");
        assert_eq!(seen(step * 30, step + 1), None, "a later one was used");
        for bad in ["", "12345", "1234567", "abcdef", "+12345", "１２３４５６"] {
            assert_eq!(secret.step_of(bad, at(step * 30), 0), None, "{bad}");
        }
    }

    #[test]
    fn apps_are_told_all_that_they_need() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = secret.uri(&"Ada+1@example.com".parse().unwrap());
        assert_eq!(
            uri,
            "otpauth://totp/User%20Onboarding:Ada%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=User%20Onboarding"
        );
        assert!(!format!("{secret:?}").contains("GEZD"));
    }
}

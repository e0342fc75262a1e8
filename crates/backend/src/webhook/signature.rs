//! Signatures of Standard Webhooks: HMAC-SHA256 over the id, the time of the try and the body.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign as hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The first characters of a secret.
const PREFIX: &str = "whsec_";

/// A secret that the receiver shares: `whsec_` and 24 to 64 bytes in base64. `Debug` does not show the secret.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// The text is no such secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be whsec_ and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)"
)]
pub struct BadSecret;

impl FromStr for WebhookSecret {
    type Err = BadSecret;

    fn from_str(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadSecret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| BadSecret)?);
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(BadSecret) }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The value of `webhook-signature` for the message `id`, sent at `timestamp` in Unix seconds: one signature of the
/// version `v1` for each of `secrets`, separated by blanks.
pub fn signatures(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signed = [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body].concat();
    let sign = |secret: &WebhookSecret| {
        let tag = hmac(&Key::new(HMAC_SHA256, &secret.0), &signed);
        format!("v1,{}", STANDARD.encode(tag))
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use standardwebhooks::Webhook;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_b3RoZXIgc2VjcmV0LCBhcyBsb25nIGFzIHRoYXQ=";

    #[test]
    fn a_signature_is_that_of_the_schemes_test_vector() {
        let secret = SECRET.parse().unwrap();
        let signature =
            signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_schemes_own_library_accepts_it_with_either_secret_and_refuses_another_body() {
        let secrets = [SECRET, OTHER].map(|text| text.parse().unwrap());
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let body = br#"{"type":"user.registered"}"#;
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", now.to_string().parse().unwrap());
        headers.insert("webhook-signature", signatures(&secrets, "msg_1", now, body).parse().unwrap());
        for secret in [SECRET, OTHER] {
            let receiver = Webhook::new(secret).unwrap();
            assert!(receiver.verify(body, &headers).is_ok());
            assert!(receiver.verify(b"{}", &headers).is_err());
        }
        let stranger = Webhook::new("whsec_YW5vdGhlciBzZWNyZXQgdGhhbiB0aG9zZSB0d28=").unwrap();
        assert!(stranger.verify(body, &headers).is_err());
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for text in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!"] {
            assert_eq!(text.parse::<WebhookSecret>().map(|_| ()), Err(BadSecret), "{text}");
        }
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        assert!(long.parse::<WebhookSecret>().is_err());
        assert_eq!(format!("{:?}", SECRET.parse::<WebhookSecret>().unwrap()), "WebhookSecret(…)");
    }
}

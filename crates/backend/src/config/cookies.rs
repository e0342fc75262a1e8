//! `COOKIE_SECURE`: whether browsers may send the session cookie by HTTPS only.

use std::net::SocketAddr;
use std::str::FromStr;

/// The rule for the attribute `Secure` of cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieSecurity {
    /// `true`: cookies are always `Secure`.
    Always,
    /// `false`: cookies are never `Secure`.
    Never,
    /// `auto`: a cookie is `Secure` where the client has come by HTTPS, as trusted proxies tell.
    ByScheme,
}

/// The value is none of `true`, `false` and `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of auto, true, false")]
pub struct UnknownCookieSecurity;

impl CookieSecurity {
    /// The rule without a value. An instance that listens on loopback only goes by the scheme: it is one of a
    /// developer's machine, or behind a proxy of the same machine. Every other instance demands HTTPS.
    pub fn default_at(bind_address: SocketAddr) -> Self {
        if bind_address.ip().is_loopback() { Self::ByScheme } else { Self::Always }
    }

    /// Whether a cookie is `Secure`, for a client that came by HTTPS or not.
    pub fn is_secure(self, https: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::ByScheme => https,
        }
    }
}

impl FromStr for CookieSecurity {
    type Err = UnknownCookieSecurity;

    fn from_str(text: &str) -> Result<Self, UnknownCookieSecurity> {
        match text {
            "auto" => Ok(Self::ByScheme),
            "true" => Ok(Self::Always),
            "false" => Ok(Self::Never),
            _ => Err(UnknownCookieSecurity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_secure_outside_of_development() {
        let default = |address: &str| CookieSecurity::default_at(address.parse().unwrap());
        assert_eq!(default("0.0.0.0:5000"), CookieSecurity::Always);
        assert_eq!(default("127.0.0.1:5001"), CookieSecurity::ByScheme);
        assert_eq!(default("[::1]:5001"), CookieSecurity::ByScheme);
        for (text, plain, https) in [("auto", false, true), ("true", true, true), ("false", false, false)] {
            let security: CookieSecurity = text.parse().unwrap();
            assert_eq!((security.is_secure(false), security.is_secure(true)), (plain, https), "{text}");
        }
    }
}

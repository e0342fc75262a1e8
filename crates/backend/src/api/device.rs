//! Known devices: a browser shows a cookie, and any other client a header.

use axum::extract::FromRequestParts;
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::client::ClientInfo;
use super::dto::SessionMode;
use crate::app::{App, AppState};
use crate::auth::{DeviceSigner, KnownDevice};
use crate::idempotency::Answer;

/// The header of requests and answers for clients without cookies.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-device-token");

/// The names of the cookie, over HTTPS and over plain HTTP. Browsers take a cookie with the prefix by HTTPS only, and
/// no neighbouring host can plant one (RFC 6265bis section 4.1.3.2).
const NAMES: [&str; 2] = ["__Host-device", "device"];

/// The largest number of accounts that know one browser. People share devices.
const MOST: usize = 4;

/// The character between the tokens in the cookie.
const SEPARATOR: char = '~';

/// The lifetime of the cookie: a year, which is about as long as browsers keep any cookie.
const MAX_AGE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The devices of a client's tokens, one for each account. Invalid tokens are left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Devices(Vec<KnownDevice>);

impl Devices {
    fn read(headers: &HeaderMap, signer: &DeviceSigner) -> Self {
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let cookies = pairs.filter(|(name, _)| NAMES.contains(name)).map(|(_, value)| value);
        let header = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let tokens = cookies.flat_map(|value| value.split(SEPARATOR)).chain(header);
        let mut devices = Self::default();
        for device in tokens.take(4 * MOST).filter_map(|token| signer.verify(token)) {
            if devices.known_to(device.user_id).is_none() {
                devices.0.push(device);
            }
        }
        devices
    }

    /// The device that is known to the account `user_id`; none where there is none.
    pub(super) fn known_to(&self, user_id: uuid::Uuid) -> Option<KnownDevice> {
        self.0.iter().copied().find(|device| device.user_id == user_id)
    }

    /// The devices after a log-in to the account `user_id`: that account's device first, and not more than a cookie
    /// takes.
    fn after_log_in(&self, user_id: uuid::Uuid) -> Vec<KnownDevice> {
        let own = self.known_to(user_id).unwrap_or_else(|| KnownDevice::new(user_id));
        let others = self.0.iter().copied().filter(|device| device.user_id != user_id);
        std::iter::once(own).chain(others).take(MOST).collect()
    }

    /// The devices with one of the account `user_id`, and that device. A new device is made where none is known.
    pub(super) fn settled(&self, user_id: uuid::Uuid) -> (Self, KnownDevice) {
        let devices = self.after_log_in(user_id);
        let own = devices.first().copied().unwrap_or_else(|| KnownDevice::new(user_id));
        (Self(devices), own)
    }

    /// The answer `answer` to a log-in to the account `user_id`, with the cookie or header of the device.
    pub(super) fn introduce(
        &self,
        app: &AppState,
        user_id: uuid::Uuid,
        (mode, client): (SessionMode, &ClientInfo),
        answer: Answer,
    ) -> Answer {
        let (name, value) =
            self.told(&app.devices, user_id, mode, app.cookie_security.is_secure(client.https));
        match HeaderValue::try_from(value) {
            Ok(value) => answer.with(name, value),
            // Tokens are base64url and full stops.
            Err(_) => answer,
        }
    }

    fn told(
        &self,
        signer: &DeviceSigner,
        user_id: uuid::Uuid,
        mode: SessionMode,
        secure: bool,
    ) -> (HeaderName, String) {
        let mut tokens = self.after_log_in(user_id).into_iter().map(|device| signer.sign(device));
        match mode {
            SessionMode::Token => (HEADER, tokens.next().unwrap_or_default()),
            SessionMode::Cookie => {
                (SET_COOKIE, cookie(&tokens.collect::<Vec<_>>().join(&SEPARATOR.to_string()), secure))
            }
        }
    }
}

fn cookie(value: &str, secure: bool) -> String {
    let (name, secure) = if secure { (NAMES[0], "; Secure") } else { (NAMES[1], "") };
    format!("{name}={value}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Strict{secure}")
}

impl FromRequestParts<App> for Devices {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::read(&parts.headers, &app.devices))
    }
}

#[cfg(test)]
mod tests {
    use service_kit::config::Secret;
    use service_kit::jwt::Keyring;
    use uuid::Uuid;

    use super::*;

    fn signer() -> DeviceSigner {
        DeviceSigner::new(&Keyring::new(&Secret::new("x".repeat(32)), &[]).unwrap())
    }

    fn introduced(devices: &Devices, user_id: Uuid, mode: SessionMode) -> String {
        devices.told(&signer(), user_id, mode, true).1
    }

    #[test]
    fn a_browser_is_known_to_the_last_accounts_that_logged_in() {
        let people: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
        let mut devices = Devices::default();
        for person in &people {
            let set = introduced(&devices, *person, SessionMode::Cookie);
            assert!(set.ends_with("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict; Secure"), "{set}");
            let mut headers = HeaderMap::new();
            headers
                .insert(COOKIE, format!("theme=dark; {}", set.split(';').next().unwrap()).parse().unwrap());
            devices = Devices::read(&headers, &signer());
        }
        let known: Vec<bool> = people.iter().map(|person| devices.known_to(*person).is_some()).collect();
        assert_eq!(known, [false, false, true, true, true, true]);
        let before = devices.known_to(people[5]);
        assert_eq!(devices.after_log_in(people[5])[0], before.unwrap(), "it stays the same device");
    }

    #[test]
    fn clients_without_cookies_have_a_header() {
        let person = Uuid::now_v7();
        let token = introduced(&Devices::default(), person, SessionMode::Token);
        let headers = [(HEADER, token.parse().unwrap())].into_iter().collect();
        assert!(Devices::read(&headers, &signer()).known_to(person).is_some());
        let forged = [(HEADER, "nonsense".parse().unwrap())].into_iter().collect();
        assert!(Devices::read(&forged, &signer()).known_to(person).is_none());
    }
}

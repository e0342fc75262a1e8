//! An authenticator app, and people who have one.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use super::harness::{Answer, Database, Instance, PASSWORD, Person, Send as _};

const STEP: u64 = 30;

/// What an app makes of a secret.
pub(crate) struct Authenticator(Totp);

impl Authenticator {
    pub(crate) fn of(base32: &str) -> Self {
        let secret = Secret::try_from_base32(base32).unwrap();
        Self(Builder::new().with_secret(secret).build().unwrap())
    }

    /// A code that is good now, whatever was used before.
    pub(crate) fn fresh(&self, database: &Database) -> String {
        database.execute("UPDATE totp_factors SET last_step = 0");
        self.code(0)
    }

    /// The code of now, or of so many steps later. The next one is accepted, too, so that a test may use two.
    pub(crate) fn code(&self, steps: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.0.generate((now / STEP).checked_add_signed(steps).unwrap() * STEP).to_string()
    }

    /// Six digits that are no code of now, nor of the steps about it.
    pub(crate) fn wrong(&self) -> String {
        let near: Vec<String> = (-3..=3).map(|steps| self.code(steps)).collect();
        (0..1_000_000).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }
}

/// Somebody with an authenticator app, which has given the code of now.
pub(crate) struct Protected {
    pub(crate) person: Person,
    pub(crate) app: Authenticator,
    pub(crate) recovery_codes: Vec<String>,
    /// The `X-Device-Token` of the registration.
    pub(crate) device: String,
}

pub(crate) fn bearer(instance: &Instance, token: &str, path: &str, body: &Value) -> RequestBuilder {
    instance.post(path, body).bearer_auth(token)
}

/// Switches an app on for whoever has `token`. The code of the next step is left to be used.
pub(crate) async fn switch_on(instance: &Instance, token: &str) -> (Authenticator, Vec<String>) {
    let enrol = bearer(instance, token, "/api/auth/factors/totp", &json!({}));
    let enrolled = enrol.answer(StatusCode::CREATED).await;
    let app = Authenticator::of(enrolled.body["secret"].as_str().unwrap());
    let confirm = json!({"code": app.code(0)});
    let confirm = bearer(instance, token, "/api/auth/factors/totp/confirm", &confirm);
    (app, codes(&confirm.answer(StatusCode::OK).await))
}

pub(crate) fn codes(answer: &Answer) -> Vec<String> {
    let codes = answer.body["recovery_codes"].as_array().unwrap();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn protected(instance: &Instance) -> Protected {
    let registration = super::harness::registration();
    let answer = instance.post("/api/auth/register", &registration).answer(StatusCode::CREATED).await;
    let device = answer.header("x-device-token").to_owned();
    let person = Person::from(answer);
    let (app, recovery_codes) = switch_on(instance, &person.access_token).await;
    Protected { person, app, recovery_codes, device }
}

/// The password; gives the challenge.
pub(crate) async fn challenge(instance: &Instance, email: &str) -> String {
    let login = json!({"email": email, "password": PASSWORD});
    let asked = instance.post("/api/auth/login", &login).problem(401, "second_factor_required").await;
    asked.body["second_factor"]["challenge"].as_str().unwrap().to_owned()
}

pub(crate) fn second(instance: &Instance, challenge: &str, factor: &str, code: &str) -> RequestBuilder {
    instance.post("/api/auth/login/second-factor", &json!({"challenge": challenge, factor: code}))
}

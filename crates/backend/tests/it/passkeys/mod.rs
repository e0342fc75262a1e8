//! Passkeys, with an authenticator in software.

// What is to begin, beside what has begun.
#![allow(clippy::similar_names)]

mod device;
mod lies;
mod log_in;
mod own;
mod step_up;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::api::authenticator::bearer;
use super::api::harness::{Answer, Database, Instance, Person, Send as _};
use device::{Device, ORIGIN};

const LOGIN: &str = "/api/auth/login/passkey";
const PASSKEYS: &str = "/api/auth/passkeys";

async fn instance(database: &Database) -> Instance {
    Instance::start_with(database, &[("PUBLIC_URL", ORIGIN)]).await
}

/// The first half of a registration.
async fn begin(instance: &Instance, token: &str) -> Value {
    let begin = instance.get("/api/auth/passkeys/registration").bearer_auth(token);
    begin.answer(StatusCode::OK).await.body
}

fn add(instance: &Instance, token: &str, begun: &Value, credential: &Value) -> RequestBuilder {
    let body = json!({"challenge_token": begun["challenge_token"], "credential": credential});
    bearer(instance, token, PASSKEYS, &body)
}

/// Makes a passkey on a new device.
async fn registered(instance: &Instance, token: &str) -> (Device, Value) {
    let (mut device, begun) = (Device::new(), begin(instance, token).await);
    let credential = device.create(&begun["public_key"]).await;
    let added = add(instance, token, &begun, &credential).answer(StatusCode::CREATED).await;
    (device, added.body)
}

/// Somebody new with a passkey.
async fn owner(instance: &Instance) -> (Person, Device, Value) {
    let person = instance.register().await;
    let (device, passkey) = registered(instance, &person.access_token).await;
    (person, device, passkey)
}

/// The first half of a log-in.
async fn ask(instance: &Instance) -> Value {
    instance.get(LOGIN).answer(StatusCode::OK).await.body
}

fn finish(instance: &Instance, asked: &Value, credential: &Value) -> RequestBuilder {
    instance.post(LOGIN, &json!({"challenge_token": asked["challenge_token"], "credential": credential}))
}

/// A whole log-in.
async fn log_in(instance: &Instance, device: &mut Device) -> Answer {
    let asked = ask(instance).await;
    let signed = device.get(&asked["public_key"]).await;
    finish(instance, &asked, &signed).done().await
}

fn on(instance: &Instance, method: Method, token: &str, passkey: &Value) -> RequestBuilder {
    let path = format!("{PASSKEYS}/{}", passkey["id"].as_str().unwrap());
    instance.call(method, &path).bearer_auth(token)
}

async fn listed(instance: &Instance, token: &str) -> Value {
    instance.get(PASSKEYS).bearer_auth(token).answer(StatusCode::OK).await.body
}

fn audited(database: &Database, action: &str) -> i64 {
    database.count(&format!("audit_log WHERE action = '{action}'"))
}

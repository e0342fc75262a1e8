//! A change of the secret, in two roll-outs, with nobody logged out.

use backend::app::{Resealed, reseal};
use backend::auth::FactorSecrets;
use reqwest::StatusCode;
use serde_json::json;
use service_kit::config::Secret;
use service_kit::jwt::Keyring;

use super::authenticator::{Protected, challenge, protected, second};
use super::harness::{Database, Instance, Send as _, registration};
use crate::store::sqlite::open;

const OLD: &str = "the-old-secret-and-it-is-long-enough";
const NEW: &str = "the-new-secret-and-it-is-long-enough";

#[tokio::test]
async fn a_secret_is_changed_with_no_log_outs() {
    let database = Database::new();
    let before = Instance::start_with(&database, &[("JWT_SECRET", OLD)]).await;
    let announced = Instance::start_with(&database, &[("JWT_SECRET", OLD), ("JWT_OTHER_SECRETS", NEW)]).await;
    let promoted = Instance::start_with(&database, &[("JWT_SECRET", NEW), ("JWT_OTHER_SECRETS", OLD)]).await;
    let after = Instance::start_with(&database, &[("JWT_SECRET", NEW)]).await;
    let me = |instance: &Instance, token: &str| instance.get("/api/auth/me").bearer_auth(token);

    let body = registration();
    let register =
        |instance: &Instance| instance.post("/api/auth/register", &body).header("idempotency-key", "k");
    let first = register(&before).answer(StatusCode::CREATED).await;
    let old_token = first.body["access_token"].as_str().unwrap();
    for instance in [&announced, &promoted] {
        me(instance, old_token).answer(StatusCode::OK).await;
        // Kept answers survive as tokens do.
        assert_eq!(register(instance).answer(StatusCode::CREATED).await.text, first.text);
    }
    let refresh = json!({"refresh_token": first.body["refresh_token"]});
    let renewed = promoted.post("/api/auth/refresh", &refresh).answer(StatusCode::OK).await;
    let new_token = renewed.body["access_token"].as_str().unwrap();
    for instance in [&announced, &promoted, &after] {
        me(instance, new_token).answer(StatusCode::OK).await;
    }
    me(&after, old_token).problem(401, "token_invalid").await;
    me(&before, new_token).problem(401, "token_invalid").await;
    // Doing it again would be worse than saying so.
    register(&after).problem(500, "kept_answer_unreadable").await;
    assert_eq!(database.count("users"), 1);
}

#[tokio::test]
async fn a_second_factor_outlives_the_secret_that_sealed_it() {
    let database = Database::new();
    let before = Instance::start_with(&database, &[("JWT_SECRET", OLD)]).await;
    let [kept, lost] = [protected(&before).await, protected(&before).await];
    let secrets = |current: &str, others: &[&str]| {
        let others: Vec<Secret> = others.iter().map(|other| Secret::new(*other)).collect();
        FactorSecrets::new(&Keyring::new(&Secret::new(current), &others).unwrap()).unwrap()
    };
    let promoted = Instance::start_with(&database, &[("JWT_SECRET", NEW), ("JWT_OTHER_SECRETS", OLD)]).await;
    let log_in = async |instance: &Instance, Protected { person, app, .. }: &Protected| {
        let ask = challenge(instance, &person.email).await;
        second(instance, &ask, "code", &app.fresh(&database))
    };
    log_in(&promoted, &kept).await.answer(StatusCode::OK).await;
    let store = open(&database.path());
    // As instances do it every few minutes.
    let resealed = reseal(&store, &secrets(NEW, &[OLD])).await.unwrap();
    assert_eq!(resealed, Resealed { sealed: 2, left: 0 });
    assert_eq!(reseal(&store, &secrets(NEW, &[OLD])).await.unwrap(), Resealed::default());
    // One of a secret that was taken away too early.
    let user = format!("(SELECT id FROM users WHERE email = '{}')", lost.person.email);
    database.execute(&format!("UPDATE totp_factors SET kid = 'lost' WHERE user_id = {user}"));
    let after = Instance::start_with(&database, &[("JWT_SECRET", NEW)]).await;
    assert_eq!(reseal(&store, &secrets(NEW, &[])).await.unwrap(), Resealed { sealed: 0, left: 1 });
    log_in(&after, &kept).await.answer(StatusCode::OK).await;
    log_in(&after, &lost).await.problem(500, "second_factor_unreadable").await;
    // Recovery codes depend on no secret.
    let ask = challenge(&after, &lost.person.email).await;
    second(&after, &ask, "recovery_code", &lost.recovery_codes[0]).answer(StatusCode::OK).await;
}

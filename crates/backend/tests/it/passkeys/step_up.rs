//! A passkey as a fresh proof.

use reqwest::StatusCode;
use serde_json::json;

use super::super::api::authenticator::switch_on;
use super::super::api::harness::{Database, Send as _};
use super::*;

/// The proof of every session is an hour old, and so the next access token says.
async fn aged(instance: &Instance, database: &Database, person: &Person) -> Person {
    database.execute("UPDATE sessions SET authenticated_at = authenticated_at - 3600000");
    let refresh = json!({"refresh_token": person.refresh_token});
    Person::from(instance.post("/api/auth/refresh", &refresh).answer(StatusCode::OK).await)
}

#[tokio::test]
async fn a_signature_is_a_fresh_proof_of_two_factors() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (person, mut device, _) = owner(&instance).await;
    let (_, mut stranger, _) = owner(&instance).await;
    switch_on(&instance, &person.access_token).await;
    let old = aged(&instance, &database, &person).await;
    let token = &old.access_token;
    let begin = instance.get("/api/auth/passkeys/registration").bearer_auth(token);
    let refused = begin.problem(403, "step_up_required").await;
    let needed = json!({"acr": "aal2", "max_age": 900, "factors": ["totp", "recovery_code", "passkey"]});
    assert_eq!(refused.body["step_up"], needed);
    let step_up = |asked: &Value, credential: &Value| {
        let proof = json!({"challenge_token": asked["challenge_token"], "credential": credential});
        bearer(&instance, token, "/api/auth/step-up", &json!({"passkey": proof}))
    };
    let asked = ask(&instance).await;
    let theirs = stranger.get(&asked["public_key"]).await;
    step_up(&asked, &theirs).problem(401, "unknown_passkey").await;
    let signed = device.get(&asked["public_key"]).await;
    let proved = || step_up(&asked, &signed).header("idempotency-key", "prove");
    let fresh = proved().answer(StatusCode::OK).await;
    assert_eq!(proved().answer(StatusCode::OK).await.text, fresh.text);
    assert_eq!(fresh.body["acr"], "aal2");
    step_up(&asked, &signed).problem(410, "passkey_challenge_used").await;
    finish(&instance, &asked, &signed).problem(410, "passkey_challenge_used").await;
    super::begin(&instance, fresh.body["access_token"].as_str().unwrap()).await;
    // Later tokens of the session know it, too.
    let refresh = json!({"refresh_token": old.refresh_token});
    let next = Person::from(instance.post("/api/auth/refresh", &refresh).answer(StatusCode::OK).await);
    super::begin(&instance, &next.access_token).await;
    assert_eq!(
        database.count("audit_log WHERE action = 'session.stepped_up' AND subject LIKE '% passkey'"),
        1
    );

    let call = |proof: Value| bearer(&instance, token, "/api/auth/step-up", &proof);
    let refused = call(json!({"passkey": {"other": 1}})).problem(422, "validation_failed").await;
    for field in ["passkey.challenge_token", "passkey.credential", "passkey.other"] {
        assert!(refused.body["errors"][field].is_array(), "{field}: {refused:?}");
    }
    let both = json!({"password": "x", "passkey": {}});
    call(both).problem(422, "validation_failed").await;
}

//! A change of the secret, in two roll-outs, with nobody logged out.

use reqwest::StatusCode;
use serde_json::json;

use super::harness::{Database, Instance, Send as _, registration};

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

//! Registering, logging in, refreshing, logging out.

use reqwest::StatusCode;
use serde_json::json;

use super::harness::{PASSWORD, Send as _, alone, registration};

#[tokio::test]
async fn a_person_registers_logs_in_and_is_known() {
    let (instance, database) = alone().await;
    let registration = registration();
    let answer = instance.post("/api/auth/register", &registration).answer(StatusCode::CREATED).await;
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 600);
    assert_eq!(answer.body["user"]["email"], registration["email"]);
    assert_eq!(answer.body["user"]["role"], "user");
    assert_eq!((answer.header("x-instance-id"), answer.header("cache-control")), ("backend-1", "no-store"));
    assert!(answer.headers.get("set-cookie").is_none());

    let shouted = registration["email"].as_str().unwrap().to_uppercase();
    let login = json!({"email": shouted, "password": PASSWORD});
    let session = instance.post("/api/auth/login", &login).answer(StatusCode::OK).await;
    assert_eq!(session.body["user"], answer.body["user"]);
    let me = instance.get("/api/auth/me").bearer_auth(session.body["access_token"].as_str().unwrap());
    assert_eq!(me.answer(StatusCode::OK).await.body, answer.body["user"]);
    assert_eq!((database.count("sessions"), database.count("audit_log")), (2, 2));
    let by_themselves = database.count("audit_log WHERE actor_id IS NULL AND address = '127.0.0.1'");
    assert_eq!(by_themselves, 2, "who did it, and from where");
}

#[tokio::test]
async fn an_address_is_taken_in_any_spelling() {
    let (instance, _database) = alone().await;
    let mut registration = registration();
    instance.post("/api/auth/register", &registration).answer(StatusCode::CREATED).await;
    registration["email"] = registration["email"].as_str().unwrap().to_uppercase().into();
    instance.post("/api/auth/register", &registration).problem(409, "email_taken").await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let refused = async |email: &str, password: &str| {
        let login = instance.post("/api/auth/login", &json!({"email": email, "password": password}));
        let mut answer = login.problem(401, "invalid_credentials").await;
        answer.body["request_id"] = "".into();
        answer.body
    };
    let wrong = refused(&person.email, "wrong horse").await;
    assert_eq!(wrong, refused("nobody@example.com", "wrong horse").await);
    assert_eq!(wrong, refused(&person.email, "x").await);
}

#[tokio::test]
async fn a_suspended_account_says_so_to_its_owner_alone() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let me = || instance.get("/api/auth/me").bearer_auth(&person.access_token);
    let answer = me().answer(StatusCode::OK).await.body;
    let shown = ["email_verified", "language", "theme", "status"].map(|field| answer[field].clone());
    assert_eq!(shown, [json!(false), json!(null), json!("system"), json!("active")]);

    database.execute("UPDATE users SET suspended_at = created_at");
    assert_eq!(me().answer(StatusCode::OK).await.body["status"], "suspended");
    let login = |password: &str| {
        instance.post("/api/auth/login", &json!({"email": person.email, "password": password}))
    };
    login("wrong horse battery").problem(401, "invalid_credentials").await;
    let keyed = || login(PASSWORD).header("idempotency-key", "again");
    keyed().problem(403, "account_suspended").await;
    let refresh = || instance.post("/api/auth/refresh", &json!({"refresh_token": person.refresh_token}));
    refresh().problem(403, "account_suspended").await;

    database.execute("UPDATE users SET suspended_at = NULL");
    keyed().answer(StatusCode::OK).await;
    refresh().answer(StatusCode::OK).await;
}

#[tokio::test]
async fn a_refresh_token_is_good_for_one_refresh_and_a_short_grace() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let refresh = |token: &str| instance.post("/api/auth/refresh", &json!({"refresh_token": token}));
    let second = refresh(&person.refresh_token).answer(StatusCode::OK).await;
    let second_token = second.body["refresh_token"].as_str().unwrap();
    assert_ne!(second_token, person.refresh_token);
    assert_ne!(second.body["access_token"], person.access_token.as_str());
    // The parent in its grace: a client that lost the answer.
    let again = refresh(&person.refresh_token).answer(StatusCode::OK).await;
    assert_eq!(again.body["refresh_token"], second_token);
    refresh(second_token).answer(StatusCode::OK).await;
    // By now it is a grandparent: two parties hold the family, which ends.
    refresh(&person.refresh_token).problem(401, "refresh_token_invalid").await;
    refresh(second_token).problem(401, "refresh_token_invalid").await;
}

#[tokio::test]
async fn refreshes_at_once_all_succeed() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let refresh = || instance.post("/api/auth/refresh", &json!({"refresh_token": person.refresh_token}));
    let answers = futures::future::join_all((0..5).map(|_| refresh().done())).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let (instance, _database) = alone().await;
    for body in [json!({}), json!({"refresh_token": ""}), json!({"refresh_token": "x".repeat(1000)})] {
        instance.post("/api/auth/refresh", &body).problem(401, "refresh_token_invalid").await;
    }
    let answer =
        instance.post("/api/auth/refresh", &json!({"refresh_token": 7})).problem(422, "validation_failed");
    assert_eq!(answer.await.body["errors"]["refresh_token"][0], "must be a string");
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let (instance, _database) = alone().await;
    let refresh = |token: &str| instance.post("/api/auth/refresh", &json!({"refresh_token": token}));
    let person = instance.register().await;
    let logout = instance.call(reqwest::Method::POST, "/api/auth/logout");
    logout.bearer_auth(&person.access_token).answer(StatusCode::NO_CONTENT).await;
    refresh(&person.refresh_token).problem(401, "refresh_token_invalid").await;

    let person = instance.register().await;
    let logout = || instance.post("/api/auth/logout", &json!({"refresh_token": person.refresh_token}));
    logout().answer(StatusCode::NO_CONTENT).await;
    logout().answer(StatusCode::NO_CONTENT).await;
    refresh(&person.refresh_token).problem(401, "refresh_token_invalid").await;
    instance.call(reqwest::Method::POST, "/api/auth/logout").problem(401, "token_missing").await;
}

#[tokio::test]
async fn a_session_may_live_in_a_cookie() {
    let (instance, _database) = alone().await;
    let mut registration = registration();
    registration["session"] = "cookie".into();
    let answer = instance.post("/api/auth/register", &registration).answer(StatusCode::CREATED).await;
    assert!(answer.body.get("refresh_token").is_none(), "{answer:?}");
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let pair = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = |path| instance.call(reqwest::Method::POST, path).header("cookie", &pair);
    let refreshed = with_cookie("/api/auth/refresh").answer(StatusCode::OK).await;
    assert!(refreshed.body.get("refresh_token").is_none());
    let new_pair = refreshed.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_ne!(new_pair, pair);
    let ended = with_cookie("/api/auth/logout").answer(StatusCode::NO_CONTENT).await;
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    let again = instance.call(reqwest::Method::POST, "/api/auth/refresh").header("cookie", new_pair);
    again.problem(401, "refresh_token_invalid").await;
}

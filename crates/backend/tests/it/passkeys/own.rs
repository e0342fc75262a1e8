//! Several passkeys, and the accounts they belong to.

use reqwest::StatusCode;
use serde_json::json;

use super::super::api::harness::{Database, PASSWORD, Send as _};
use super::super::api::mailbox::Mailbox;
use super::*;

/// The account has no password, as those that a provider has made.
fn without_password(database: &Database, person: &Person) {
    let nobody = backend::domain::PasswordHash::of_nobody();
    let set =
        format!("UPDATE users SET password_hash = '{}' WHERE email = '{}'", nobody.as_phc(), person.email);
    database.execute(&set);
}

#[tokio::test]
async fn a_person_has_several_and_names_them() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (person, first_device, first) = owner(&instance).await;
    let token = &person.access_token;
    let (mut second_device, second) = registered(&instance, token).await;
    let rename = |passkey: &Value, name: &str| {
        on(&instance, Method::PATCH, token, passkey).json(&json!({"name": name}))
    };
    assert_eq!(rename(&second, "Key on my ring").answer(StatusCode::OK).await.body["name"], "Key on my ring");
    rename(&second, " ").problem(422, "validation_failed").await;
    let shown = listed(&instance, token).await;
    let names: Vec<_> = shown["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!((names[1], &shown["has_password"]), (&json!("Key on my ring"), &json!(true)));
    assert!(!names[0].as_str().unwrap().is_empty(), "one without a name is called after the client");

    let (stranger, _, _) = owner(&instance).await;
    for id in [&second, &json!({"id": "00000000-0000-0000-0000-000000000000"}), &json!({"id": "x"})] {
        let body = json!({"name": "Mine"});
        let rename = on(&instance, Method::PATCH, &stranger.access_token, id).json(&body);
        rename.problem(404, "passkey_not_found").await;
        let remove = on(&instance, Method::DELETE, &stranger.access_token, id);
        remove.problem(404, "passkey_not_found").await;
    }
    let remove = || on(&instance, Method::DELETE, token, &first).header("idempotency-key", "remove");
    remove().answer(StatusCode::NO_CONTENT).await;
    remove().answer(StatusCode::NO_CONTENT).await;
    let gone = log_in(&instance, &mut first_device.clone()).await;
    super::super::api::harness::check_problem(&gone, 401, "unknown_passkey");
    assert_eq!(log_in(&instance, &mut second_device).await.status, StatusCode::OK);
    let export = instance.get("/api/account/export").bearer_auth(token).answer(StatusCode::OK).await.body;
    assert_eq!(export["passkeys"].as_array().unwrap().len(), 1);
    assert_eq!(export["passkeys"][0]["name"], "Key on my ring");
    for (action, times) in [("passkey.added", 3), ("passkey.renamed", 1), ("passkey.removed", 1)] {
        assert_eq!(audited(&database, action), times, "{action}");
    }
    // All of it goes with the account.
    database.execute(&format!("DELETE FROM users WHERE email = '{}'", person.email));
    assert_eq!(database.count("passkeys"), 2 - 1);
}

#[tokio::test]
async fn a_person_has_twenty_at_most() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (person, _, _) = owner(&instance).await;
    let begun = begin(&instance, &person.access_token).await;
    let credential = Device::new().create(&begun["public_key"]).await;
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19)
         INSERT INTO passkeys (id, user_id, credential_hash, credential, name, created_at)
         SELECT printf('00000000-0000-0000-0000-%012d', i), user_id, randomblob(32), credential, name, created_at
         FROM n, passkeys",
    );
    let full = add(&instance, &person.access_token, &begun, &credential);
    full.problem(409, "too_many_passkeys").await;
    let begin = instance.get("/api/auth/passkeys/registration").bearer_auth(&person.access_token);
    begin.problem(409, "too_many_passkeys").await;
}

#[tokio::test]
async fn an_account_without_a_password_keeps_its_last_passkey() {
    let database = Database::new();
    let instance = instance(&database).await;
    let (person, mut device, first) = owner(&instance).await;
    let token = &person.access_token;
    let (_, second) = registered(&instance, token).await;
    without_password(&database, &person);
    // One that is switched off is no way in.
    let disable =
        format!("UPDATE passkeys SET disabled_at = 1 WHERE id = '{}'", second["id"].as_str().unwrap());
    database.execute(&disable);
    on(&instance, Method::DELETE, token, &first).problem(409, "last_way_in").await;
    assert_eq!(log_in(&instance, &mut device).await.status, StatusCode::OK);
    on(&instance, Method::DELETE, token, &second).answer(StatusCode::NO_CONTENT).await;
    on(&instance, Method::DELETE, token, &first).problem(409, "last_way_in").await;
    registered(&instance, token).await;
    on(&instance, Method::DELETE, token, &first).answer(StatusCode::NO_CONTENT).await;
    assert_eq!(listed(&instance, token).await["has_password"], false);
}

#[tokio::test]
async fn accounts_are_let_in_as_by_the_password() {
    let database = Database::new();
    let (instance, mailbox) = (instance(&database).await, Mailbox::of(&database));
    let (person, mut device, _) = owner(&instance).await;
    let token = &person.access_token;
    // Nobody has verified the address yet.
    assert_eq!(log_in(&instance, &mut device).await.status, StatusCode::OK);
    database.execute("UPDATE users SET suspended_at = 1");
    let suspended = log_in(&instance, &mut device).await;
    super::super::api::harness::check_problem(&suspended, 403, "account_suspended");
    database.execute("UPDATE users SET suspended_at = NULL");
    let close = instance.call(Method::DELETE, "/api/account").bearer_auth(token);
    close.json(&json!({"current_password": PASSWORD})).answer(StatusCode::ACCEPTED).await;
    let closing = Person::from(log_in(&instance, &mut device).await);
    let reopen = bearer(&instance, &closing.access_token, "/api/account/reopen", &json!({}));
    reopen.answer(StatusCode::OK).await;

    // Whoever resets the password of an unproved address may not be the one who made the passkey.
    let forgot = json!({"email": person.email});
    instance.post("/api/auth/password/forgot", &forgot).answer(StatusCode::ACCEPTED).await;
    let reset = json!({"token": mailbox.last_code(&person.email).1, "new_password": "another good phrase"});
    instance.post("/api/auth/password/reset", &reset).answer(StatusCode::NO_CONTENT).await;
    let forgotten = log_in(&instance, &mut device).await;
    super::super::api::harness::check_problem(&forgotten, 401, "unknown_passkey");
}

#[tokio::test]
async fn a_page_without_a_domain_has_no_passkeys() {
    let database = Database::new();
    let nowhere = Instance::start_with(&database, &[("PUBLIC_URL", "https://203.0.113.7")]).await;
    let person = nowhere.register().await;
    nowhere.get(LOGIN).problem(404, "passkeys_unavailable").await;
    let begin = nowhere.get("/api/auth/passkeys/registration").bearer_auth(&person.access_token);
    begin.problem(404, "passkeys_unavailable").await;
    let shown = listed(&nowhere, &person.access_token).await;
    assert_eq!((&shown["rp_id"], &shown["origin"]), (&json!(null), &json!(null)));

    // As `local-cluster` has it.
    let local = Instance::start_with(&database, &[("PUBLIC_URL", "http://127.0.0.1:3000")]).await;
    let begun = super::begin(&local, &person.access_token).await;
    assert_eq!(begun["public_key"]["rp"]["id"], "localhost");
    let mut device = Device { origin: "http://localhost:3000", ..Device::new() };
    let credential = device.create(&begun["public_key"]).await;
    add(&local, &person.access_token, &begun, &credential).answer(StatusCode::CREATED).await;
    assert_eq!(log_in(&local, &mut device).await.status, StatusCode::OK);
    assert_eq!(listed(&local, &person.access_token).await["origin"], "http://localhost:3000");
}

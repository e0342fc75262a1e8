//! The own account as a whole.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{PASSWORD, Person, Send as _, alone};
use super::mailbox::Mailbox;

#[tokio::test]
async fn name_language_and_theme_are_changed() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let update = |body: &Value| {
        instance.call(Method::PATCH, "/api/account").bearer_auth(&person.access_token).json(body)
    };
    let changed = update(&json!({"full_name": " Ada King ", "language": "de-AT", "theme": "dark"}));
    let changed = changed.answer(StatusCode::OK).await.body;
    let shown = ["full_name", "language", "theme"].map(|field| changed[field].clone());
    assert_eq!(shown, [json!("Ada King"), json!("de-AT"), json!("dark")]);
    let kept = update(&json!({"theme": "light", "language": null})).answer(StatusCode::OK).await.body;
    let shown = ["full_name", "language", "theme"].map(|field| kept[field].clone());
    assert_eq!(shown, [json!("Ada King"), json!("de-AT"), json!("light")]);
    let me = instance.get("/api/auth/me").bearer_auth(&person.access_token);
    assert_eq!(me.answer(StatusCode::OK).await.body, kept);
    for bad in [
        json!({"theme": "sepia"}),
        json!({"language": "de_AT"}),
        json!({"full_name": " "}),
        json!({"role": "admin"}),
    ] {
        update(&bad).problem(422, "validation_failed").await;
    }
    let names = futures::future::join_all(
        (0..5).map(|number| update(&json!({"full_name": format!("Ada {number}")})).answer(StatusCode::OK)),
    );
    assert_eq!(names.await.len(), 5, "changes at once all succeed");
    assert_eq!(database.count("audit_log WHERE action = 'account.updated'"), 7);
    instance.call(Method::PATCH, "/api/account").json(&json!({})).problem(401, "token_missing").await;
}

#[tokio::test]
async fn a_closed_account_can_be_opened_again_within_the_grace() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let close = |token: &str, password: &str| {
        let call = instance.call(Method::DELETE, "/api/account").bearer_auth(token);
        call.json(&json!({"current_password": password}))
    };
    let reopen = |token: &str| instance.call(Method::POST, "/api/account/reopen").bearer_auth(token);
    assert_eq!(reopen(&person.access_token).answer(StatusCode::OK).await.body["status"], "active");
    close(&person.access_token, "wrong horse battery").problem(401, "invalid_credentials").await;
    let keyed = || close(&person.access_token, PASSWORD).header("idempotency-key", "close");
    let closing = keyed().answer(StatusCode::ACCEPTED).await;
    assert_eq!(keyed().answer(StatusCode::ACCEPTED).await.body, closing.body);
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "account_closing"]);
    let refresh = json!({"refresh_token": person.refresh_token});
    instance.post("/api/auth/refresh", &refresh).problem(401, "refresh_token_invalid").await;

    let login = json!({"email": person.email, "password": PASSWORD});
    let session = instance.post("/api/auth/login", &login).answer(StatusCode::OK).await;
    let user = &session.body["user"];
    assert_eq!((&user["status"], &user["closing_at"]), (&json!("closing"), &closing.body["closing_at"]));
    let back = Person::from(session);
    assert_eq!(close(&back.access_token, PASSWORD).answer(StatusCode::ACCEPTED).await.body, closing.body);
    let reopened = reopen(&back.access_token).answer(StatusCode::OK).await;
    assert_eq!((&reopened.body["status"], reopened.body.get("closing_at")), (&json!("active"), None));
    assert_eq!(database.count("users WHERE closing_at IS NOT NULL"), 0);
}

#[tokio::test]
async fn all_that_is_kept_of_a_person_can_be_taken_along() {
    let (instance, _database) = alone().await;
    let (person, _other) = (instance.register().await, instance.register().await);
    let step = json!({"status": "completed", "data": {"job_title": "Engineer"}});
    let save = instance.put("/api/onboarding/steps/profile", &step).bearer_auth(&person.access_token);
    save.answer(StatusCode::OK).await;
    let export = instance.get("/api/account/export").bearer_auth(&person.access_token);
    let export = export.answer(StatusCode::OK).await;
    assert_eq!(export.header("content-disposition"), "attachment; filename=\"account.json\"");
    assert_eq!(export.header("cache-control"), "no-store");
    let body = &export.body;
    assert_eq!(body["account"]["email"], person.email);
    assert_eq!(body["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(body["onboarding"]["steps"][1]["data"]["job_title"], "Engineer");
    let actions: Vec<_> = body["audit_log"].as_array().unwrap().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["onboarding.step_saved", "user.registered"]);
    assert!(!export.text.contains("argon2"), "no hash leaves the database");
    instance.get("/api/account/export").problem(401, "token_missing").await;
}

//! What may be chosen as a password and a name, and what was chosen before.

use argon2::{Argon2, PasswordHasher as _};
use reqwest::StatusCode;
use serde_json::json;

use super::harness::{PASSWORD, Send as _, alone, registration};

#[tokio::test]
async fn each_refusal_of_a_password_has_a_text_of_its_own() {
    let (instance, database) = alone().await;
    let refused = async |password: &str| {
        let body =
            json!({"email": "grace.hopper@example.com", "password": password, "full_name": "Grace Murray"});
        let answer = instance.post("/api/auth/register", &body).problem(422, "validation_failed").await;
        assert_eq!(answer.body["errors"].as_object().unwrap().len(), 1, "{answer:?}");
        answer.body["errors"]["password"][0].as_str().unwrap().to_owned()
    };
    let table = [
        ("", "must not be empty"),
        ("1234567", "must be at least 8 characters long"),
        (&"x".repeat(129), "must be at most 128 characters long"),
        (" \t \u{3000}  \u{200B} ", "must contain a visible character"),
        ("Sunshine1", "must not be one of the most common passwords"),
        ("GRACE.HOPPER@example.com", "must not contain the e-mail address or the part before its @"),
        ("xx grace hopper xx", "must not contain the e-mail address or the part before its @"),
        ("1906-MURRAY-1992", "must not contain the name"),
        ("waymark for ever", "must not contain the name of this service"),
    ];
    for (password, reason) in table {
        assert_eq!(refused(password).await, reason, "{password:?}");
    }
    assert_eq!(database.count("users"), 0);
}

#[tokio::test]
async fn a_password_is_the_same_however_it_is_typed() {
    let (instance, _database) = alone().await;
    let mut registration = registration();
    registration["password"] = "cafe\u{301} au lait".into();
    instance.post("/api/auth/register", &registration).answer(StatusCode::CREATED).await;
    for password in ["café au lait", "cafe\u{301} au lait"] {
        let login = json!({"email": registration["email"], "password": password});
        instance.post("/api/auth/login", &login).answer(StatusCode::OK).await;
    }
}

#[tokio::test]
async fn a_hash_of_before_goes_on_and_is_replaced() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let typed = "cafe\u{301} au lait";
    let before = Argon2::default().hash_password(typed.as_bytes()).unwrap();
    database.execute(&format!("UPDATE users SET password_hash = '{before}'"));
    let login = |password: &str| {
        instance.post("/api/auth/login", &json!({"email": person.email, "password": password}))
    };
    login(PASSWORD).problem(401, "invalid_credentials").await;
    login("café au lait").problem(401, "invalid_credentials").await;
    login(typed).answer(StatusCode::OK).await;
    assert_eq!(database.count(&format!("users WHERE password_hash = '{before}'")), 0);
    for password in ["café au lait", typed] {
        login(password).answer(StatusCode::OK).await;
    }
}

#[tokio::test]
async fn names_that_deceive_are_refused() {
    let (instance, _database) = alone().await;
    for (name, reason) in [
        ("Ada \u{202E}ecalevoL", "must not contain characters that change the direction of text"),
        ("\u{200B}\u{3164}", "must contain a visible character"),
        ("Ada\u{FFFF}", "must not contain non-characters"),
    ] {
        let mut registration = registration();
        registration["full_name"] = name.into();
        let answer =
            instance.post("/api/auth/register", &registration).problem(422, "validation_failed").await;
        assert_eq!(answer.body["errors"]["full_name"][0], reason);
    }
    let mut registration = registration();
    registration["full_name"] = "Ame\u{301}lie 👩\u{200D}🚀".into();
    let answer = instance.post("/api/auth/register", &registration).answer(StatusCode::CREATED).await;
    assert_eq!(answer.body["user"]["full_name"], "Amélie 👩\u{200D}🚀");
}

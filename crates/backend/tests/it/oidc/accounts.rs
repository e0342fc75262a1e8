//! Whose account an identity opens.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::super::api::harness::{PASSWORD, Send as _, check_problem};
use super::super::api::mailbox::Mailbox;
use super::{Lie, Stage, Visitor, audited};

#[tokio::test]
async fn a_new_person_gets_an_account_and_is_known_again_whatever_their_address_is() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::of(&stage.database);
    let mut visitor = Visitor::new();
    let email = visitor.email.clone().unwrap();
    let first = stage.come("fake", &visitor, Lie::None).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let user = &first.body["user"];
    assert_eq!((&user["email"], &user["full_name"]), (&json!(email), &json!("Grace Hopper")));
    assert_eq!((&user["email_verified"], &user["role"]), (&json!(true), &json!("user")));
    assert!(mailbox.kinds(&email).is_empty());
    assert_eq!(stage.me(&first).await["id"], user["id"]);
    let token = first.body["access_token"].as_str().unwrap();
    stage.instance.get("/api/onboarding").bearer_auth(token).answer(StatusCode::OK).await;

    visitor.email = Some("moved@example.org".into());
    let second = stage.come("fake", &visitor, Lie::None).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!(second.body["user"], *user, "the account keeps its own address");
    assert_eq!(audited(&stage.database, "user.registered"), ["fake"]);
    assert_eq!(audited(&stage.database, "user.logged_in").len(), 1);
}

#[tokio::test]
async fn the_session_may_be_a_cookie() {
    let stage = Stage::set().await;
    let begun = stage.start("fake").await;
    let (state, code) = stage.provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    let body = json!({"state": state, "code": code, "session": "cookie"});
    let request = stage.instance.post("/api/auth/oidc/fake/callback", &body).header("cookie", &begun.cookie);
    let answer = request.answer(StatusCode::CREATED).await;
    assert_eq!(answer.body["refresh_token"], Value::Null);
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    let session = cookies.iter().find(|set| set.starts_with("refresh_token=")).unwrap();
    let cookie = session.split(';').next().unwrap();
    stage
        .instance
        .post("/api/auth/refresh", &json!({}))
        .header("cookie", cookie)
        .answer(StatusCode::OK)
        .await;
}

#[tokio::test]
async fn a_new_account_has_the_language_that_the_browser_asks_for() {
    let stage = Stage::set().await;
    let begun = stage.start("fake").await;
    let (state, code) = stage.provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    let returned = begun.finish(&stage.instance, "fake", &state, &code);
    let answer = returned.header("accept-language", "de-CH, en;q=0.5").answer(StatusCode::CREATED).await;
    assert_eq!(answer.body["user"]["language"], "de-CH");
}

#[tokio::test]
async fn what_only_user_info_tells_is_asked_for() {
    let stage = Stage::set().await;
    let visitor = Visitor { by_user_info: true, email_verified: json!("true"), ..Visitor::new() };
    let answer = stage.come("fake", &visitor, Lie::None).await;
    assert_eq!(answer.body["user"]["email"], json!(visitor.email), "{answer:?}");
    assert_eq!(answer.body["user"]["email_verified"], true, "some write booleans as texts");
    let silent = Visitor { email: None, ..Visitor::new() };
    check_problem(&stage.come("fake", &silent, Lie::None).await, 403, "oidc_email_missing");
    let nameless = Visitor { name: None, ..Visitor::with_email("grace.h@example.net") };
    assert_eq!(stage.come("fake", &nameless, Lie::None).await.body["user"]["full_name"], "grace.h");
}

#[tokio::test]
async fn an_unproved_address_is_proved_by_a_mail_as_after_any_registration() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::of(&stage.database);
    for (provider, verified) in [("doubtful", true), ("fake", false)] {
        let visitor = Visitor { email_verified: verified.into(), ..Visitor::new() };
        let email = visitor.email.clone().unwrap();
        let answer = stage.come(provider, &visitor, Lie::None).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.body["user"]["email_verified"], false);
        let (_, token) = mailbox.last_code(&email);
        let verify = stage.instance.post("/api/auth/email/verify", &json!({"token": token}));
        verify.answer(StatusCode::NO_CONTENT).await;
        assert_eq!(stage.me(&answer).await["email_verified"], true);
    }
}

#[tokio::test]
async fn an_account_is_never_merged_by_an_address_that_not_both_have_proved() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::of(&stage.database);
    for (provider, theirs, ours, status) in [
        ("fake", true, true, 200),
        ("fake", true, false, 409),
        ("fake", false, true, 409),
        ("fake", false, false, 409),
        ("doubtful", true, true, 409),
        ("doubtful", false, false, 409),
    ] {
        let person = stage.instance.register().await;
        if ours {
            let (_, token) = mailbox.last_code(&person.email);
            let verify = stage.instance.post("/api/auth/email/verify", &json!({"token": token}));
            verify.answer(StatusCode::NO_CONTENT).await;
        }
        let shouted = person.email.to_uppercase();
        let visitor = Visitor { email_verified: theirs.into(), ..Visitor::with_email(&shouted) };
        let answer = stage.come(provider, &visitor, Lie::None).await;
        assert_eq!(answer.status.as_u16(), status, "{provider} {theirs} {ours}: {answer:?}");
        if status == 409 {
            check_problem(&answer, 409, "account_exists");
        } else {
            assert_eq!(answer.body["user"]["email"], json!(person.email));
            assert_eq!(mailbox.kinds(&person.email).last(), Some(&"way_in_added"));
        }
    }
    assert_eq!(stage.database.count("oidc_identities"), 1);
}

#[tokio::test]
async fn a_suspended_account_is_not_opened() {
    let stage = Stage::set().await;
    let visitor = Visitor::new();
    assert_eq!(stage.come("fake", &visitor, Lie::None).await.status, StatusCode::CREATED);
    stage.database.execute("UPDATE users SET suspended_at = 1");
    check_problem(&stage.come("fake", &visitor, Lie::None).await, 403, "account_suspended");
}

#[tokio::test]
async fn a_person_without_a_password_chooses_one_by_the_link() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::of(&stage.database);
    let visitor = Visitor::new();
    let email = visitor.email.clone().unwrap();
    let session = stage.come("fake", &visitor, Lie::None).await;
    let token = session.body["access_token"].as_str().unwrap();
    let log_in = |password: &str| {
        stage.instance.post("/api/auth/login", &json!({"email": email, "password": password}))
    };
    log_in(PASSWORD).problem(401, "invalid_credentials").await;
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"});
    let change = stage.instance.post("/api/auth/password/change", &change).bearer_auth(token);
    change.problem(409, "password_missing").await;
    stage
        .instance
        .post("/api/auth/password/forgot", &json!({"email": email}))
        .answer(StatusCode::ACCEPTED)
        .await;
    let (_, link) = mailbox.last_code(&email);
    let reset = json!({"token": link, "new_password": PASSWORD});
    stage.instance.post("/api/auth/password/reset", &reset).answer(StatusCode::NO_CONTENT).await;
    log_in(PASSWORD).answer(StatusCode::OK).await;
    let again = stage.come("fake", &visitor, Lie::None).await;
    assert_eq!(
        again.status,
        StatusCode::OK,
        "the address was verified, so that the provider stays: {again:?}"
    );
}

#[tokio::test]
async fn whoever_made_an_account_with_anothers_address_is_out_when_the_other_comes() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::of(&stage.database);
    let victim = format!("victim.{}@example.com", uuid::Uuid::new_v4().simple());
    let attacker = Visitor { email_verified: false.into(), ..Visitor::with_email(&victim) };
    assert_eq!(stage.come("doubtful", &attacker, Lie::None).await.status, StatusCode::CREATED);
    stage
        .instance
        .post("/api/auth/password/forgot", &json!({"email": victim}))
        .answer(StatusCode::ACCEPTED)
        .await;
    let (_, link) = mailbox.last_code(&victim);
    let reset = json!({"token": link, "new_password": PASSWORD});
    stage.instance.post("/api/auth/password/reset", &reset).answer(StatusCode::NO_CONTENT).await;
    check_problem(&stage.come("doubtful", &attacker, Lie::None).await, 409, "account_exists");
}

//! Sensitive calls want a proof that is not old.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use super::authenticator::{Protected, bearer, protected};
use super::harness::{Answer, Instance, PASSWORD, Person, Send as _, aged, alone};

fn token(answer: &Answer) -> String {
    answer.body["access_token"].as_str().unwrap().to_owned()
}

fn change_password(instance: &Instance, token: &str) -> RequestBuilder {
    let change = json!({"current_password": PASSWORD, "new_password": "another good phrase"});
    bearer(instance, token, "/api/auth/password/change", &change)
}

#[tokio::test]
async fn people_without_a_second_factor_see_no_change_where_they_give_the_password_anyway() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let person = aged(&instance, &database, &person).await;
    let email = json!({"new_email": "ada@elsewhere.example", "current_password": PASSWORD});
    let email = bearer(&instance, &person.access_token, "/api/auth/email/change", &email);
    email.answer(StatusCode::ACCEPTED).await;
    change_password(&instance, &person.access_token).answer(StatusCode::NO_CONTENT).await;
    let close = instance.call(Method::DELETE, "/api/account").bearer_auth(&person.access_token);
    close.json(&json!({"current_password": "another good phrase"})).answer(StatusCode::ACCEPTED).await;
}

#[tokio::test]
async fn an_admin_proves_again_what_is_an_hour_old() {
    let (instance, database) = alone().await;
    let (admin, user) = (instance.register().await, instance.register().await);
    database.execute(&format!("UPDATE users SET role = 'admin' WHERE email = '{}'", admin.email));
    let me = instance.get("/api/auth/me").bearer_auth(&user.access_token).answer(StatusCode::OK).await;
    let path = format!("/api/admin/users/{}/suspend", me.body["id"].as_str().unwrap());
    let suspend = |token: &str| {
        let call = bearer(&instance, token, &path, &json!({"reason": "asked for it"}));
        call.header("idempotency-key", "suspend")
    };
    let old = aged(&instance, &database, &admin).await;
    let refused = suspend(&old.access_token).problem(403, "step_up_required").await;
    let needed = json!({"acr": "aal1", "max_age": 900, "factors": ["password"]});
    assert_eq!(refused.body["step_up"], needed);
    assert_eq!(
        refused.header("www-authenticate"),
        r#"Bearer error="insufficient_user_authentication", acr_values="aal1", max_age="900""#
    );
    // What is only looked at needs no proof, and who is no admin is told so first.
    instance.get("/api/admin/users").bearer_auth(&old.access_token).answer(StatusCode::OK).await;
    suspend(&user.access_token).problem(403, "forbidden").await;
    let step_up = |password: &str| {
        bearer(&instance, &old.access_token, "/api/auth/step-up", &json!({"password": password}))
    };
    step_up("wrong horse battery").problem(401, "invalid_credentials").await;
    let code = bearer(&instance, &old.access_token, "/api/auth/step-up", &json!({"code": "123456"}));
    code.problem(409, "no_second_factor").await;
    let fresh = step_up(PASSWORD).answer(StatusCode::OK).await;
    assert_eq!((&fresh.body["acr"], &fresh.body["token_type"]), (&json!("aal1"), &json!("Bearer")));
    // The refusal was not kept for the key.
    suspend(&token(&fresh)).answer(StatusCode::NO_CONTENT).await;
    // Later tokens of the session know it, too.
    let refresh = json!({"refresh_token": old.refresh_token});
    let next = Person::from(instance.post("/api/auth/refresh", &refresh).answer(StatusCode::OK).await);
    let restore = path.replace("suspend", "restore");
    let restore = bearer(&instance, &next.access_token, &restore, &json!({"reason": "a mistake"}));
    restore.answer(StatusCode::NO_CONTENT).await;
    assert_eq!(
        database.count("audit_log WHERE action = 'session.stepped_up' AND subject LIKE '% password'"),
        1
    );
}

#[tokio::test]
async fn a_second_factor_is_needed_for_what_is_sensitive() {
    let (instance, database) = alone().await;
    // Of the registration, by the password alone.
    let Protected { person, app, recovery_codes, .. } = protected(&instance).await;
    let old = &person.access_token;
    let email = json!({"new_email": "ada@elsewhere.example", "current_password": PASSWORD});
    let sensitive = |token: &str| {
        [
            change_password(&instance, token),
            bearer(&instance, token, "/api/auth/email/change", &email),
            instance
                .call(Method::DELETE, "/api/account")
                .bearer_auth(token)
                .json(&json!({"current_password": PASSWORD})),
            bearer(&instance, token, "/api/auth/factors/totp", &json!({})),
            instance.call(Method::DELETE, "/api/auth/factors/totp").bearer_auth(token),
            bearer(&instance, token, "/api/auth/factors/recovery-codes", &json!({})),
        ]
    };
    for call in sensitive(old) {
        let refused = call.problem(403, "step_up_required").await;
        let needed = json!({"acr": "aal2", "max_age": 900, "factors": ["totp", "recovery_code"]});
        assert_eq!(refused.body["step_up"], needed);
    }
    let step_up = |proof: serde_json::Value| bearer(&instance, old, "/api/auth/step-up", &proof);
    step_up(json!({"password": PASSWORD})).problem(403, "step_up_required").await;
    step_up(json!({"code": app.wrong()})).problem(401, "invalid_second_factor").await;
    step_up(json!({})).problem(422, "validation_failed").await;
    step_up(json!({"password": PASSWORD, "code": app.code(1)})).problem(422, "validation_failed").await;
    let code = app.code(1);
    let keyed = || step_up(json!({"code": code})).header("idempotency-key", "prove");
    let fresh = keyed().answer(StatusCode::OK).await;
    assert_eq!(keyed().answer(StatusCode::OK).await.text, fresh.text);
    assert_eq!(fresh.body["acr"], "aal2");
    step_up(json!({"code": code})).problem(401, "invalid_second_factor").await;
    bearer(&instance, &token(&fresh), "/api/auth/email/change", &email).answer(StatusCode::ACCEPTED).await;
    // An hour later it is too old, whatever it was.
    let session = aged(&instance, &database, &person).await;
    let renew = |token: &str| bearer(&instance, token, "/api/auth/factors/recovery-codes", &json!({}));
    renew(&session.access_token).problem(403, "step_up_required").await;
    let recovery = json!({"recovery_code": recovery_codes[0]});
    let fresh = bearer(&instance, &session.access_token, "/api/auth/step-up", &recovery);
    let fresh = token(&fresh.answer(StatusCode::OK).await);
    renew(&fresh).answer(StatusCode::OK).await;
    change_password(&instance, &fresh).answer(StatusCode::NO_CONTENT).await;
    let off = || instance.call(Method::DELETE, "/api/auth/factors/totp").bearer_auth(&fresh);
    off().answer(StatusCode::NO_CONTENT).await;
    off().problem(409, "no_second_factor").await;
    assert_eq!(database.count("totp_factors") + database.count("recovery_codes"), 0);
}

#[tokio::test]
async fn a_token_of_an_earlier_version_is_as_good_as_an_old_one() {
    use service_kit::config::Secret;
    use service_kit::jwt::Keyring;

    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let keyring = Keyring::new(&Secret::new(super::harness::SECRET), &[]).unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let mut claims = keyring.open(&person.access_token, now).unwrap();
    (claims.acr, claims.auth_time) = (None, None);
    let old = keyring.seal(&claims);
    instance.get("/api/auth/me").bearer_auth(&old).answer(StatusCode::OK).await;
    bearer(&instance, &old, "/api/auth/factors/totp", &json!({})).problem(403, "step_up_required").await;
    change_password(&instance, &old).answer(StatusCode::NO_CONTENT).await;
}

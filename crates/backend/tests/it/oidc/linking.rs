//! Adding a provider to an account, and taking it away.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::super::api::authenticator::{second, switch_on};
use super::super::api::harness::{Answer, PASSWORD, Person, Send as _, check_problem};
use super::super::api::mailbox::Mailbox;
use super::{Begun, Lie, Stage, Visitor, audited};

const START: &str = "/api/auth/oidc/fake/link";

impl Stage {
    fn as_person(&self, person: &Person, path: &str, body: &Value) -> RequestBuilder {
        self.instance.post(path, body).bearer_auth(&person.access_token)
    }

    async fn link(&self, person: &Person, visitor: &Visitor, proof: Value) -> Answer {
        let begun = Begun::of(&self.as_person(person, START, &proof).done().await);
        let (state, code) = self.provider.log_in(&begun.url, visitor, Lie::None);
        let body = json!({"state": state, "code": code});
        let back = self.as_person(person, "/api/auth/oidc/fake/link/callback", &body);
        back.header("cookie", &begun.cookie).done().await
    }

    async fn identities(&self, person: &Person) -> Value {
        let list = self.instance.get("/api/auth/oidc/identities").bearer_auth(&person.access_token);
        list.answer(StatusCode::OK).await.body
    }

    fn unlink(&self, person: &Person, id: &Value) -> RequestBuilder {
        let path = format!("/api/auth/oidc/identities/{}", id.as_str().unwrap());
        self.instance.call(reqwest::Method::DELETE, &path).bearer_auth(&person.access_token)
    }
}

fn password() -> Value {
    json!({"current_password": PASSWORD})
}

#[tokio::test]
async fn whoever_knows_the_password_adds_a_provider_and_takes_it_away() {
    let stage = Stage::set().await;
    let mailbox = Mailbox::of(&stage.database);
    let (person, visitor) = (stage.instance.register().await, Visitor::new());
    let refused = stage.as_person(&person, START, &json!({})).problem(422, "validation_failed").await;
    assert!(refused.body["errors"]["current_password"].is_array(), "{refused:?}");
    let wrong = json!({"current_password": "wrong horse battery"});
    stage.as_person(&person, START, &wrong).problem(401, "invalid_credentials").await;
    stage.instance.post(START, &password()).problem(401, "token_missing").await;

    let linked = stage.link(&person, &visitor, password()).await;
    assert_eq!((linked.status, &linked.body["provider"]), (StatusCode::OK, &json!("fake")), "{linked:?}");
    let list = stage.identities(&person).await;
    assert_eq!((&list["items"], &list["has_password"]), (&json!([linked.body]), &json!(true)));
    let again = stage.link(&person, &visitor, password()).await;
    assert_eq!((again.status, &again.body["id"]), (StatusCode::OK, &linked.body["id"]));
    let session = stage.come("fake", &visitor, Lie::None).await;
    assert_eq!(session.body["user"]["email"], json!(person.email), "{session:?}");

    let export = stage.instance.get("/api/account/export").bearer_auth(&person.access_token).done().await;
    assert_eq!(export.body["oidc_identities"][0]["subject"], json!(visitor.subject), "{export:?}");

    let stranger = stage.instance.register().await;
    stage.unlink(&stranger, &linked.body["id"]).problem(404, "identity_not_found").await;
    let keyed = || stage.unlink(&person, &linked.body["id"]).header("idempotency-key", "unlink");
    keyed().answer(StatusCode::NO_CONTENT).await;
    keyed().answer(StatusCode::NO_CONTENT).await;
    stage.unlink(&person, &linked.body["id"]).problem(404, "identity_not_found").await;
    assert_eq!(mailbox.kinds(&person.email), ["verify_email", "way_in_added", "way_in_removed"]);
    assert_eq!(audited(&stage.database, "oidc.linked"), ["fake"]);
    assert_eq!(audited(&stage.database, "oidc.unlinked").len(), 1);
    let stranger = stage.come("fake", &visitor, Lie::None).await;
    assert_eq!(stranger.status, StatusCode::CREATED, "it opens that account no more");
}

#[tokio::test]
async fn an_identity_opens_one_account_only() {
    let stage = Stage::set().await;
    let (first, second) = (stage.instance.register().await, stage.instance.register().await);
    let visitor = Visitor::new();
    assert_eq!(stage.link(&first, &visitor, password()).await.status, StatusCode::OK);
    check_problem(&stage.link(&second, &visitor, password()).await, 409, "identity_taken");
    assert_eq!(stage.identities(&second).await["items"], json!([]));
}

#[tokio::test]
async fn the_last_way_in_stays_and_a_link_wants_a_fresh_session_where_there_is_no_password() {
    let stage = Stage::set().await;
    let (visitor, other) = (Visitor::new(), Visitor::new());
    let person = Person::from(stage.come("fake", &visitor, Lie::None).await);
    let list = stage.identities(&person).await;
    assert_eq!(list["has_password"], false);
    let first = &list["items"][0]["id"];
    stage.unlink(&person, first).problem(409, "last_way_in").await;
    let second = stage.link(&person, &other, json!({})).await;
    assert_eq!(second.status, StatusCode::OK, "{second:?}");
    stage.unlink(&person, first).answer(StatusCode::NO_CONTENT).await;
    stage.unlink(&person, &second.body["id"]).problem(409, "last_way_in").await;
    stage.database.execute("UPDATE sessions SET created_at = created_at - 600000");
    stage.as_person(&person, START, &json!({})).problem(403, "session_too_old").await;
}

#[tokio::test]
async fn a_second_factor_is_asked_for_whoever_comes_by_a_provider() {
    let stage = Stage::set().await;
    let (person, visitor) = (stage.instance.register().await, Visitor::new());
    assert_eq!(stage.link(&person, &visitor, password()).await.status, StatusCode::OK);
    let (app, _) = switch_on(&stage.instance, &person.access_token).await;
    // From now on, a session by the password alone adds no provider and takes none away.
    stage.as_person(&person, START, &password()).problem(403, "step_up_required").await;
    let own = stage.identities(&person).await["items"][0]["id"].clone();
    stage.unlink(&person, &own).problem(403, "step_up_required").await;
    let sessions = stage.database.count("sessions");
    let begun = stage.start("fake").await;
    let (state, code) = stage.provider.log_in(&begun.url, &visitor, Lie::None);
    let asked = begun.finish(&stage.instance, "fake", &state, &code).done().await;
    check_problem(&asked, 401, "second_factor_required");
    assert_eq!(stage.database.count("sessions"), sessions);
    begun.finish(&stage.instance, "fake", &state, &code).problem(410, "oidc_flow_used").await;
    let challenge = asked.body["second_factor"]["challenge"].as_str().unwrap();
    let wrong = second(&stage.instance, challenge, "code", &app.wrong());
    wrong.problem(401, "invalid_second_factor").await;
    let code = app.fresh(&stage.database);
    let session = second(&stage.instance, challenge, "code", &code).answer(StatusCode::OK).await;
    assert_eq!(session.body["user"]["email"], json!(person.email));
}

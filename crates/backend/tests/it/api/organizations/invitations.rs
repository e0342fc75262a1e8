//! Inviting and joining.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::harness::{Instance, PASSWORD, Person, Send as _, alone, registration};
use super::super::mailbox::Mailbox;
use super::{cluster, member, onboard, owner, statuses, token, verify};

#[tokio::test]
async fn whoever_is_invited_registers_and_finds_the_step_done() {
    let ([one, two, three], database, mailbox) = cluster().await;
    let owner = one.register().await;
    one.see(&owner, "/api/organization").problem(404, "no_organization").await;
    let email = format!("Grace.{}@Example.com", Uuid::new_v4().simple());
    two.invite(&owner, &email, "member").problem(404, "no_organization").await;
    onboard(&two, &owner, "Acme").await;
    let mine = three.see(&owner, "/api/organization").answer(StatusCode::OK).await.body;
    assert_eq!([&mine["name"], &mine["size"], &mine["role"]], ["Acme", "2-10", "owner"]);
    two.invite(&owner, &email, "member").problem(403, "email_not_verified").await;
    verify(&three, &mailbox, &owner).await;

    let keyed =
        |instance: &Instance| instance.invite(&owner, &email, "member").header("idempotency-key", "i");
    let invited = keyed(&one).answer(StatusCode::CREATED).await.body;
    assert_eq!(keyed(&two).answer(StatusCode::CREATED).await.body, invited);
    assert_eq!((&invited["state"], &invited["email"]), (&json!("pending"), &json!(email)));
    assert_eq!(mailbox.kinds(&email), ["invitation"], "a repetition sends no second mail");
    three.invite(&owner, &email.to_uppercase(), "member").problem(409, "already_invited").await;
    let token = token(&mailbox, &email);
    let look = two.post("/api/invitations/lookup", &json!({"token": token}));
    let look = look.answer(StatusCode::OK).await.body;
    assert_eq!([&look["organization"], &look["email"], &look["role"]], ["Acme", email.as_str(), "member"]);

    let registering = |email: &str| {
        let name = "Grace Hopper";
        json!({"email": email, "password": PASSWORD, "full_name": name, "invitation": token})
    };
    three.post("/api/auth/register", &registering("eve@example.com")).problem(403, "other_address").await;
    assert_eq!(database.count("users"), 1);
    let body = registering(&email.to_lowercase());
    let registered = three.post("/api/auth/register", &body).answer(StatusCode::CREATED).await;
    assert_eq!(registered.body["user"]["email_verified"], true, "the link has come by mail");
    let grace = Person::from(registered);
    assert_eq!(mailbox.kinds(&grace.email), ["invitation"; 0]);
    let state = one.see(&grace, "/api/onboarding").answer(StatusCode::OK).await.body;
    let step = &state["steps"][2];
    assert_eq!([&step["key"], &step["status"]], ["organization", "completed"]);
    let filled = json!({"name": "Acme", "size": "2-10", "website": "https://acme.example"});
    assert_eq!(step["data"], filled);
    let hers = two.see(&grace, "/api/organization").answer(StatusCode::OK).await.body;
    assert_eq!((&hers["id"], &hers["role"]), (&mine["id"], &json!("member")));
    let again = one.post("/api/invitations/lookup", &json!({"token": token}));
    again.problem(410, "invitation_used").await;
    for action in ["organization.member_invited", "user.registered"] {
        assert!(database.count(&format!("audit_log WHERE action = '{action}'")) > 0, "{action}");
    }
    // Whoever belongs to one makes no other by completing.
    one.invite(&grace, "x@example.com", "member").problem(409, "onboarding_incomplete").await;
    onboard(&one, &grace, "Other").await;
    let still = two.see(&grace, "/api/organization").answer(StatusCode::OK).await.body;
    assert_eq!((&still["id"], database.count("organizations")), (&mine["id"], 1));
    let members = three.see(&grace, "/api/organization/members?limit=1").answer(StatusCode::OK).await.body;
    let next = members["next_cursor"].as_str().unwrap();
    let path = format!("/api/organization/members?limit=1&cursor={next}");
    let rest = three.see(&grace, &path).answer(StatusCode::OK).await.body;
    let names = [&members["items"][0]["full_name"], &rest["items"][0]["full_name"]];
    assert_eq!(names, ["Ada Lovelace", "Grace Hopper"]);
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[tokio::test]
async fn of_many_accepts_at_once_one_succeeds() {
    let (instances, database, mailbox) = cluster().await;
    let owner = owner(&instances[0], &mailbox).await;
    let invited = instances[0].register().await;
    instances[0].invite(&owner, &invited.email, "owner").answer(StatusCode::CREATED).await;
    let token = token(&mailbox, &invited.email);
    let tries = (0..20).map(|number| instances[number % 3].accept(&invited, &token).done());
    let ends = join_all(tries).await;
    assert_eq!(statuses(&ends)[..1], [200]);
    assert!(statuses(&ends)[1..].iter().all(|status| *status == 410), "{:?}", statuses(&ends));
    assert_eq!(database.count("organization_members"), 2);
    assert_eq!(database.count("audit_log WHERE action = 'organization.invitation_accepted'"), 1);
    // With a key, each try is one and the same request.
    let other = instances[0].register().await;
    instances[1].invite(&owner, &other.email, "member").answer(StatusCode::CREATED).await;
    let token = super::token(&mailbox, &other.email);
    let keyed = (0..20).map(|number| {
        instances[number % 3].accept(&other, &token).header("idempotency-key", "accept").done()
    });
    let ends = join_all(keyed).await;
    assert!(ends.iter().all(|end| end.status == StatusCode::OK && end.body == ends[0].body), "{ends:?}");
    assert_eq!(database.count("organization_members"), 3);
}

#[tokio::test]
async fn an_answer_does_not_tell_whether_an_address_has_an_account() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let owner = owner(&instance, &mailbox).await;
    let known = instance.register().await;
    // Of another organization, which is nobody's business here either.
    onboard(&instance, &known, "Other").await;
    let unknown = registration()["email"].as_str().unwrap().to_owned();
    let mut shapes = Vec::new();
    for email in [&known.email, &unknown] {
        let mut answer = instance.invite(&owner, email, "member").answer(StatusCode::CREATED).await.body;
        assert_eq!(mailbox.kinds(email).last(), Some(&"invitation"));
        for differs in ["id", "email", "created_at", "sent_at", "expires_at"] {
            assert!(answer[differs].is_string());
            answer[differs] = Value::Null;
        }
        shapes.push(answer);
    }
    assert_eq!(shapes[0], shapes[1]);
    // Whoever has both the mail and the account is told.
    let token = token(&mailbox, &known.email);
    instance.accept(&known, &token).problem(409, "already_member").await;
    instance.accept(&owner, &token).problem(403, "other_address").await;
    instance.invite(&owner, &owner.email, "member").problem(409, "member_invited").await;
}

#[tokio::test]
async fn invitations_are_sent_again_and_taken_back() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let owner = owner(&instance, &mailbox).await;
    let language = json!({"language": "de"});
    instance.by(&owner, Method::PATCH, "/api/account").json(&language).answer(StatusCode::OK).await;
    let email = registration()["email"].as_str().unwrap().to_owned();
    let sent = instance.invite(&owner, &email, "owner").answer(StatusCode::CREATED).await.body;
    assert_eq!(mailbox.to(&email)[0].language.as_ref().unwrap().as_str(), "de");
    let path = format!("/api/organization/invitations/{}", sent["id"].as_str().unwrap());
    let again = || instance.ask(&owner, &format!("{path}/resend"), &json!({}));
    let early = again().problem(429, "resend_too_soon").await;
    assert_eq!(early.header("retry-after"), "600");
    let first = token(&mailbox, &email);
    database.execute("UPDATE invitations SET sent_at = sent_at - 600000");
    again().answer(StatusCode::OK).await;
    let second = token(&mailbox, &email);
    let look = |token: &str| instance.post("/api/invitations/lookup", &json!({"token": token}));
    look(&first).problem(410, "invitation_expired").await;
    look(&second).answer(StatusCode::OK).await;
    let person = member(&instance, &mailbox, &owner, "member").await;
    instance.by(&person, Method::DELETE, &path).problem(404, "unknown_invitation").await;
    let list = "/api/organization/invitations";
    let theirs = instance.see(&person, list).answer(StatusCode::OK).await.body;
    assert_eq!(theirs, json!({"items": [], "next_cursor": null}));
    for _ in 0..2 {
        instance.by(&owner, Method::DELETE, &path).answer(StatusCode::NO_CONTENT).await;
    }
    look(&second).problem(410, "invitation_expired").await;
    again().problem(409, "invitation_closed").await;
    let all = instance.see(&owner, list).answer(StatusCode::OK).await.body;
    let states: Vec<_> = all["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["revoked", "accepted"]);
    let expired = instance.invite(&owner, &email, "member").answer(StatusCode::CREATED).await.body;
    let id = expired["id"].as_str().unwrap();
    database.execute(&format!("UPDATE invitations SET expires_at = 1 WHERE id = '{id}'"));
    look(&token(&mailbox, &email)).problem(410, "invitation_expired").await;
    database.execute("UPDATE invitation_quotas SET mails = 50");
    let full = instance.invite(&owner, "y@example.com", "member").problem(429, "invitation_limit").await;
    assert!(!full.header("retry-after").is_empty());
    assert_eq!(mailbox.kinds("y@example.com").len(), 0);
    for bad in [json!({"email": "nobody"}), json!({"email": "a@b.example", "role": "admin"}), json!({})] {
        instance.ask(&owner, list, &bad).problem(422, "validation_failed").await;
    }
    instance.accept(&person, "nonsense").problem(410, "invitation_expired").await;
    instance.see(&owner, "/api/organization/members?cursor=x").problem(422, "validation_failed").await;
    let id = "/api/organization/invitations/7";
    instance.by(&owner, Method::DELETE, id).problem(400, "malformed_path").await;
}

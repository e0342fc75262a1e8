//! Mail domains.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::harness::{Person, Send as _, registration};
use super::{cluster, onboard, statuses, verify};

#[tokio::test]
async fn a_verified_domain_offers_its_organization() {
    let (instances, database, mailbox) = cluster().await;
    let domain = format!("{}.example", Uuid::new_v4().simple());
    let register = async |name: &str| {
        let mut body = registration();
        body["email"] = json!(format!("{name}@{domain}"));
        Person::from(instances[0].post("/api/auth/register", &body).answer(StatusCode::CREATED).await)
    };
    let owner = register("ada").await;
    onboard(&instances[0], &owner, "Acme").await;
    let claim =
        |domain: &str| instances[1].ask(&owner, "/api/organization/domains", &json!({"domain": domain}));
    claim(&domain).problem(403, "domain_not_proved").await;
    verify(&instances[2], &mailbox, &owner).await;
    claim("gmail.com").problem(422, "validation_failed").await;
    claim("other.example").problem(403, "domain_not_proved").await;
    let claimed = claim(&domain.to_uppercase()).answer(StatusCode::CREATED).await.body;
    assert_eq!((&claimed["domain"], &claimed["verified_at"]), (&json!(domain), &Value::Null));

    let colleague = register("grace").await;
    let offers = "/api/organizations/offers";
    let offered = async |person: &Person| {
        let body = instances[2].see(person, offers).answer(StatusCode::OK).await.body;
        body["items"].as_array().unwrap().clone()
    };
    verify(&instances[0], &mailbox, &colleague).await;
    assert_eq!(offered(&colleague).await.len(), 0);
    let admin = instances[0].register().await;
    database.execute(&format!("UPDATE users SET role = 'admin' WHERE email = '{}'", admin.email));
    let claims = instances[1].see(&admin, "/api/admin/domain-claims").answer(StatusCode::OK).await.body;
    let claim = &claims["items"][0];
    assert_eq!([&claim["domain"], &claim["organization_name"]], [domain.as_str(), "Acme"]);
    let organization = claim["organization_id"].as_str().unwrap();
    let path = format!("/api/admin/organizations/{organization}/domains/{domain}");
    let reason = json!({"reason": "their register says so"});
    let decide = |what: &str, by: &Person| instances[1].ask(by, &format!("{path}/{what}"), &reason);
    decide("approve", &owner).problem(403, "forbidden").await;
    decide("approve", &admin).answer(StatusCode::NO_CONTENT).await;
    decide("approve", &admin).problem(404, "unknown_domain").await;
    let approved = "audit_log WHERE action = 'organization.domain_approved' AND reason IS NOT NULL";
    assert_eq!(database.count(approved), 1);

    let unverified = register("eve").await;
    assert_eq!((offered(&unverified).await.len(), offered(&admin).await.len()), (0, 0));
    let offer = offered(&colleague).await;
    assert_eq!((&offer[0]["name"], &offer[0]["members"]), (&json!("Acme"), &json!(1)));
    let join = |person: &Person, instance: usize| {
        let path = format!("/api/organizations/{organization}/join");
        instances[instance].ask(person, &path, &json!({}))
    };
    join(&unverified, 0).problem(404, "no_offer").await;
    let ends = join_all((0..12).map(|number| join(&colleague, number % 3).done())).await;
    assert_eq!(statuses(&ends)[..1], [200]);
    assert!(statuses(&ends)[1..].iter().all(|status| *status == 409), "{ends:?}");
    assert_eq!(database.count("organization_members"), 2);
    let state = instances[1].see(&colleague, "/api/onboarding").answer(StatusCode::OK).await.body;
    assert_eq!(state["steps"][2]["status"], "completed");
    assert_eq!(offered(&colleague).await.len(), 0, "who belongs to one is offered none");

    decide("refuse", &admin).answer(StatusCode::NO_CONTENT).await;
    verify(&instances[0], &mailbox, &unverified).await;
    assert_eq!(offered(&unverified).await.len(), 0, "it was taken away");
    let drop = instances[2].by(&owner, Method::DELETE, &format!("/api/organization/domains/{domain}"));
    drop.answer(StatusCode::NO_CONTENT).await;
}

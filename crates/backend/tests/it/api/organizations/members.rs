//! Owners and members.

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::harness::{Instance, PASSWORD, Person, Send as _, alone};
use super::super::mailbox::Mailbox;
use super::{cluster, id_of, member, owner, statuses};

#[tokio::test]
async fn of_two_owners_who_remove_each_other_one_remains() {
    let (instances, database, mailbox) = cluster().await;
    for _ in 0..5 {
        let one = owner(&instances[0], &mailbox).await;
        let two = member(&instances[1], &mailbox, &one, "owner").await;
        let (first, second) = (id_of(&instances[0], &one).await, id_of(&instances[1], &two).await);
        let remove = |instance: &Instance, by: &Person, id: &str| {
            instance.by(by, Method::DELETE, &format!("/api/organization/members/{id}")).done()
        };
        let ends = [remove(&instances[1], &one, &second), remove(&instances[2], &two, &first)];
        let ends = join_all(ends).await;
        assert_eq!(statuses(&ends), [204, 404], "{ends:?}");
        let left = database.count(&format!(
            "organization_members WHERE role = 'owner' AND user_id IN ('{first}', '{second}')"
        ));
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn whoever_is_removed_can_do_nothing_from_then_on() {
    let (instances, _database, mailbox) = cluster().await;
    let owner = owner(&instances[0], &mailbox).await;
    let person = member(&instances[1], &mailbox, &owner, "owner").await;
    let id = id_of(&instances[0], &person).await;
    let path = format!("/api/organization/members/{id}");
    let demote = |role: &str| instances[2].by(&owner, Method::PATCH, &path).json(&json!({"role": role}));
    demote("member").answer(StatusCode::NO_CONTENT).await;
    instances[0].by(&person, Method::DELETE, &path).problem(403, "owner_required").await;
    instances[1].by(&owner, Method::DELETE, &path).answer(StatusCode::NO_CONTENT).await;
    for instance in &instances {
        for read in ["", "/members", "/invitations", "/domains"] {
            let path = format!("/api/organization{read}");
            instance.see(&person, &path).problem(404, "no_organization").await;
        }
        instance
            .by(&person, Method::PATCH, &path)
            .json(&json!({"role": "owner"}))
            .problem(404, "no_organization")
            .await;
    }
    demote("member").problem(404, "unknown_member").await;
    let own = format!("/api/organization/members/{}", id_of(&instances[0], &owner).await);
    instances[0].by(&owner, Method::DELETE, &own).problem(409, "last_owner").await;
    let elsewhere = member(&instances[1], &mailbox, &owner, "member").await;
    instances[0].ask(&owner, "/api/organization/leave", &json!({})).problem(409, "last_owner").await;
    let to = json!({"user_id": id_of(&instances[1], &elsewhere).await});
    let pass = instances[2].ask(&owner, "/api/organization/ownership", &to);
    pass.answer(StatusCode::NO_CONTENT).await;
    instances[0].ask(&owner, "/api/organization/leave", &json!({})).answer(StatusCode::NO_CONTENT).await;
    let mine = instances[1].see(&elsewhere, "/api/organization").answer(StatusCode::OK).await.body;
    assert_eq!(mine["role"], "owner");
    let found = json!({"name": " New ", "size": "1"});
    let new = instances[2].ask(&owner, "/api/organization", &found).answer(StatusCode::CREATED).await.body;
    assert_eq!([&new["name"], &new["role"]], ["New", "owner"]);
    instances[0].ask(&owner, "/api/organization", &found).problem(409, "already_member").await;
    let changed = instances[1].by(&owner, Method::PATCH, "/api/organization").json(&json!({"size": "2-10"}));
    let changed = changed.answer(StatusCode::OK).await.body;
    assert_eq!([&changed["name"], &changed["size"]], ["New", "2-10"]);
}

#[tokio::test]
async fn a_membership_is_taken_along_and_goes_with_the_account() {
    let (instance, database) = alone().await;
    let mailbox = Mailbox::of(&database);
    let owner = owner(&instance, &mailbox).await;
    let export = instance.see(&owner, "/api/account/export").answer(StatusCode::OK).await.body;
    assert_eq!([&export["organization"]["name"], &export["organization"]["role"]], ["Acme", "owner"]);
    let close = instance.by(&owner, Method::DELETE, "/api/account");
    close.json(&json!({"current_password": PASSWORD})).answer(StatusCode::ACCEPTED).await;
    // Until the grace is over, the owner may come back as one.
    assert_eq!(database.count("organization_members WHERE role = 'owner'"), 1);
    let stranger = instance.register().await;
    let export = instance.see(&stranger, "/api/account/export").answer(StatusCode::OK).await.body;
    assert_eq!(export["organization"], Value::Null);
}

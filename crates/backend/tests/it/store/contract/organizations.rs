//! Organizations, their members, invitations and mail domains.

mod domains;
mod invitations;
mod members;

use backend::domain::one_time_code::LinkToken;
use backend::domain::organization::{LIFETIME, MemberRole, Membership, NewInvitation, Organization, Refusal};
use backend::domain::{Email, Timestamp, User, now};
use backend::store::{Effect, Mutation, OrganizationChange, Outcome};
use futures::future::join_all;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{mutation, registered, registration, unique_email, user};

pub(crate) use domains::*;
pub(crate) use invitations::*;
pub(crate) use members::*;

fn changing(change: OrganizationChange, at: Timestamp) -> Mutation {
    Mutation { at, ..mutation(Effect::Organize(Box::new(change))) }
}

async fn change(store: &SharedStore, change: OrganizationChange, at: Timestamp) -> Outcome {
    store.commit(changing(change, at)).await.unwrap()
}

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Organization(refusal)
}

fn organization(at: Timestamp) -> Organization {
    let (size, website) = ("2-10".parse().ok(), "https://acme.example".parse().ok());
    Organization { id: Uuid::now_v7(), name: "Söhne 李".parse().unwrap(), size, website, created_at: at }
}

fn found(organization: &Organization, owner: Uuid) -> OrganizationChange {
    OrganizationChange::Found { organization: organization.clone(), owner, unless_member: false }
}

/// An organization, and its only member.
async fn founded(store: &SharedStore) -> (Organization, User) {
    let (owner, _) = registered(&**store).await;
    let organization = organization(now());
    assert_eq!(change(store, found(&organization, owner.id), now()).await, Outcome::Committed);
    (organization, owner)
}

fn invitation(
    organization_id: Uuid,
    invited_by: Uuid,
    email: &Email,
    role: MemberRole,
    at: Timestamp,
) -> NewInvitation {
    NewInvitation {
        id: Uuid::now_v7(),
        organization_id,
        email: email.clone(),
        role,
        invited_by,
        token_hash: LinkToken::generate().hash(),
        created_at: at,
        expires_at: at + LIFETIME,
    }
}

fn accept(invitation: &NewInvitation, user_id: Uuid) -> OrganizationChange {
    OrganizationChange::Accept {
        invitation_id: invitation.id,
        organization_id: invitation.organization_id,
        token_hash: invitation.token_hash,
        user_id,
    }
}

/// Somebody who has joined by an invitation of `by`.
async fn joined(store: &SharedStore, organization_id: Uuid, by: Uuid, role: MemberRole) -> User {
    let (user, _) = registered(&**store).await;
    let invitation = invitation(organization_id, by, &user.email, role, now());
    let invite = OrganizationChange::Invite(invitation.clone());
    assert_eq!(change(store, invite, now()).await, Outcome::Committed);
    assert_eq!(change(store, accept(&invitation, user.id), now()).await, Outcome::Committed);
    user
}

/// Somebody whose address is verified.
async fn verified(store: &SharedStore, email: &str) -> User {
    let user = User { email_verified_at: Some(now()), ..user(email) };
    assert_eq!(store.commit(mutation(registration(&user).0)).await.unwrap(), Outcome::Committed);
    user
}

async fn role_of(store: &SharedStore, user_id: Uuid) -> Option<MemberRole> {
    store.membership(user_id).await.unwrap().map(|membership| membership.role)
}

/// Commits all at once, and gives how each ended.
async fn at_once(store: &SharedStore, mutations: impl IntoIterator<Item = Mutation>) -> Vec<Outcome> {
    let tries = mutations.into_iter().map(|mutation| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(mutation).await.unwrap() })
    });
    join_all(tries).await.into_iter().map(Result::unwrap).collect()
}

fn count(ends: &[Outcome], wanted: &Outcome) -> usize {
    ends.iter().filter(|end| *end == wanted).count()
}

pub(crate) async fn an_organization_is_made_once_with_its_owner(store: &SharedStore) {
    let (owner, _) = registered(&**store).await;
    let at = now();
    let organization = organization(at);
    assert_eq!(store.membership(owner.id).await.unwrap(), None);
    assert_eq!(change(store, found(&organization, owner.id), at).await, Outcome::Committed);
    let membership =
        Membership { organization: organization.clone(), role: MemberRole::Owner, joined_at: at };
    assert_eq!(store.membership(owner.id).await.unwrap().as_ref(), Some(&membership));

    let other = self::organization(at);
    assert_eq!(change(store, found(&other, owner.id), at).await, refused(Refusal::AlreadyMember));
    let harmless = OrganizationChange::Found { organization: other, owner: owner.id, unless_member: true };
    assert_eq!(change(store, harmless, at).await, Outcome::Committed);
    assert_eq!(store.membership(owner.id).await.unwrap(), Some(membership));
    let ends = at_once(store, (0..5).map(|_| changing(found(&self::organization(at), owner.id), at))).await;
    assert_eq!(count(&ends, &refused(Refusal::AlreadyMember)), 5, "{ends:?}");
    let (free, _) = registered(&**store).await;
    let ends = at_once(store, (0..8).map(|_| changing(found(&self::organization(at), free.id), at))).await;
    assert_eq!(count(&ends, &Outcome::Committed), 1, "{ends:?}");
    assert_eq!(count(&ends, &refused(Refusal::AlreadyMember)), 7, "{ends:?}");

    let describe = |by| OrganizationChange::Describe {
        organization_id: organization.id,
        by,
        name: "Acme".parse().unwrap(),
        size: None,
        website: None,
    };
    let (stranger, _) = registered(&**store).await;
    assert_eq!(change(store, describe(stranger.id), at).await, refused(Refusal::NotMember));
    assert_eq!(change(store, describe(owner.id), at).await, Outcome::Committed);
    let described = store.membership(owner.id).await.unwrap().unwrap().organization;
    assert_eq!((described.name.as_str(), described.size, described.website), ("Acme", None, None));
}

pub(crate) async fn a_sequence_is_done_whole_or_not_at_all(store: &SharedStore) {
    let (owner, _) = registered(&**store).await;
    let completing = |expected_version| {
        let completion = Effect::CompleteOnboarding { user_id: owner.id, expected_version, reshape: None };
        let founding = Effect::Organize(Box::new(found(&organization(now()), owner.id)));
        mutation(Effect::Sequence(vec![founding, completion]))
    };
    assert_eq!(store.commit(completing(7)).await.unwrap(), Outcome::Stale);
    assert_eq!(store.membership(owner.id).await.unwrap(), None, "what came before is undone");
    assert_eq!(store.commit(completing(1)).await.unwrap(), Outcome::Committed);
    assert!(store.membership(owner.id).await.unwrap().is_some());
    assert!(store.onboarding(owner.id).await.unwrap().unwrap().completed_at.is_some());
    assert_eq!(store.commit(completing(2)).await.unwrap(), refused(Refusal::AlreadyMember));
    assert_eq!(store.onboarding(owner.id).await.unwrap().unwrap().version, 2);
}

pub(crate) async fn a_person_registers_and_joins_at_once(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let invited = user(&unique_email());
    let invitation = invitation(organization.id, owner.id, &invited.email, MemberRole::Member, now());
    let invite = OrganizationChange::Invite(invitation.clone());
    assert_eq!(change(store, invite, now()).await, Outcome::Committed);
    let registering = |user: &User| {
        let joining = Effect::Organize(Box::new(accept(&invitation, user.id)));
        Mutation { at: now(), ..mutation(Effect::Sequence(vec![registration(user).0, joining])) }
    };
    let other = user(&unique_email());
    assert_eq!(store.commit(registering(&other)).await.unwrap(), refused(Refusal::OtherAddress));
    assert_eq!(store.user(other.id).await.unwrap(), None, "there is no account without the invitation");
    assert_eq!(store.commit(registering(&invited)).await.unwrap(), Outcome::Committed);
    assert_eq!(role_of(store, invited.id).await, Some(MemberRole::Member));
    assert!(store.user(invited.id).await.unwrap().unwrap().email_verified_at.is_some());
    let again = User { id: Uuid::now_v7(), ..invited };
    assert_eq!(store.commit(registering(&again)).await.unwrap(), Outcome::EmailTaken);
}

pub(crate) async fn what_is_unknown_is_refused(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let (nobody, at) = (Uuid::now_v7(), now());
    let email: Email = unique_email().parse().unwrap();
    let stray = invitation(nobody, user.id, &email, MemberRole::Member, at);
    let leave = OrganizationChange::Leave { organization_id: nobody, user_id: user.id };
    for nowhere in [OrganizationChange::Invite(stray.clone()), leave] {
        assert_eq!(change(store, nowhere, at).await, refused(Refusal::NotMember));
    }
    assert_eq!(change(store, accept(&stray, user.id), at).await, refused(Refusal::InvitationDead));
    assert_eq!(store.invitation_of_token([9; 32]).await.unwrap(), None);
    assert_eq!(store.invitation(nobody, stray.id).await.unwrap(), None);
    assert_eq!(store.members(nobody, None, 10).await.unwrap(), []);
    assert_eq!(store.invitations(nobody, None, None, 10).await.unwrap(), []);
    assert_eq!(store.domains(nobody).await.unwrap(), []);
    assert_eq!(store.offer(&"nowhere.example".parse().unwrap()).await.unwrap(), None);
}

//! Who belongs to an organization.

use backend::domain::organization::{MemberRole, Refusal};
use backend::domain::{User, now};
use backend::store::{Effect, IdentityChange, MemberTarget, OrganizationChange, Outcome};
use time::Duration;
use uuid::Uuid;

use super::super::{PURGING, SharedStore};
use super::{at_once, change, changing, count, founded, invitation, joined, refused, role_of};
use crate::store::samples::{mutation, unique_email};

fn target(organization_id: Uuid, user: &User, by: &User) -> MemberTarget {
    MemberTarget { organization_id, user_id: user.id, by: by.id }
}

fn remove(organization_id: Uuid, user: &User, by: &User) -> OrganizationChange {
    OrganizationChange::Remove(target(organization_id, user, by))
}

fn leave(organization_id: Uuid, user: &User) -> OrganizationChange {
    OrganizationChange::Leave { organization_id, user_id: user.id }
}

pub(crate) async fn only_owners_change_members(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (id, at) = (organization.id, now());
    let member = joined(store, id, owner.id, MemberRole::Member).await;
    let (_, stranger) = founded(store).await;
    let set = |user, by, role| OrganizationChange::SetRole { target: target(id, user, by), role };
    let of = |by| {
        let pass = OrganizationChange::PassOwnership(target(id, &owner, by));
        [set(&owner, by, MemberRole::Member), remove(id, &owner, by), pass]
    };
    for forbidden in of(&member) {
        assert_eq!(change(store, forbidden, at).await, refused(Refusal::NotOwner));
    }
    for strange in of(&stranger) {
        assert_eq!(change(store, strange, at).await, refused(Refusal::NotMember));
    }
    for unknown in [set(&stranger, &owner, MemberRole::Owner), remove(id, &stranger, &owner)] {
        assert_eq!(change(store, unknown, at).await, refused(Refusal::UnknownMember));
    }
    let promoted = set(&member, &owner, MemberRole::Owner);
    assert_eq!(change(store, promoted, at).await, Outcome::Committed);
    assert_eq!(role_of(store, member.id).await, Some(MemberRole::Owner));
    assert_eq!(change(store, remove(id, &owner, &member), at).await, Outcome::Committed);
    assert_eq!(role_of(store, owner.id).await, None);
    assert_eq!(store.members(id, None, 10).await.unwrap().len(), 1);
}

pub(crate) async fn an_organization_has_an_owner_always(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (id, at) = (organization.id, now());
    let member = joined(store, id, owner.id, MemberRole::Member).await;
    let demote = OrganizationChange::SetRole { target: target(id, &owner, &owner), role: MemberRole::Member };
    for last in [demote, remove(id, &owner, &owner), leave(id, &owner)] {
        assert_eq!(change(store, last, at).await, refused(Refusal::LastOwner));
    }
    let pass = |user, by| OrganizationChange::PassOwnership(target(id, user, by));
    assert_eq!(change(store, pass(&member, &owner), at).await, Outcome::Committed);
    assert_eq!(
        change(store, pass(&member, &member), at).await,
        Outcome::Committed,
        "to oneself is no change"
    );
    let roles = (role_of(store, owner.id).await, role_of(store, member.id).await);
    assert_eq!(roles, (Some(MemberRole::Member), Some(MemberRole::Owner)));
    assert_eq!(change(store, leave(id, &owner), at).await, Outcome::Committed);
    assert_eq!(change(store, leave(id, &owner), at).await, refused(Refusal::NotMember));
    assert_eq!(change(store, leave(id, &member), at).await, Outcome::Committed, "the last one may leave");
    assert_eq!(store.membership(member.id).await.unwrap(), None);
    let gone = invitation(id, member.id, &owner.email, MemberRole::Member, at);
    let invite = OrganizationChange::Invite(gone);
    assert_eq!(change(store, invite, at).await, refused(Refusal::NotMember));
}

pub(crate) async fn of_two_owners_who_remove_each_other_one_is_left(store: &SharedStore) {
    for round in 0..6 {
        let (organization, one) = founded(store).await;
        let id = organization.id;
        let two = joined(store, id, one.id, MemberRole::Owner).await;
        let pair = match round % 3 {
            0 => [remove(id, &two, &one), remove(id, &one, &two)],
            1 => [leave(id, &one), leave(id, &two)],
            _ => {
                let demote = |user| OrganizationChange::SetRole {
                    target: target(id, user, user),
                    role: MemberRole::Member,
                };
                [demote(&one), demote(&two)]
            }
        };
        let ends = at_once(store, pair.map(|change| changing(change, now()))).await;
        let owners = [role_of(store, one.id).await, role_of(store, two.id).await];
        let left = owners.iter().filter(|role| **role == Some(MemberRole::Owner)).count();
        if round % 3 == 1 {
            // The first leaves, and the second dissolves what is left.
            assert_eq!((count(&ends, &Outcome::Committed), left), (2, 0), "{ends:?}");
        } else {
            assert_eq!((count(&ends, &Outcome::Committed), left), (1, 1), "{round}: {ends:?}");
        }
    }
}

pub(crate) async fn whoever_goes_leaves_no_invitation_that_works(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (id, at) = (organization.id, now());
    let member = joined(store, id, owner.id, MemberRole::Owner).await;
    let invite = async |role| {
        let invitation = invitation(id, member.id, &unique_email().parse().unwrap(), role, at);
        let invite = OrganizationChange::Invite(invitation.clone());
        assert_eq!(change(store, invite, at).await, Outcome::Committed);
        invitation
    };
    let (plain, of_owner) = (invite(MemberRole::Member).await, invite(MemberRole::Owner).await);
    let revoked = async |id| store.invitation(organization.id, id).await.unwrap().unwrap().revoked_at;
    let demote =
        OrganizationChange::SetRole { target: target(id, &member, &owner), role: MemberRole::Member };
    assert_eq!(change(store, demote, at).await, Outcome::Committed);
    assert_eq!((revoked(plain.id).await, revoked(of_owner.id).await), (None, Some(at)));
    assert_eq!(change(store, remove(id, &member, &owner), at).await, Outcome::Committed);
    assert_eq!(revoked(plain.id).await, Some(at));
}

pub(crate) async fn members_are_listed_page_by_page(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let mut expected = vec![owner.id];
    for _ in 0..4 {
        expected.push(joined(store, organization.id, owner.id, MemberRole::Member).await.id);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.members(organization.id, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.user_id);
        seen.extend(page);
    }
    let first = seen.iter().find(|member| member.user_id == owner.id).unwrap();
    assert_eq!(
        (first.role, &first.email, &first.full_name),
        (MemberRole::Owner, &owner.email, &owner.full_name)
    );
    let mut ids: Vec<_> = seen.iter().map(|member| member.user_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, expected);
}

/// Closes the account, and deletes it.
async fn deleted(store: &SharedStore, user: &User) {
    // Long ago, so that no account of another test closes by then.
    let at = now() - Duration::days(5000);
    let seen = store.credentials_of(user.id).await.unwrap().unwrap().password_hash;
    let close = IdentityChange::Close { user_id: user.id, seen, closing_at: at };
    let close = mutation(Effect::Identity(Box::new(close)));
    assert_eq!(store.commit(close).await.unwrap(), Outcome::Committed);
    store.delete_closed(at, 10).await.unwrap();
    assert_eq!(store.user(user.id).await.unwrap(), None);
}

pub(crate) async fn a_deleted_account_leaves_an_owner_or_no_organization(store: &SharedStore) {
    let _alone = PURGING.lock().await;
    let (organization, owner) = founded(store).await;
    let id = organization.id;
    let heir = joined(store, id, owner.id, MemberRole::Member).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let youngest = joined(store, id, owner.id, MemberRole::Member).await;
    let by_owner = invitation(id, owner.id, &unique_email().parse().unwrap(), MemberRole::Member, now());
    let (_, stranger) = founded(store).await;
    let to_owner = invitation(id, heir.id, &stranger.email, MemberRole::Member, now());
    for invitation in [&by_owner, &to_owner] {
        let invite = OrganizationChange::Invite(invitation.clone());
        assert_eq!(change(store, invite, now()).await, Outcome::Committed);
    }
    deleted(store, &stranger).await;
    assert_eq!(store.invitation(id, to_owner.id).await.unwrap(), None, "the address goes with the account");
    deleted(store, &owner).await;
    let roles = (role_of(store, heir.id).await, role_of(store, youngest.id).await);
    assert_eq!(roles, (Some(MemberRole::Owner), Some(MemberRole::Member)));
    assert!(store.invitation(id, by_owner.id).await.unwrap().unwrap().revoked_at.is_some());
    deleted(store, &youngest).await;
    assert_eq!(role_of(store, heir.id).await, Some(MemberRole::Owner));
    deleted(store, &heir).await;
    assert_eq!(store.invitation(id, by_owner.id).await.unwrap(), None, "nobody is left");
}

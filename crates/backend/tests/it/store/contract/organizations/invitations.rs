//! Invitations, from the first mail to their end.

use backend::domain::one_time_code::LinkToken;
use backend::domain::organization::{
    InvitationState, LIFETIME, MAX_MAILS, MAX_SENDS, MemberRole, NewInvitation, QUOTA_WINDOW, RESEND_AFTER,
    Refusal,
};
use backend::domain::{Email, Timestamp, now};
use backend::store::{InvitationTarget, OrganizationChange, Outcome};
use time::Duration;
use uuid::Uuid;

use super::super::{PURGING, SharedStore};
use super::{accept, at_once, change, changing, count, founded, invitation, joined, refused, role_of};
use crate::store::samples::{registered, unique_email};

fn address() -> Email {
    unique_email().parse().unwrap()
}

fn target(invitation: &NewInvitation, by: Uuid) -> InvitationTarget {
    InvitationTarget { organization_id: invitation.organization_id, id: invitation.id, by }
}

fn resend(invitation: &NewInvitation, by: Uuid, at: Timestamp) -> (OrganizationChange, [u8; 32]) {
    let token_hash = LinkToken::generate().hash();
    let target = target(invitation, by);
    (OrganizationChange::Resend { target, token_hash, expires_at: at + LIFETIME }, token_hash)
}

async fn invite(store: &SharedStore, invitation: &NewInvitation, at: Timestamp) -> Outcome {
    change(store, OrganizationChange::Invite(invitation.clone()), at).await
}

pub(crate) async fn an_invitation_is_found_and_accepted_once(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (invited, _) = registered(&**store).await;
    let at = now();
    let new = invitation(organization.id, owner.id, &invited.email, MemberRole::Owner, at);
    assert_eq!(invite(store, &new, at).await, Outcome::Committed);
    let found = store.invitation_of_token(new.token_hash).await.unwrap().unwrap();
    assert_eq!(Some(&found), store.invitation(organization.id, new.id).await.unwrap().as_ref());
    assert_eq!((&found.organization, found.email.as_str()), (&organization, invited.email.as_str()));
    assert_eq!((found.role, found.invited_by, found.sends), (MemberRole::Owner, owner.id, 1));
    assert_eq!((found.created_at, found.sent_at, found.expires_at), (at, at, at + LIFETIME));
    assert_eq!(found.state(at), InvitationState::Pending);

    let ends = at_once(store, (0..20).map(|_| changing(accept(&new, invited.id), at))).await;
    assert_eq!(count(&ends, &Outcome::Committed), 1, "{ends:?}");
    assert_eq!(count(&ends, &refused(Refusal::InvitationUsed)), 19, "{ends:?}");
    assert_eq!(role_of(store, invited.id).await, Some(MemberRole::Owner));
    assert_eq!(store.members(organization.id, None, 10).await.unwrap().len(), 2);
    assert_eq!(store.user(invited.id).await.unwrap().unwrap().email_verified_at, Some(at));
    let found = store.invitation_of_token(new.token_hash).await.unwrap().unwrap();
    assert_eq!(found.state(at + LIFETIME), InvitationState::Accepted);
}

pub(crate) async fn an_invitation_dies_and_is_for_one_address(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (invited, _) = registered(&**store).await;
    let (stranger, _) = registered(&**store).await;
    let at = now();
    let first = invitation(organization.id, owner.id, &invited.email, MemberRole::Member, at);
    assert_eq!(invite(store, &first, at).await, Outcome::Committed);
    let late = first.expires_at;
    assert_eq!(change(store, accept(&first, invited.id), late).await, refused(Refusal::InvitationDead));
    let by_stranger = change(store, accept(&first, stranger.id), at).await;
    assert_eq!(by_stranger, refused(Refusal::OtherAddress));
    assert_eq!(store.user(stranger.id).await.unwrap().unwrap().email_verified_at, None);

    let later = at + RESEND_AFTER;
    let (again, token_hash) = resend(&first, owner.id, later);
    assert_eq!(change(store, again, later).await, Outcome::Committed);
    assert_eq!(change(store, accept(&first, invited.id), later).await, refused(Refusal::InvitationDead));
    let second = NewInvitation { token_hash, ..first.clone() };
    for _ in 0..2 {
        let revoke = OrganizationChange::Revoke(target(&first, owner.id));
        assert_eq!(change(store, revoke, later).await, Outcome::Committed, "again is no harm");
    }
    assert_eq!(change(store, accept(&second, invited.id), later).await, refused(Refusal::InvitationDead));
    let (again, _) = resend(&first, owner.id, later + RESEND_AFTER);
    let closed = refused(Refusal::InvitationClosed);
    assert_eq!(change(store, again, later + RESEND_AFTER).await, closed);

    // Whoever belongs to another organization stays there, and the invitation waits on.
    let (_, elsewhere) = founded(store).await;
    let third = invitation(organization.id, owner.id, &elsewhere.email, MemberRole::Member, at);
    assert_eq!(invite(store, &third, at).await, Outcome::Committed);
    assert_eq!(change(store, accept(&third, elsewhere.id), at).await, refused(Refusal::AlreadyMember));
    let waiting = store.invitation(organization.id, third.id).await.unwrap().unwrap();
    assert_eq!(waiting.state(at), InvitationState::Pending);
    assert_eq!(store.user(elsewhere.id).await.unwrap().unwrap().email_verified_at, None, "nothing was done");
}

pub(crate) async fn invitations_are_sent_at_a_pace(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (email, at) = (address(), now());
    let new = || invitation(organization.id, owner.id, &email, MemberRole::Member, at);
    let tries: Vec<_> = (0..8).map(|_| new()).collect();
    let all = tries.iter().map(|new| changing(OrganizationChange::Invite(new.clone()), at));
    let ends = at_once(store, all).await;
    assert_eq!(count(&ends, &Outcome::Committed), 1, "{ends:?}");
    assert_eq!(count(&ends, &refused(Refusal::AlreadyInvited)), 7, "{ends:?}");
    let waiting = &tries[ends.iter().position(|end| *end == Outcome::Committed).unwrap()];
    let member = invitation(organization.id, owner.id, &owner.email, MemberRole::Member, at);
    assert_eq!(invite(store, &member, at).await, refused(Refusal::MemberInvited));
    for sent in 1..MAX_SENDS {
        let at = at + RESEND_AFTER * i32::try_from(sent).unwrap();
        let (early, _) = resend(waiting, owner.id, at);
        let early = change(store, early, at - Duration::milliseconds(1)).await;
        assert_eq!(early, refused(Refusal::ResendTooSoon));
        let (again, _) = resend(waiting, owner.id, at);
        assert_eq!(change(store, again, at).await, Outcome::Committed);
    }
    let much_later = at + Duration::DAY;
    let (again, _) = resend(waiting, owner.id, much_later);
    assert_eq!(change(store, again, much_later).await, refused(Refusal::ResendTooSoon), "there were enough");
    let stored = store.invitation(organization.id, waiting.id).await.unwrap().unwrap();
    assert_eq!((stored.sends, stored.state(much_later)), (MAX_SENDS, InvitationState::Pending));
}

pub(crate) async fn an_organization_sends_so_many_mails_a_day(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let at = now();
    let new = |id, at| invitation(id, owner.id, &address(), MemberRole::Member, at);
    let most = usize::try_from(MAX_MAILS).unwrap();
    let tries = (0..most + 10).map(|_| changing(OrganizationChange::Invite(new(organization.id, at)), at));
    let tries: Vec<_> = tries.collect();
    let mut ends = Vec::new();
    for some in tries.chunks(10) {
        ends.extend(at_once(store, some.to_vec()).await);
    }
    assert_eq!(count(&ends, &Outcome::Committed), most);
    assert_eq!(count(&ends, &refused(Refusal::QuotaUsed)), 10);
    // Neither by dissolving the organization and founding another one.
    let leave = OrganizationChange::Leave { organization_id: organization.id, user_id: owner.id };
    assert_eq!(change(store, leave, at).await, Outcome::Committed);
    let other = super::organization(at);
    assert_eq!(change(store, super::found(&other, owner.id), at).await, Outcome::Committed);
    let almost = at + QUOTA_WINDOW - Duration::SECOND;
    assert_eq!(invite(store, &new(other.id, almost), almost).await, refused(Refusal::QuotaUsed));
    let next_day = at + QUOTA_WINDOW;
    assert_eq!(invite(store, &new(other.id, next_day), next_day).await, Outcome::Committed);
}

pub(crate) async fn invitations_belong_to_whoever_sent_them_and_to_owners(store: &SharedStore) {
    let (organization, owner) = founded(store).await;
    let (id, at) = (organization.id, now());
    let one = joined(store, id, owner.id, MemberRole::Member).await;
    let two = joined(store, id, owner.id, MemberRole::Member).await;
    let as_owner = invitation(id, one.id, &address(), MemberRole::Owner, at);
    assert_eq!(invite(store, &as_owner, at).await, refused(Refusal::NotOwner));
    let mut sent = Vec::new();
    for _ in 0..3 {
        let new = invitation(id, one.id, &address(), MemberRole::Member, at);
        assert_eq!(invite(store, &new, at).await, Outcome::Committed);
        sent.push(new);
    }
    let unknown = refused(Refusal::UnknownInvitation);
    let later = at + RESEND_AFTER;
    for by in [&two, &founded(store).await.1] {
        let revoke = change(store, OrganizationChange::Revoke(target(&sent[0], by.id)), at).await;
        let (again, _) = resend(&sent[0], by.id, later);
        let again = change(store, again, later).await;
        let expected = if by.id == two.id { unknown.clone() } else { refused(Refusal::NotMember) };
        assert_eq!((revoke, again), (expected.clone(), expected));
    }
    let (again, _) = resend(&sent[0], one.id, later);
    assert_eq!(change(store, again, later).await, Outcome::Committed);
    let revoke = OrganizationChange::Revoke(target(&sent[1], owner.id));
    assert_eq!(change(store, revoke, at).await, Outcome::Committed);

    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.invitations(id, Some(one.id), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.into_iter().map(|invitation| invitation.id));
    }
    seen.sort_unstable();
    assert_eq!(seen, sent.iter().map(|invitation| invitation.id).collect::<Vec<_>>());
    assert_eq!(store.invitations(id, None, None, 10).await.unwrap().len(), 5, "with those of the owner");
    assert_eq!(store.invitations(id, Some(two.id), None, 10).await.unwrap(), []);
}

pub(crate) async fn invitations_of_long_ago_are_purged(store: &SharedStore) {
    let _alone = PURGING.lock().await;
    let (organization, owner) = founded(store).await;
    let at = now() - Duration::days(60);
    let old = invitation(organization.id, owner.id, &address(), MemberRole::Member, at);
    let new =
        invitation(organization.id, owner.id, &address(), MemberRole::Member, now() - Duration::days(20));
    assert_eq!(invite(store, &old, old.created_at).await, Outcome::Committed);
    assert_eq!(invite(store, &new, new.created_at).await, Outcome::Committed);
    while store.purge(now(), 100).await.unwrap() > 0 {}
    assert_eq!(store.invitation(organization.id, old.id).await.unwrap(), None);
    let expired = store.invitation(organization.id, new.id).await.unwrap().unwrap();
    assert_eq!(expired.state(now()), InvitationState::Expired, "a late use is told why it fails");
}

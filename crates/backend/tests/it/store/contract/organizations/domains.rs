//! Mail domains of organizations.

use backend::domain::organization::{MAX_DOMAINS, MailDomain, MemberRole, Organization, Refusal};
use backend::domain::{Email, User, now};
use backend::store::{DomainTarget, OrganizationChange, Outcome};
use uuid::Uuid;

use super::super::SharedStore;
use super::{at_once, change, changing, count, found, organization, refused, role_of, verified};
use crate::store::samples::{mutation, registered, registration, user};

/// A domain nobody has, with a character that is none for itself in patterns.
fn domain() -> MailDomain {
    format!("a_{}.example", Uuid::new_v4().simple()).parse().unwrap()
}

fn address(domain: &MailDomain) -> String {
    format!("{}@{}", Uuid::new_v4().simple(), domain.as_str().to_uppercase())
}

fn claim(organization_id: Uuid, domain: &MailDomain, by: Uuid) -> OrganizationChange {
    OrganizationChange::ClaimDomain(DomainTarget { organization_id, domain: domain.clone(), by })
}

fn decide(organization_id: Uuid, domain: &MailDomain, approve: bool) -> OrganizationChange {
    OrganizationChange::DecideDomain { organization_id, domain: domain.clone(), approve }
}

fn join(organization_id: Uuid, user: &User) -> OrganizationChange {
    OrganizationChange::JoinByDomain { organization_id, user_id: user.id, email: user.email.clone() }
}

/// An organization whose owner has a verified address at the domain.
async fn at_domain(store: &SharedStore, domain: &MailDomain) -> (Organization, User) {
    let owner = verified(store, &address(domain)).await;
    let organization = organization(now());
    assert_eq!(change(store, found(&organization, owner.id), now()).await, Outcome::Committed);
    (organization, owner)
}

async fn done(store: &SharedStore, wanted: OrganizationChange) {
    assert_eq!(change(store, wanted, now()).await, Outcome::Committed);
}

pub(crate) async fn a_domain_is_claimed_by_an_owner_who_is_there(store: &SharedStore) {
    let (ours, at) = (domain(), now());
    let (organization, owner) = at_domain(store, &ours).await;
    let id = organization.id;
    let foreign = change(store, claim(id, &domain(), owner.id), at).await;
    assert_eq!(foreign, refused(Refusal::DomainNotProved));
    let above: MailDomain = "example.com".parse().unwrap();
    assert_eq!(change(store, claim(id, &above, owner.id), at).await, refused(Refusal::DomainNotProved));
    let similar: MailDomain = ours.as_str().replacen('_', "x", 1).parse().unwrap();
    assert_eq!(change(store, claim(id, &similar, owner.id), at).await, refused(Refusal::DomainNotProved));
    let unverified = user(&address(&ours));
    assert_eq!(store.commit(mutation(registration(&unverified).0)).await.unwrap(), Outcome::Committed);
    assert_eq!(change(store, claim(id, &ours, unverified.id), at).await, refused(Refusal::NotMember));

    for _ in 0..2 {
        assert_eq!(
            change(store, claim(id, &ours, owner.id), at).await,
            Outcome::Committed,
            "again is no harm"
        );
    }
    let claims = store.domains(id).await.unwrap();
    assert_eq!((claims.len(), &claims[0].domain, claims[0].claimed_by), (1, &ours, owner.id));
    assert_eq!((claims[0].claimed_at, claims[0].verified_at), (at, None));
    let waiting = store.waiting_claims(10_000).await.unwrap();
    assert!(waiting.contains(&claims[0]) && claims[0].organization_name == organization.name);
    assert_eq!(store.offer(&ours).await.unwrap(), None, "no admin has approved it");
    assert_eq!(change(store, decide(id, &domain(), true), at).await, refused(Refusal::UnknownDomain));
    done(store, decide(id, &ours, true)).await;
    assert!(store.domains(id).await.unwrap()[0].verified_at.is_some());
    assert!(!store.waiting_claims(10_000).await.unwrap().iter().any(|claim| claim.domain == ours));
    assert_eq!(change(store, decide(id, &ours, true), at).await, refused(Refusal::UnknownDomain));

    for _ in 0..2 {
        let target = DomainTarget { organization_id: id, domain: ours.clone(), by: owner.id };
        done(store, OrganizationChange::DropDomain(target)).await;
    }
    assert_eq!((store.domains(id).await.unwrap(), store.offer(&ours).await.unwrap()), (vec![], None));
    assert_eq!(change(store, decide(id, &ours, false), at).await, refused(Refusal::UnknownDomain));
}

pub(crate) async fn a_domain_is_of_one_organization(store: &SharedStore) {
    for _ in 0..3 {
        let shared = domain();
        let (one, first) = at_domain(store, &shared).await;
        let (two, second) = at_domain(store, &shared).await;
        done(store, claim(one.id, &shared, first.id)).await;
        done(store, claim(two.id, &shared, second.id)).await;
        let ends =
            at_once(store, [one.id, two.id].map(|id| changing(decide(id, &shared, true), now()))).await;
        assert_eq!(count(&ends, &Outcome::Committed), 1, "{ends:?}");
        assert_eq!(count(&ends, &refused(Refusal::DomainTaken)), 1, "{ends:?}");
        let offered = store.offer(&shared).await.unwrap().unwrap().organization;
        let winner = if ends[0] == Outcome::Committed { one } else { two };
        assert_eq!(offered, winner);
        let (third, late) = at_domain(store, &shared).await;
        let taken = change(store, claim(third.id, &shared, late.id), now()).await;
        assert_eq!(taken, refused(Refusal::DomainTaken));
    }
}

pub(crate) async fn an_approval_looks_at_the_owner_again(store: &SharedStore) {
    let ours = domain();
    let (organization, owner) = at_domain(store, &ours).await;
    let id = organization.id;
    done(store, claim(id, &ours, owner.id)).await;
    let heir = super::joined(store, id, owner.id, MemberRole::Owner).await;
    done(store, OrganizationChange::Leave { organization_id: id, user_id: owner.id }).await;
    let approved = change(store, decide(id, &ours, true), now()).await;
    assert_eq!(approved, refused(Refusal::DomainNotProved));
    done(store, decide(id, &ours, false)).await;
    assert_eq!(store.domains(id).await.unwrap(), []);
    assert_eq!(role_of(store, heir.id).await, Some(MemberRole::Owner));
}

pub(crate) async fn people_at_a_verified_domain_join(store: &SharedStore) {
    let ours = domain();
    let (organization, owner) = at_domain(store, &ours).await;
    let id = organization.id;
    let colleague = verified(store, &address(&ours)).await;
    done(store, claim(id, &ours, owner.id)).await;
    assert_eq!(change(store, join(id, &colleague), now()).await, refused(Refusal::NoOffer));
    done(store, decide(id, &ours, true)).await;
    let offer = store.offer(&MailDomain::of(&colleague.email)).await.unwrap().unwrap();
    assert_eq!((offer.organization, offer.members), (organization, 1));

    let unverified = user(&address(&ours));
    assert_eq!(store.commit(mutation(registration(&unverified).0)).await.unwrap(), Outcome::Committed);
    let (stranger, _) = registered(&**store).await;
    let pretending: Email = address(&ours).parse().unwrap();
    let pretends = User { email: pretending, ..stranger.clone() };
    for outside in [&unverified, &stranger, &pretends] {
        assert_eq!(change(store, join(id, outside), now()).await, refused(Refusal::NoOffer));
    }
    let ends = at_once(store, (0..8).map(|_| changing(join(id, &colleague), now()))).await;
    assert_eq!(count(&ends, &Outcome::Committed), 1, "{ends:?}");
    assert_eq!(count(&ends, &refused(Refusal::AlreadyMember)), 7, "{ends:?}");
    assert_eq!(role_of(store, colleague.id).await, Some(MemberRole::Member));
    assert_eq!(store.offer(&ours).await.unwrap().unwrap().members, 2);
}

pub(crate) async fn an_organization_has_few_domains(store: &SharedStore) {
    let first = domain();
    let (organization, owner) = at_domain(store, &first).await;
    done(store, claim(organization.id, &first, owner.id)).await;
    for _ in 1..MAX_DOMAINS {
        // Another owner for each, since a person has one address.
        let next = domain();
        let other = verified(store, &address(&next)).await;
        let invitation = super::invitation(organization.id, owner.id, &other.email, MemberRole::Owner, now());
        done(store, OrganizationChange::Invite(invitation.clone())).await;
        done(store, super::accept(&invitation, other.id)).await;
        done(store, claim(organization.id, &next, other.id)).await;
    }
    let one_more = domain();
    let other = verified(store, &address(&one_more)).await;
    let invitation = super::invitation(organization.id, owner.id, &other.email, MemberRole::Owner, now());
    done(store, OrganizationChange::Invite(invitation.clone())).await;
    done(store, super::accept(&invitation, other.id)).await;
    let refusal = change(store, claim(organization.id, &one_more, other.id), now()).await;
    assert_eq!(refusal, refused(Refusal::TooManyDomains));
    done(store, claim(organization.id, &first, owner.id)).await;
}

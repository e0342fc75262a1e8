//! Queries about organizations.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::organization::{DomainClaim, Invitation, MailDomain, Member, Membership, Offer};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The part of a [`Store`] that knows organizations.
///
/// Lists go on after an id, in the order of ids, which is the store's own: rows that come meanwhile move nobody.
#[async_trait]
pub trait Organizations: Send + Sync + 'static {
    /// What the person belongs to.
    async fn membership(&self, user_id: Uuid) -> Result<Option<Membership>, StoreError>;

    /// At most `limit` members, from the account `after` on.
    async fn members(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError>;

    /// The invitation whose link's token has this hash.
    async fn invitation_of_token(&self, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError>;

    /// The invitation `id` of an organization.
    async fn invitation(&self, organization_id: Uuid, id: Uuid) -> Result<Option<Invitation>, StoreError>;

    /// At most `limit` invitations of an organization, from the invitation `after` on: those that `invited_by` made,
    /// where that is given.
    async fn invitations(
        &self,
        organization_id: Uuid,
        invited_by: Option<Uuid>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// The domains of an organization, claimed and verified ones.
    async fn domains(&self, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError>;

    /// At most `limit` claims that wait for an admin, the oldest first.
    async fn waiting_claims(&self, limit: u32) -> Result<Vec<DomainClaim>, StoreError>;

    /// The organization that has verified the domain.
    async fn offer(&self, domain: &MailDomain) -> Result<Option<Offer>, StoreError>;
}

#[async_trait]
impl<S: Store> Organizations for Metered<S> {
    async fn membership(&self, user_id: Uuid) -> Result<Option<Membership>, StoreError> {
        self.called("membership", self.store.membership(user_id)).await
    }

    async fn members(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        self.called("members", self.store.members(organization_id, after, limit)).await
    }

    async fn invitation_of_token(&self, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
        self.called("invitation_of_token", self.store.invitation_of_token(token_hash)).await
    }

    async fn invitation(&self, organization_id: Uuid, id: Uuid) -> Result<Option<Invitation>, StoreError> {
        self.called("invitation", self.store.invitation(organization_id, id)).await
    }

    async fn invitations(
        &self,
        organization_id: Uuid,
        invited_by: Option<Uuid>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        self.called("invitations", self.store.invitations(organization_id, invited_by, after, limit)).await
    }

    async fn domains(&self, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError> {
        self.called("domains", self.store.domains(organization_id)).await
    }

    async fn waiting_claims(&self, limit: u32) -> Result<Vec<DomainClaim>, StoreError> {
        self.called("waiting_claims", self.store.waiting_claims(limit)).await
    }

    async fn offer(&self, domain: &MailDomain) -> Result<Option<Offer>, StoreError> {
        self.called("offer", self.store.offer(domain)).await
    }
}

#[async_trait]
impl Organizations for LateStore {
    async fn membership(&self, user_id: Uuid) -> Result<Option<Membership>, StoreError> {
        self.store()?.membership(user_id).await
    }

    async fn members(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        self.store()?.members(organization_id, after, limit).await
    }

    async fn invitation_of_token(&self, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
        self.store()?.invitation_of_token(token_hash).await
    }

    async fn invitation(&self, organization_id: Uuid, id: Uuid) -> Result<Option<Invitation>, StoreError> {
        self.store()?.invitation(organization_id, id).await
    }

    async fn invitations(
        &self,
        organization_id: Uuid,
        invited_by: Option<Uuid>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        self.store()?.invitations(organization_id, invited_by, after, limit).await
    }

    async fn domains(&self, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError> {
        self.store()?.domains(organization_id).await
    }

    async fn waiting_claims(&self, limit: u32) -> Result<Vec<DomainClaim>, StoreError> {
        self.store()?.waiting_claims(limit).await
    }

    async fn offer(&self, domain: &MailDomain) -> Result<Option<Offer>, StoreError> {
        self.store()?.offer(domain).await
    }
}

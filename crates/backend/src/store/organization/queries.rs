//! Queries about organizations.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::organization::{DomainClaim, Invitation, MailDomain, Member, Membership, Offer};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The queries of a [`Store`] about organizations.
///
/// Pages of lists begin after an id, in the store's order of ids. So rows that come meanwhile do not shift a page.
#[async_trait]
pub trait Organizations: Send + Sync + 'static {
    /// The membership of a person; none for a person without an organization.
    async fn membership(&self, user_id: Uuid) -> Result<Option<Membership>, StoreError>;

    /// At most `limit` members, after the account `after`.
    async fn members(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError>;

    /// The invitation whose link has a token with this hash.
    async fn invitation_of_token(&self, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError>;

    /// The invitation `id` of an organization.
    async fn invitation(&self, organization_id: Uuid, id: Uuid) -> Result<Option<Invitation>, StoreError>;

    /// At most `limit` invitations of an organization, after the invitation `after`. With `invited_by`, only the
    /// invitations of that member.
    async fn invitations(
        &self,
        organization_id: Uuid,
        invited_by: Option<Uuid>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError>;

    /// The domains of an organization, claimed and verified ones.
    async fn domains(&self, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError>;

    /// At most `limit` claims that an admin has to decide, the oldest first.
    async fn waiting_claims(&self, limit: u32) -> Result<Vec<DomainClaim>, StoreError>;

    /// The organization that has the domain as a verified one, as an offer.
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

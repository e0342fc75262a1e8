//! The ways into an account, one of which must stay.

use uuid::Uuid;

use crate::api::error::ApiError;
use crate::app::AppState;
use crate::auth::AccessError;
use crate::domain::Credentials;
use crate::domain::oidc::Identity;
use crate::domain::passkey::Passkey;
use crate::store::WayIn;

/// All ways into an account.
pub(super) struct WaysIn {
    pub(super) credentials: Credentials,
    pub(super) identities: Vec<Identity>,
    pub(super) passkeys: Vec<Passkey>,
}

impl WaysIn {
    pub(super) async fn of(app: &AppState, user_id: Uuid) -> Result<Self, ApiError> {
        Ok(Self {
            credentials: app.store.credentials_of(user_id).await?.ok_or(AccessError::UnknownUser)?,
            identities: app.store.oidc_identities_of(user_id).await?,
            passkeys: app.store.passkeys_of(user_id).await?,
        })
    }

    /// A way in other than the identity or passkey `leaving`. An identity at a provider that is not configured any
    /// more is no way in, and neither is a disabled passkey.
    pub(super) fn besides(&self, app: &AppState, leaving: Uuid) -> Option<WayIn> {
        if !self.credentials.password_hash.is_of_nobody() {
            return Some(WayIn::Password);
        }
        let is_usable = |identity: &&Identity| app.oidc.of_issuer(&identity.issuer).is_some();
        let mut identities = self.identities.iter().filter(is_usable).map(|identity| identity.id);
        let usable = self.passkeys.iter().filter(|passkey| passkey.disabled_at.is_none());
        let mut passkeys = usable.filter(|_| app.passkeys.config().is_some()).map(|passkey| passkey.id);
        let identity = identities.find(|id| *id != leaving).map(WayIn::Identity);
        identity.or_else(|| passkeys.find(|id| *id != leaving).map(WayIn::Passkey))
    }
}

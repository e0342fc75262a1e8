//! The credentials of this service at a provider of OpenID Connect.

use openidconnect::core::{CoreClient, CoreClientAuthMethod, CoreProviderMetadata};
use openidconnect::{
    AuthType, ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet, RedirectUrl,
};

/// The id and secret of this service at the provider.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) client_id: ClientId,
    /// The secret; none for a client that the provider calls public.
    pub(super) client_secret: Option<ClientSecret>,
    /// The page that people come back to from the provider.
    pub(super) redirect: RedirectUrl,
}

/// A client for a provider whose metadata is known.
pub(super) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Credentials {
    /// A client for the provider with the metadata `metadata`.
    pub(super) fn client(&self, metadata: &CoreProviderMetadata) -> Client {
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        CoreClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth_type(metadata))
    }
}

/// The way that the client's secret is sent: in a header, unless the provider takes it in the body only. A provider
/// that names no way takes the header (OpenID Connect Discovery 1.0, section 3).
fn auth_type(metadata: &CoreProviderMetadata) -> AuthType {
    let Some(methods) = metadata.token_endpoint_auth_methods_supported() else { return AuthType::BasicAuth };
    let takes = |method| methods.contains(&method);
    if !takes(CoreClientAuthMethod::ClientSecretBasic) && takes(CoreClientAuthMethod::ClientSecretPost) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

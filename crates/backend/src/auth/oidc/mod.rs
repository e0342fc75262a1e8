//! Log-in by OpenID Connect providers (OpenID Connect Core 1.0, authorization code flow with PKCE, RFC 7636).
//!
//! [`Provider`] sends a person there and checks what comes back; `discovery` keeps what the provider says of itself,
//! `http` speaks to it, `tokens` checks what it gives for a code, `person` reads what that says, and [`FlowKeys`] derives
//! what binds a token to one flow.

mod credentials;
mod discovery;
mod error;
mod flow_keys;
mod http;
mod person;
mod tokens;

use openidconnect::core::{CoreAuthenticationFlow, CoreTokenResponse};
use openidconnect::{ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, Scope};
use url::Url;

use self::credentials::{Client, Credentials};
use self::discovery::Discovery;
use self::http::Http;
use crate::config::OidcProviderConfig;
use crate::domain::Timestamp;
use crate::domain::oidc::{Assertion, ProviderName, State};

pub use self::http::ClientError;
pub use error::{Lie, OidcError};
pub use flow_keys::{FlowKeys, FlowSecrets};

/// The providers of this instance, in the order of their names.
#[derive(Debug, Default)]
pub struct Providers(Vec<Provider>);

/// A provider, as configured. What it says of itself is asked for when somebody wants to log in by it.
#[derive(Debug)]
pub struct Provider {
    /// Its name in paths.
    pub name: ProviderName,
    /// What people call it.
    pub label: String,
    /// Whether its word on addresses is taken: `OIDC_<NAME>_TRUST_EMAIL`.
    pub trusts_email: bool,
    credentials: Credentials,
    http: Http,
    discovery: Discovery,
}

impl Providers {
    /// The configured ones.
    pub fn new(configs: Vec<OidcProviderConfig>) -> Result<Self, ClientError> {
        configs.into_iter().map(Provider::new).collect::<Result<_, _>>().map(Self)
    }

    /// The one of this name.
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name.as_str() == name)
    }

    /// The one of this issuer.
    pub fn of_issuer(&self, issuer: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.issuer().as_str() == issuer)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }
}

impl Provider {
    fn new(config: OidcProviderConfig) -> Result<Self, ClientError> {
        let http = Http::new(config.issuer.url().scheme() == "http")?;
        let client_secret = config.client_secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        Ok(Self {
            name: config.name,
            label: config.label,
            trusts_email: config.trusts_email,
            credentials: Credentials {
                client_id: config.client_id,
                client_secret,
                redirect: config.redirect,
            },
            http,
            discovery: Discovery::new(config.issuer),
        })
    }

    /// Whose tokens it gives.
    pub fn issuer(&self) -> &IssuerUrl {
        self.discovery.issuer()
    }

    /// Where the person is sent, to come back with `state`.
    pub async fn authorization_url(&self, state: &State, secrets: &FlowSecrets) -> Result<Url, OidcError> {
        let metadata = self.discovery.metadata(&self.http).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&secrets.verifier());
        let (state, nonce) = (CsrfToken::new(state.expose().to_owned()), secrets.nonce());
        let (url, _, _): (Url, CsrfToken, Nonce) = self
            .credentials
            .client(&metadata)
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url)
    }

    /// What the provider says of whoever came back with `code`, after every check.
    pub async fn assertion(
        &self,
        code: &str,
        secrets: &FlowSecrets,
        now: Timestamp,
    ) -> Result<Assertion, OidcError> {
        let metadata = self.discovery.metadata(&self.http).await?;
        let client = self.credentials.client(&metadata);
        let tokens = tokens::exchange(&client, &self.http, code, secrets).await?;
        match self.read(&client, &tokens, secrets, now).await {
            // Its keys may have been changed since they were read.
            Err(OidcError::Lie(Lie::Signature)) => {
                let fresh = self.discovery.newer_than(&metadata, &self.http).await?;
                let fresh = fresh.ok_or(OidcError::Lie(Lie::Signature))?;
                self.read(&self.credentials.client(&fresh), &tokens, secrets, now).await
            }
            other => other,
        }
    }

    async fn read(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        secrets: &FlowSecrets,
        now: Timestamp,
    ) -> Result<Assertion, OidcError> {
        let claims = tokens::claims(client, &self.credentials, tokens, secrets, now);
        person::assertion(client, &self.http, tokens, &claims.map_err(OidcError::Lie)?).await
    }
}

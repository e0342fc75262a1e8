//! Log-in by OpenID Connect providers (OpenID Connect Core 1.0, authorization code flow with PKCE, RFC 7636).
//!
//! [`Provider`] sends a person to the provider and checks the callback. `discovery` keeps the provider's metadata.
//! `http` sends requests, `tokens` checks the tokens for a code, and `person` reads the claims. [`FlowKeys`] derives
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

/// The configured providers, ordered by name.
#[derive(Debug, Default)]
pub struct Providers(Vec<Provider>);

/// A configured provider. The metadata of a provider is read when somebody wants to log in.
#[derive(Debug)]
pub struct Provider {
    /// The provider's name in paths.
    pub name: ProviderName,
    /// The provider's name for people.
    pub label: String,
    /// Whether the provider's word on addresses is taken (`OIDC_<NAME>_TRUST_EMAIL`).
    pub trusts_email: bool,
    credentials: Credentials,
    http: Http,
    discovery: Discovery,
}

impl Providers {
    /// The providers of the configuration.
    ///
    /// # Errors
    ///
    /// A [`ClientError`] where the HTTP client cannot be made.
    pub fn new(configs: Vec<OidcProviderConfig>) -> Result<Self, ClientError> {
        configs.into_iter().map(Provider::new).collect::<Result<_, _>>().map(Self)
    }

    /// The provider with the name `name`; none where there is none.
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name.as_str() == name)
    }

    /// The provider with the issuer `issuer`; none where there is none.
    pub fn of_issuer(&self, issuer: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.issuer().as_str() == issuer)
    }

    /// All providers.
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

    /// The issuer of the provider's tokens.
    pub fn issuer(&self) -> &IssuerUrl {
        self.discovery.issuer()
    }

    /// The address that the person is sent to, to come back with `state`.
    ///
    /// # Errors
    ///
    /// An [`OidcError`] where the metadata cannot be read.
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

    /// The assertion for the code `code` of a callback, after every check.
    ///
    /// # Errors
    ///
    /// An [`OidcError`] by cause.
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

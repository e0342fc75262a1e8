//! The providers that people can log in by (`OIDC_<NAME>_…`).

use std::collections::BTreeMap;

use openidconnect::{ClientId, IssuerUrl, RedirectUrl};
use service_kit::config::{Secret, Sources};

use crate::domain::oidc::ProviderName;
use crate::mail::PublicUrl;

const PREFIX: &str = "OIDC_";

/// The keys of a provider's settings. Longer keys come first, so that no key is taken for the end of a name.
const KEYS: [&str; 5] = ["CLIENT_SECRET", "TRUST_EMAIL", "CLIENT_ID", "ISSUER", "LABEL"];

/// A provider of OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcProviderConfig {
    /// The provider's name: `<NAME>` in lower case, with `-` for `_`.
    pub name: ProviderName,
    /// The provider's name for people (`OIDC_<NAME>_LABEL`).
    pub label: String,
    /// The issuer of the provider's tokens, which is also the base of its metadata (`OIDC_<NAME>_ISSUER`).
    pub issuer: IssuerUrl,
    /// The client id (`OIDC_<NAME>_CLIENT_ID`).
    pub client_id: ClientId,
    /// The client secret (`OIDC_<NAME>_CLIENT_SECRET`); none for a client that the provider calls public.
    pub client_secret: Option<Secret>,
    /// Whether an address that the provider has verified counts as verified here (`OIDC_<NAME>_TRUST_EMAIL`).
    pub trusts_email: bool,
    /// The page that people come back to: `PUBLIC_URL`, `/oidc/` and the name.
    pub redirect: RedirectUrl,
}

/// Reads all providers, ordered by name. Their pages begin with `base`.
pub(super) fn read(sources: &mut Sources, base: Option<&PublicUrl>) -> Vec<OidcProviderConfig> {
    let mut names = BTreeMap::new();
    for variable in sources.names_with_prefix(PREFIX) {
        let setting = variable.strip_suffix("_FILE").unwrap_or(&variable);
        match key_of(setting).and_then(|name| name_of(name).map(|parsed| (parsed, name.to_owned()))) {
            Some((parsed, name)) => drop(names.insert(parsed, name)),
            None => sources.reject(
                variable,
                "is no setting: OIDC_<NAME>_ and ISSUER, CLIENT_ID, CLIENT_SECRET, LABEL or TRUST_EMAIL are",
            ),
        }
    }
    if !names.is_empty() && base.is_none() {
        sources.reject("PUBLIC_URL", "must be given with OIDC_<NAME>_ISSUER");
    }
    let mut providers: Vec<OidcProviderConfig> = Vec::new();
    for (parsed, name) in names {
        let Some(provider) = provider(sources, parsed, &name, base) else { continue };
        // An identity is found by its issuer, so that two could not be told apart.
        if let Some(other) = providers.iter().find(|other| other.issuer == provider.issuer) {
            sources
                .reject(format!("{PREFIX}{name}_ISSUER"), format_args!("is that of {} already", other.name));
        }
        providers.push(provider);
    }
    providers
}

/// The key between the prefix and the end of a variable's name.
fn key_of(variable: &str) -> Option<&str> {
    let rest = variable.strip_prefix(PREFIX)?;
    KEYS.iter().find_map(|key| rest.strip_suffix(key)?.strip_suffix('_'))
}

fn name_of(name: &str) -> Option<ProviderName> {
    let is_upper = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_upper.then(|| name.to_lowercase().replace('_', "-").parse().ok()).flatten()
}

fn provider(
    sources: &mut Sources,
    parsed: ProviderName,
    name: &str,
    base: Option<&PublicUrl>,
) -> Option<OidcProviderConfig> {
    let key = |key: &str| format!("{PREFIX}{name}_{key}");
    let issuer = sources.required::<String>(&key("ISSUER"));
    let client_id = sources.required::<String>(&key("CLIENT_ID"));
    let client_secret = sources.secret(&key("CLIENT_SECRET"));
    let label = sources.or(&key("LABEL"), capitalized(&parsed));
    let trusts_email = sources.or(&key("TRUST_EMAIL"), false);
    let length = label.chars().count();
    if !(1..=60).contains(&length) || label.chars().any(char::is_control) {
        sources.reject(key("LABEL"), "must be 1 to 60 characters, none of them a control");
    }
    let issuer = checked(&issuer?).map_err(|error| sources.reject(key("ISSUER"), error)).ok()?;
    let redirect = RedirectUrl::new(format!("{}/oidc/{parsed}", base?)).ok()?;
    let client_id = ClientId::new(client_id?);
    Some(OidcProviderConfig { name: parsed, label, issuer, client_id, client_secret, trusts_email, redirect })
}

/// The issuer as a URL. The provider's answers decide who is let in, so nobody on the way may change them. Plain HTTP
/// is allowed only for a provider on this machine.
fn checked(issuer: &str) -> Result<IssuerUrl, &'static str> {
    const REASON: &str =
        "must be a URL with https, or with http and a loopback address, without query and fragment";
    let parsed = IssuerUrl::new(issuer.to_owned()).map_err(|_| REASON)?;
    let url = parsed.url();
    let is_local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    // The longest that the database keeps.
    if is_safe && is_plain && issuer.chars().count() <= 255 { Ok(parsed) } else { Err(REASON) }
}

fn capitalized(name: &ProviderName) -> String {
    let mut letters = name.as_str().chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(pairs: &[(&str, &str)], base: Option<&str>) -> Result<Vec<OidcProviderConfig>, String> {
        let mut sources = Sources::from_map(pairs.iter().copied());
        let base = base.map(|base| base.parse().unwrap());
        let providers = read(&mut sources, base.as_ref());
        sources.finish().map(|()| providers).map_err(|errors| errors.to_string())
    }

    #[test]
    fn providers_are_read_by_their_names() {
        let pairs = [
            ("OIDC_GOOGLE_ISSUER", "https://accounts.google.com"),
            ("OIDC_GOOGLE_CLIENT_ID", "google-id"),
            ("OIDC_GOOGLE_CLIENT_SECRET", "google-secret"),
            ("OIDC_GOOGLE_TRUST_EMAIL", "true"),
            ("OIDC_MY_CLIENT_ISSUER", "http://127.0.0.1:4000/"),
            ("OIDC_MY_CLIENT_CLIENT_ID", "mine"),
            ("OIDC_MY_CLIENT_LABEL", "My Company"),
            ("OTHER", "x"),
        ];
        let providers = read_from(&pairs, Some("https://app.example.com/")).unwrap();
        let [google, mine] = providers.as_slice() else { panic!("{providers:?}") };
        assert_eq!(
            (google.name.as_str(), google.label.as_str(), google.trusts_email),
            ("google", "Google", true)
        );
        assert_eq!(google.redirect.as_str(), "https://app.example.com/oidc/google");
        assert_eq!(
            (mine.name.as_str(), mine.label.as_str(), mine.trusts_email),
            ("my-client", "My Company", false)
        );
        assert!(mine.client_secret.is_none());
        assert!(!format!("{google:?}").contains("google-secret"));
    }

    #[test]
    fn each_problem_is_told_by_its_name() {
        let good = [("OIDC_A_ISSUER", "https://a.example"), ("OIDC_A_CLIENT_ID", "x")];
        assert!(read_from(&good, None).unwrap_err().starts_with("PUBLIC_URL: "));
        for (name, value) in [
            ("OIDC_A_ISSUER", "http://a.example"),
            ("OIDC_A_ISSUER", "https://a.example?x"),
            ("OIDC_A_ISSUER", "nonsense"),
            ("OIDC_A_TRUST_EMAIL", "yes"),
            ("OIDC_A_LABEL", "a\nb"),
            ("OIDC_A_CLIENT", "x"),
            ("OIDC_ISSUER", "https://a.example"),
            ("OIDC_1_ISSUER", "https://a.example"),
            ("OIDC_b_ISSUER", "https://a.example"),
            ("OIDC_A_CLIENT_SECRET_FILE", "/no/such/file"),
        ] {
            let pairs: BTreeMap<_, _> = good.into_iter().chain([(name, value)]).collect();
            let pairs: Vec<_> = pairs.into_iter().collect();
            let text = read_from(&pairs, Some("https://x.example")).unwrap_err();
            assert!(text.starts_with(&format!("{name}: ")), "{name}={value}: {text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
        let twice = [("OIDC_B_ISSUER", "https://a.example"), ("OIDC_B_CLIENT_ID", "x")];
        let twice: Vec<_> = good.into_iter().chain(twice).collect();
        let text = read_from(&twice, Some("https://x.example")).unwrap_err();
        assert!(text.starts_with("OIDC_B_ISSUER: "), "{text}");
        let none = read_from(&[("OIDC_A_LABEL", "A")], Some("https://x.example")).unwrap_err();
        assert!(none.contains("OIDC_A_ISSUER: ") && none.contains("OIDC_A_CLIENT_ID: "), "{none}");
    }
}

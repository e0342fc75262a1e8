//! The relying party of passkeys (`PASSKEY_RP_ID` and `PASSKEY_ORIGINS`).

use service_kit::config::Sources;
use url::{Host, Url};

use crate::mail::PublicUrl;

/// The page's address in development.
const LOCAL_PAGE: &str = "http://localhost:3000";

/// The relying party (WebAuthn Level 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyConfig {
    /// The relying party's id (`PASSKEY_RP_ID`, or the domain of `PUBLIC_URL`). Passkeys are bound to the id for
    /// ever.
    pub rp_id: String,
    /// The pages that may use passkeys: the origin of `PUBLIC_URL` and those of `PASSKEY_ORIGINS`, at least one.
    pub origins: Vec<Url>,
}

/// Reads the relying party. None where the page has no domain, because `PUBLIC_URL` has an IP address of another
/// machine. An address of this machine counts as `localhost`.
pub(super) fn read(sources: &mut Sources, base: Option<&PublicUrl>) -> Option<PasskeyConfig> {
    let rp_id: Option<String> = sources.optional("PASSKEY_RP_ID");
    let listed: Option<String> = sources.optional("PASSKEY_ORIGINS");
    let page = page(base);
    let Some(rp_id) = rp_id.clone().or_else(|| page.as_ref()?.domain().map(str::to_owned)) else {
        if listed.is_some() {
            sources.reject("PASSKEY_ORIGINS", "needs PASSKEY_RP_ID where PUBLIC_URL has no domain");
        }
        return None;
    };
    if Host::parse(&rp_id) != Ok(Host::Domain(rp_id.clone())) {
        sources.reject("PASSKEY_RP_ID", "must be a domain in lower case, such as example.com");
        return None;
    }
    let mut origins: Vec<Url> = page.into_iter().filter(|page| is_below(page, &rp_id)).collect();
    for text in listed.iter().flat_map(|listed| listed.split(',')).map(str::trim) {
        match origin(text).filter(|origin| is_below(origin, &rp_id)) {
            Some(origin) if origins.contains(&origin) => {}
            Some(origin) => origins.push(origin),
            None => sources.reject(
                "PASSKEY_ORIGINS",
                format_args!("{text:?} is no origin like https://app.{rp_id}, at {rp_id} or below it"),
            ),
        }
    }
    if origins.is_empty() {
        sources.reject(
            "PASSKEY_RP_ID",
            "must be the domain of PUBLIC_URL or above it, or PASSKEY_ORIGINS be given",
        );
        return None;
    }
    Some(PasskeyConfig { rp_id, origins })
}

/// The page's origin, by a name where there is one. Browsers know no passkeys at addresses, but they know
/// `localhost`.
fn page(base: Option<&PublicUrl>) -> Option<Url> {
    let mut page: Url = base.map_or_else(|| LOCAL_PAGE.to_owned(), ToString::to_string).parse().ok()?;
    let is_loopback = match page.host()? {
        Host::Domain(_) => false,
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    if is_loopback {
        page.set_host(Some("localhost")).ok()?;
    }
    page.set_path("");
    page.domain().is_some().then_some(page)
}

fn origin(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    (["http", "https"].contains(&url.scheme()) && is_bare && is_anonymous).then_some(url)
}

fn is_below(origin: &Url, rp_id: &str) -> bool {
    let domain = origin.domain().and_then(|domain| domain.strip_suffix(rp_id));
    domain.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(
        base: Option<&str>,
        pairs: &[(&str, &str)],
    ) -> Result<Option<(String, Vec<String>)>, String> {
        let mut sources = Sources::from_map(pairs.iter().copied());
        let base = base.map(|base| base.parse().unwrap());
        let config = read(&mut sources, base.as_ref());
        let told = |config: PasskeyConfig| {
            let origins = config.origins.iter().map(|origin| origin.origin().ascii_serialization());
            (config.rp_id.clone(), origins.collect())
        };
        sources.finish().map(|()| config.map(told)).map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_page_says_what_passkeys_are_bound_to() {
        for (base, rp_id, origin) in [
            (None, "localhost", "http://localhost:3000"),
            (Some("http://127.0.0.1:3000"), "localhost", "http://localhost:3000"),
            (Some("http://[::1]:8080/"), "localhost", "http://localhost:8080"),
            (Some("https://App.Example.com/onboarding"), "app.example.com", "https://app.example.com"),
        ] {
            let expected = (rp_id.to_owned(), vec![origin.to_owned()]);
            assert_eq!(read_from(base, &[]), Ok(Some(expected)), "{base:?}");
        }
        assert_eq!(read_from(Some("https://203.0.113.7"), &[]), Ok(None));
        let above = [
            ("PASSKEY_RP_ID", "example.com"),
            ("PASSKEY_ORIGINS", "https://example.com, https://app.example.com,https://x.example.com:8443"),
        ];
        let (rp_id, origins) = read_from(Some("https://app.example.com"), &above).unwrap().unwrap();
        assert_eq!(rp_id, "example.com");
        let expected = ["https://app.example.com", "https://example.com", "https://x.example.com:8443"];
        assert_eq!(origins, expected);
    }

    #[test]
    fn each_problem_is_told_by_its_name() {
        let app = Some("https://app.example.com");
        for (base, name, value) in [
            (app, "PASSKEY_RP_ID", "https://example.com"),
            (app, "PASSKEY_RP_ID", "Example.com"),
            (app, "PASSKEY_RP_ID", "127.0.0.1"),
            (app, "PASSKEY_RP_ID", "elsewhere.example"),
            (app, "PASSKEY_RP_ID", "pp.example.com"),
            (app, "PASSKEY_ORIGINS", "https://elsewhere.example"),
            (app, "PASSKEY_ORIGINS", "https://app.example.com/path"),
            (app, "PASSKEY_ORIGINS", "app.example.com"),
            (Some("https://203.0.113.7"), "PASSKEY_ORIGINS", "https://app.example.com"),
        ] {
            let text = read_from(base, &[(name, value)]).unwrap_err();
            assert!(text.starts_with(&format!("{name}: ")) && text.lines().count() == 1, "{value}: {text}");
        }
    }
}

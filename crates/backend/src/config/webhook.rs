//! The webhook's settings.

use std::str::FromStr;

use service_kit::config::{Secret, Sources};
use url::Url;

use crate::webhook::EndpointConfig;
use crate::webhook::signature::WebhookSecret;

/// A URL for events.
struct Target(Url);

#[derive(Debug, thiserror::Error)]
#[error("must be a URL like https://example.com/webhooks, without a fragment")]
struct BadTarget;

impl FromStr for Target {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let url = Url::parse(text).map_err(|_| BadTarget)?;
        let good = matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none();
        good.then_some(Self(url)).ok_or(BadTarget)
    }
}

/// Reads the settings. None where no URL is given, and no events are written then.
pub(super) fn read(sources: &mut Sources) -> Option<EndpointConfig> {
    let url = sources.secret("WEBHOOK_URL");
    let secret = sources.secret("WEBHOOK_SECRET");
    let others = sources.secrets("WEBHOOK_OTHER_SECRETS");
    let Some(url) = url else {
        for (name, given) in
            [("WEBHOOK_SECRET", secret.is_some()), ("WEBHOOK_OTHER_SECRETS", !others.is_empty())]
        {
            if given {
                sources.reject(name, "is of no use without WEBHOOK_URL");
            }
        }
        return None;
    };
    let target: Option<Target> =
        url.expose().parse().map_err(|error| sources.reject("WEBHOOK_URL", error)).ok();
    if secret.is_none() {
        sources.reject("WEBHOOK_SECRET", "must be given with WEBHOOK_URL");
    }
    let mut parse = |name: &str, secret: &Secret| {
        secret.expose().parse::<WebhookSecret>().map_err(|error| sources.reject(name, error)).ok()
    };
    let current = secret.as_ref().map(|secret| parse("WEBHOOK_SECRET", secret));
    let others = others.iter().map(|other| parse("WEBHOOK_OTHER_SECRETS", other));
    let secrets = current.into_iter().chain(others).collect::<Option<_>>()?;
    Some(EndpointConfig { url: target?.0, secrets })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(pairs: &[(&str, &str)]) -> Result<Option<EndpointConfig>, String> {
        let mut sources = Sources::from_map(pairs.iter().copied());
        let config = super::read(&mut sources);
        sources.finish().map(|()| config).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_url_goes_with_its_secrets_and_nothing_is_nothing() {
        assert!(read(&[]).unwrap().is_none());
        let pairs = [
            ("WEBHOOK_URL", "https://crm.example/hooks?tenant=7"),
            ("WEBHOOK_SECRET", SECRET),
            ("WEBHOOK_OTHER_SECRETS", SECRET),
        ];
        let config = read(&pairs).unwrap().unwrap();
        assert_eq!((config.url.as_str(), config.secrets.len()), (pairs[0].1, 2));
    }

    #[test]
    fn each_problem_is_told_by_its_name_and_no_secret_among_them() {
        let url = ("WEBHOOK_URL", "https://crm.example/");
        for (pairs, name) in [
            (&[url][..], "WEBHOOK_SECRET: "),
            (&[("WEBHOOK_SECRET", SECRET)][..], "WEBHOOK_SECRET: "),
            (&[("WEBHOOK_OTHER_SECRETS", SECRET)][..], "WEBHOOK_OTHER_SECRETS: "),
            (&[url, ("WEBHOOK_SECRET", "tell-tale")][..], "WEBHOOK_SECRET: "),
            (
                &[url, ("WEBHOOK_SECRET", SECRET), ("WEBHOOK_OTHER_SECRETS", "tell-tale")][..],
                "WEBHOOK_OTHER_SECRETS: ",
            ),
            (&[("WEBHOOK_URL", "ftp://tell-tale"), ("WEBHOOK_SECRET", SECRET)][..], "WEBHOOK_URL: "),
            (&[("WEBHOOK_URL", "https://x/#tell-tale"), ("WEBHOOK_SECRET", SECRET)][..], "WEBHOOK_URL: "),
        ] {
            let text = read(pairs).unwrap_err();
            assert!(text.contains(name) && !text.contains("tell-tale"), "{name} in {text}");
        }
    }
}

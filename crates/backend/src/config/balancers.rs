//! The admin ports of the balancers (`LB_ADMIN_URLS`).

use std::str::FromStr;

use url::Url;

/// The largest number of balancers.
const MOST: usize = 16;

/// The base URLs of the balancers' admin ports, such as `http://load-balancer:8081`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalancerUrls(pub Vec<Url>);

/// The reason why the value is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBalancerUrl {
    /// The entry is no base URL of an HTTP server.
    #[error("{0:?} is not a URL like http://load-balancer:8081, without a path and a password")]
    NotABase(String),
    /// There are more entries than balancers that are asked.
    #[error("has {0} URLs, must have at most {MOST}; a name may lead to several balancers")]
    TooMany(usize),
}

/// Parses URLs that are separated by commas or white space.
impl FromStr for BalancerUrls {
    type Err = BadBalancerUrl;

    fn from_str(text: &str) -> Result<Self, BadBalancerUrl> {
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        let urls = entries.map(base).collect::<Result<Vec<_>, _>>()?;
        if urls.len() > MOST { Err(BadBalancerUrl::TooMany(urls.len())) } else { Ok(Self(urls)) }
    }
}

fn base(text: &str) -> Result<Url, BadBalancerUrl> {
    let bad = || BadBalancerUrl::NotABase(text.to_owned());
    let url = Url::parse(text).map_err(|_| bad())?;
    let is_base = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_base.then_some(url).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_read_and_nothing_else() {
        let read = |text: &str| text.parse::<BalancerUrls>();
        let two = read("http://load-balancer-1:8081, https://[::1]:8081/").unwrap();
        assert_eq!(
            two.0.iter().map(Url::as_str).collect::<Vec<_>>(),
            ["http://load-balancer-1:8081/", "https://[::1]:8081/"]
        );
        assert_eq!(read(" ").unwrap(), BalancerUrls::default());
        for bad in [
            "load-balancer:8081",
            "ftp://x/",
            "http://x/admin",
            "http://u:p@x/",
            "http://x/?a",
            "http://x/#a",
        ] {
            assert_eq!(read(bad), Err(BadBalancerUrl::NotABase(bad.to_owned())));
        }
        assert_eq!(read(&"http://x:1 ".repeat(17)), Err(BadBalancerUrl::TooMany(17)));
    }
}

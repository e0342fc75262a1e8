//! The headers that the page's files bear: those of `nginx/frontend.conf`, read from that very file.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The one place where they are written.
const NGINX: &str = include_str!("../../../nginx/frontend.conf");

/// What `add_header` says in the location of that path. A header whose value nginx makes as it runs is left out: by
/// plain HTTP, and with no traces, nginx leaves it out, too.
pub(crate) fn of_location(path: &str) -> HeaderMap {
    headers_in(NGINX, path)
}

fn headers_in(configuration: &str, path: &str) -> HeaderMap {
    let opening = format!("location {path} {{");
    let lines = configuration.lines().map(str::trim);
    let block = lines.skip_while(|line| *line != opening).skip(1).take_while(|line| *line != "}");
    block.filter_map(|line| header_of(configuration, line)).collect()
}

/// `add_header NAME VALUE;`, where the value is a word, a text in quotes or a variable that is `set` to one.
fn header_of(configuration: &str, line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.strip_prefix("add_header ")?.strip_suffix(';')?.split_once(' ')?;
    let value = value.trim_end_matches(" always");
    let value = if value.starts_with('$') { set_to(configuration, value)? } else { unquoted(value) };
    Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?))
}

fn set_to<'a>(configuration: &'a str, variable: &str) -> Option<&'a str> {
    let start = format!("set {variable} ");
    let line = configuration.lines().map(str::trim).find_map(|line| line.strip_prefix(&start))?;
    line.strip_suffix(';').map(unquoted)
}

fn unquoted(value: &str) -> &str {
    value.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_texts_and_variables_that_are_set() {
        let configuration = r#"
            set $policy "default-src 'none'; img-src 'self'";
            location /assets/ {
                add_header Cache-Control "public, immutable";
            }
            location / {
                try_files $uri /index.html;
                add_header Content-Security-Policy $policy;
                add_header X-Frame-Options DENY always;
                add_header Server-Timing $made_while_running;
            }
        "#;
        let headers = headers_in(configuration, "/");
        assert_eq!(headers.len(), 2, "{headers:?}");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; img-src 'self'");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers_in(configuration, "/assets/")["cache-control"], "public, immutable");
        assert!(headers_in(configuration, "/none").is_empty());
    }

    #[test]
    fn the_shipped_configuration_has_what_protects_the_page() {
        let page = of_location("/");
        for name in [
            "cache-control",
            "content-security-policy",
            "cross-origin-opener-policy",
            "permissions-policy",
            "referrer-policy",
            "x-content-type-options",
            "x-frame-options",
        ] {
            assert!(page.contains_key(name), "{name} is missing in {page:?}");
        }
        assert_eq!(of_location("/assets/")["cache-control"], "public, max-age=31536000, immutable");
    }
}

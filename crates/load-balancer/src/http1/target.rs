//! Request targets (RFC 9112 section 3.2) and `Host` (RFC 9110 section 7.2).

use thiserror::Error;

/// The longest `Host`, in bytes: a name of 255 (RFC 3986 section 3.2.2) with a port.
const MAX_HOST: usize = 261;

/// A request target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'b> {
    /// Path and query as they came. They begin with `/`, or are `*`. Where an absolute-form target had no path, they
    /// are empty or begin with `?`.
    pub path_and_query: &'b str,
    /// The authority of an absolute-form target, which replaces `Host` (RFC 9112 section 3.2.2).
    pub authority: Option<&'b str>,
}

/// Why a target or a host is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum TargetError {
    /// The method is `CONNECT`: a reverse proxy opens no tunnels to where clients say.
    #[error("CONNECT is not implemented")]
    Connect,
    /// The target has none of the forms of RFC 9112 section 3.2.
    #[error("the request target is not a valid one")]
    InvalidTarget,
    /// The target has an octet that no URI has unencoded (RFC 3986 section 2): servers differ in how they read it.
    #[error("the request target has a character that must be percent-encoded")]
    UnencodedOctet,
    /// The path has a `.` or `..` segment, plain or percent-encoded. The routed path and the path that the upstream
    /// serves could differ, and clients resolve such segments before they ask (RFC 3986 section 5.2.4).
    #[error("the request target has a dot segment")]
    DotSegment,
    /// The host is not `host[:port]`.
    #[error("Host is not a valid one")]
    InvalidHost,
}

/// Reads a request target in origin, absolute or asterisk form.
pub fn parse<'b>(method: &str, target: &'b str) -> Result<Target<'b>, TargetError> {
    if method == "CONNECT" {
        return Err(TargetError::Connect);
    }
    if target == "*" {
        return match method {
            "OPTIONS" => Ok(Target { path_and_query: target, authority: None }),
            _ => Err(TargetError::InvalidTarget),
        };
    }
    let (authority, path_and_query) =
        if target.starts_with('/') { (None, target) } else { absolute(target)? };
    if !path_and_query.bytes().all(is_target_byte) {
        return Err(TargetError::UnencodedOctet);
    }
    let target = Target { path_and_query, authority };
    if has_dot_segment(target.path()) { Err(TargetError::DotSegment) } else { Ok(target) }
}

impl<'b> Target<'b> {
    /// The path without the query; `/` where an absolute-form target had none.
    pub fn path(&self) -> &'b str {
        let end = self.path_and_query.bytes().position(|byte| byte == b'?');
        let path = &self.path_and_query[..end.unwrap_or(self.path_and_query.len())];
        if path.is_empty() { "/" } else { path }
    }
}

/// Splits an absolute-form target (`http://host:port/path?query`) into authority and the rest.
fn absolute(target: &str) -> Result<(Option<&str>, &str), TargetError> {
    let (scheme, rest) = target.split_once("://").ok_or(TargetError::InvalidTarget)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(TargetError::InvalidTarget);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.is_empty() {
        return Err(TargetError::InvalidHost);
    }
    check_host(authority.as_bytes())?;
    Ok((Some(authority), path))
}

/// Whether an octet may stand in a path or a query: the octets of RFC 3986 sections 3.3 and 3.4, and square brackets,
/// which clients send unencoded in queries. Every parser of URIs takes these octets, so no client gets the bare answer
/// of an upstream's parser.
pub fn is_target_byte(byte: u8) -> bool {
    TARGET_BYTES[usize::from(byte)]
}

const TARGET_BYTES: [bool; 256] = {
    let (mut allowed, mut byte) = ([false; 256], b'!');
    while byte <= b'~' {
        let excluded = matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        allowed[byte as usize] = !excluded;
        byte += 1;
    }
    allowed
};

fn has_dot_segment(path: &str) -> bool {
    let may_have = path.as_bytes().windows(2).any(|pair| pair == b"/.");
    (may_have || path.bytes().any(|byte| byte == b'%')) && path.split('/').any(is_dot_segment)
}

/// `.` or `..`, each dot plain or as `%2e`.
fn is_dot_segment(segment: &str) -> bool {
    let (mut rest, mut dots) = (segment.as_bytes(), 0);
    while let [b'.', tail @ ..] | [b'%', b'2', b'e' | b'E', tail @ ..] = rest {
        (rest, dots) = (tail, dots + 1);
    }
    rest.is_empty() && (dots == 1 || dots == 2)
}

/// Checks a `Host` value: `uri-host [ ":" port ]` (RFC 3986 section 3.2), or nothing.
pub fn check_host(host: &[u8]) -> Result<&str, TargetError> {
    let text = std::str::from_utf8(host).map_err(|_| TargetError::InvalidHost)?;
    let port = if let Some(literal) = text.strip_prefix('[') {
        let (address, rest) = literal.split_once(']').ok_or(TargetError::InvalidHost)?;
        address.parse::<std::net::Ipv6Addr>().map_err(|_| TargetError::InvalidHost)?;
        rest.strip_prefix(':').or(rest.is_empty().then_some(""))
    } else {
        let name = text.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(text.len());
        let rest = &text[name..];
        rest.strip_prefix(':').or(rest.is_empty().then_some(""))
    };
    match port {
        Some(port) if is_port(port) && text.len() <= MAX_HOST => Ok(text),
        _ => Err(TargetError::InvalidHost),
    }
}

/// Whether the text is a port: `*DIGIT` (RFC 3986 section 3.2.3) that a TCP connection can go to. An empty port means
/// the scheme's own.
fn is_port(port: &str) -> bool {
    port.is_empty()
        || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// What a registered name may hold: unreserved, sub-delims and percent signs.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for (method, target, path, authority) in [
            ("GET", "/", "/", None),
            ("GET", "/a/b?x=/../y", "/a/b", None),
            ("GET", "/a..b/...", "/a..b/...", None),
            ("OPTIONS", "*", "*", None),
            ("GET", "http://example.com/a?b", "/a", Some("example.com")),
            ("GET", "HTTPS://[::1]:8443?b", "/", Some("[::1]:8443")),
            ("GET", "http://example.com", "/", Some("example.com")),
        ] {
            let parsed = parse(method, target).expect(target);
            assert_eq!((parsed.path(), parsed.authority), (path, authority), "{target}");
        }
    }

    #[test]
    fn every_other_target_is_refused() {
        use TargetError::*;
        for (method, target, error) in [
            ("CONNECT", "example.com:443", Connect),
            ("GET", "*", InvalidTarget),
            ("GET", "example.com", InvalidTarget),
            ("GET", "ftp://example.com/", InvalidTarget),
            ("GET", "/a#b", UnencodedOctet),
            ("GET", "/caf\u{e9}", UnencodedOctet),
            ("GET", "http:///a", InvalidHost),
            ("GET", "http://user@example.com/", InvalidHost),
            ("GET", "/a/../b", DotSegment),
            ("GET", "/a/%2e%2E/b", DotSegment),
            ("GET", "/.", DotSegment),
            ("GET", "/a/.%2e", DotSegment),
            ("GET", "http://example.com/..?x", DotSegment),
        ] {
            assert_eq!(parse(method, target), Err(error), "{target}");
        }
    }

    #[test]
    fn what_passes_is_a_uri_to_every_parser() {
        for byte in 0..=u8::MAX {
            for before in ["/a", "/a?b=", "http://h/a", "http://h?"] {
                let target = [before.as_bytes(), &[byte]].concat();
                let passes = std::str::from_utf8(&target).is_ok_and(|text| parse("GET", text).is_ok());
                assert!(!passes || http::Uri::try_from(&target[..]).is_ok(), "{byte:#x} after {before}");
                let reserved = b"-._~!$&'()*+,;=:@/?%[]".contains(&byte);
                assert_eq!(passes, byte.is_ascii_alphanumeric() || reserved, "{byte:#x} after {before}");
            }
        }
    }

    #[test]
    fn hosts() {
        for host in [
            "",
            "a:",
            "[::1]:",
            "a:65535",
            "a:000080",
            "example.com",
            "example.com:80",
            "127.0.0.1:8080",
            "[::1]",
            "[::1]:80",
            "a_b:",
        ] {
            assert_eq!(check_host(host.as_bytes()), Ok(host));
        }
        for host in [
            "a b",
            "a/b",
            "a@b",
            "a:b",
            "a:1:2",
            "[::1",
            "[x]",
            "[::1]x",
            "a:65536",
            "a:99999",
            "a:0",
            "a:x",
            "a:-1",
            "a:+1",
            "[::1]:65536",
            "a\\b",
            "a?b",
            "\u{e9}",
        ] {
            assert_eq!(check_host(host.as_bytes()), Err(TargetError::InvalidHost), "{host}");
        }
    }
}

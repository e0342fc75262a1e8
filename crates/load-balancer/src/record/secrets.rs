//! Hides the values of query parameters that may be secrets from logs. Pure.

use std::borrow::Cow;

/// The text in place of a hidden value.
const MARK: &[u8] = b"***";
/// A parameter is secret whose name has one of these anywhere, apart from its separators.
const ANYWHERE: [&[u8]; 9] = [
    b"token",
    b"secret",
    b"password",
    b"passwd",
    b"passphrase",
    b"signature",
    b"credential",
    b"apikey",
    b"accesskey",
];
/// A parameter is secret whose name is or has one of these as a word.
const WORDS: [&[u8]; 17] = [
    b"assertion",
    b"auth",
    b"authorization",
    b"code",
    b"hmac",
    b"jwt",
    b"key",
    b"nonce",
    b"otp",
    b"pass",
    b"pin",
    b"pwd",
    b"session",
    b"sid",
    b"sig",
    b"state",
    b"ticket",
];

/// A target or an address with its secrets hidden; `None` when it has none.
#[inline]
pub(super) fn hide(text: &[u8]) -> Option<Vec<u8>> {
    let query = memchr::memchr(b'?', text)? + 1;
    hide_in_query(text, query)
}

#[cold]
fn hide_in_query(text: &[u8], query: usize) -> Option<Vec<u8>> {
    let mut hidden = text[..query].to_vec();
    let mut found = false;
    for pair in text[query..].split_inclusive(|byte| matches!(byte, b'&' | b';' | b'#' | b'?')) {
        let value = memchr::memchr(b'=', pair).map(|equals| equals + 1);
        match value.filter(|value| is_secret(&pair[..value - 1])) {
            Some(value) => {
                let ends = matches!(pair.last(), Some(b'&' | b';' | b'#' | b'?'));
                let end = pair.len() - usize::from(ends);
                if end == value {
                    hidden.extend_from_slice(pair);
                    continue;
                }
                found = true;
                hidden.extend_from_slice(&pair[..value]);
                hidden.extend_from_slice(MARK);
                hidden.extend_from_slice(&pair[end..]);
            }
            None => hidden.extend_from_slice(pair),
        }
    }
    found.then_some(hidden)
}

/// Whether a parameter of this name, undecoded, may bear a secret.
fn is_secret(name: &[u8]) -> bool {
    let name = decoded(name).to_ascii_lowercase();
    let letters: Vec<u8> = name.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let mut words = name.split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| WORDS.contains(&word))
        || ANYWHERE.iter().any(|part| memchr::memmem::find(&letters, part).is_some())
}

/// The text percent-decoded; a broken escape stays (RFC 3986 section 2.1).
fn decoded(name: &[u8]) -> Cow<'_, [u8]> {
    percent_encoding::percent_decode(name).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        String::from_utf8(hide(text.as_bytes()).unwrap_or_else(|| text.into())).unwrap()
    }

    #[test]
    fn values_of_secrets_are_hidden_and_nothing_else() {
        let rows = [
            ("/a", "/a"),
            ("/token=1", "/token=1"),
            ("/a?", "/a?"),
            ("/a?token", "/a?token"),
            ("/a?token=", "/a?token="),
            ("/a?token=1", "/a?token=***"),
            ("/a?x=1&Token=a=b&y=2", "/a?x=1&Token=***&y=2"),
            ("/a?x=1;password=2;y=3", "/a?x=1;password=***;y=3"),
            ("/a?token=1&token=2#f", "/a?token=***&token=***#f"),
            ("/a?%74oken=1&c%6Fd%65=2", "/a?%74oken=***&c%6Fd%65=***"),
            ("/a?to+ken=1", "/a?to+ken=***"),
            ("/a?%zzcode=1", "/a?%zzcode=1"),
            ("/a?x=token&lang=de", "/a?x=token&lang=de"),
            ("/a?keyboard=1&statement=2&encode=3&design=4", "/a?keyboard=1&statement=2&encode=3&design=4"),
            ("/a?next=/b?token=1", "/a?next=/b?token=***"),
            ("/a?next=%2Fb%3Ftoken%3D1%26x=2", "/a?next=%2Fb%3Ftoken%3D1%26x=2"),
            ("https://a.example/b?c=d&code=1", "https://a.example/b?c=d&code=***"),
        ];
        for (text, expected) in rows {
            assert_eq!(hidden(text), expected, "{text}");
        }
    }

    #[test]
    fn the_names_of_secrets_and_their_like() {
        let names = [
            "token",
            "code",
            "password",
            "secret",
            "key",
            "access_token",
            "refresh_token",
            "id_token",
            "state",
            "signature",
            "TOKEN",
            "resetToken",
            "api_key",
            "apiKey",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "X-Amz-Credential",
            "client_secret",
            "user[password]",
            "password_confirmation",
            "session.id",
            "sig",
            "new-password",
            "oauth_token_secret",
            "invite-code",
            "AccessKeyId",
        ];
        for name in names {
            assert_eq!(hidden(&format!("/?{name}=1")), format!("/?{name}=***"));
        }
    }
}

//! Conditional requests (RFC 9110 sections 8.8.3 and 13.1).

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::ApiError;

/// The strong entity tag of a version.
pub(super) fn of_version(version: i64) -> HeaderValue {
    // Digits and quotes are always a legal value.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// Whether `If-Match`, where it is given, admits a state with the tag `current`. Compares
/// strongly: weak tags never match.
pub(super) fn if_match(headers: &HeaderMap, current: &HeaderValue) -> Result<bool, ApiError> {
    let Some(list) = joined(headers, &IF_MATCH) else { return Ok(true) };
    if list.trim() == "*" {
        return Ok(true);
    }
    let tags = parse(&list).ok_or(ApiError::MalformedCondition)?;
    Ok(tags.iter().any(|tag| !tag.weak && tag.opaque.as_bytes() == current.as_bytes()))
}

/// Whether `If-None-Match`, where it is given, admits a change of a state that is there, with the
/// tag `current`. Compares weakly, and `*` admits none (RFC 9110 section 13.1.2).
pub(super) fn if_none_match(headers: &HeaderMap, current: &HeaderValue) -> Result<bool, ApiError> {
    let Some(list) = joined(headers, &IF_NONE_MATCH) else { return Ok(true) };
    if list.trim() == "*" {
        return Ok(false);
    }
    let tags = parse(&list).ok_or(ApiError::MalformedCondition)?;
    Ok(tags.iter().all(|tag| tag.opaque.as_bytes() != current.as_bytes()))
}

/// Whether `If-None-Match` says that the client has the state with the tag `current`. The comparison is weak. A
/// header that cannot be read counts as absent, because the whole state is always a right answer.
pub(super) fn has_already(headers: &HeaderMap, current: &HeaderValue) -> bool {
    if_none_match(headers, current).is_ok_and(|admitted| !admitted)
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

struct Tag<'a> {
    weak: bool,
    /// The tag with its quotes.
    opaque: &'a str,
}

fn parse(list: &str) -> Option<Vec<Tag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = list.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let weak = rest.starts_with("W/");
        let quoted = if weak { &rest[2..] } else { rest };
        let end = quoted.strip_prefix('"')?.find('"')? + 2;
        tags.push(Tag { weak, opaque: &quoted[..end] });
        let after = quoted[end..].trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn if_match_compares_strongly() {
        let table: &[(&[&str], Option<bool>)] = &[
            (&[], Some(true)),
            (&["*"], Some(true)),
            (&["\"7\""], Some(true)),
            (&["\"6\""], Some(false)),
            (&["\"5\", \"7\""], Some(true)),
            (&["\"5\"", "\"7\""], Some(true)),
            (&["\"a,b\" , \"7\""], Some(true)),
            (&["W/\"7\""], Some(false)),
            (&["7"], None),
            (&["\"7"], None),
            (&["\"6\" \"7\""], None),
        ];
        for (values, expected) in table {
            let outcome = if_match(&headers(&IF_MATCH, values), &of_version(7)).ok();
            assert_eq!(outcome, *expected, "{values:?}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let table: &[(&[&str], Option<bool>)] = &[
            (&[], Some(true)),
            (&["*"], Some(false)),
            (&[" * "], Some(false)),
            (&["\"7\""], Some(false)),
            (&["W/\"7\""], Some(false)),
            (&["\"6\", \"7\""], Some(false)),
            (&["\"6\"", "W/\"7\""], Some(false)),
            (&["\"6\", W/\"8\""], Some(true)),
            (&["*", "\"6\""], None),
            (&["7"], None),
        ];
        for (values, expected) in table {
            let headers = headers(&IF_NONE_MATCH, values);
            assert_eq!(if_none_match(&headers, &of_version(7)).ok(), *expected, "{values:?}");
            // A header that cannot be read is no reason to keep the state from a reader.
            assert_eq!(has_already(&headers, &of_version(7)), *expected == Some(false), "{values:?}");
        }
    }
}

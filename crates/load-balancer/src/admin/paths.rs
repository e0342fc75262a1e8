//! Paths, as they may be shown to operators.

use std::borrow::Cow;

/// The longest segment with a digit that is shown; longer ones are ids or secrets.
const LONGEST_WORD: usize = 19;

/// The path without parts that may speak of one person. Segments that are long and have a digit (ids, tokens), or that
/// look like an e-mail address, become `…`. Queries are not kept at all.
pub(super) fn shown(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(is_personal) {
        return path.into();
    }
    let segments = path.split('/').map(|segment| if is_personal(segment) { "…" } else { segment });
    segments.collect::<Vec<_>>().join("/").into()
}

fn is_personal(segment: &str) -> bool {
    let is_address = segment.contains('@') || segment.to_ascii_lowercase().contains("%40");
    let is_id = segment.len() > LONGEST_WORD && segment.bytes().any(|byte| byte.is_ascii_digit());
    is_address || is_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_of_one_person_is_left_out() {
        for (path, expected) in [
            ("/", "/"),
            ("/api/onboarding/steps/profile", "/api/onboarding/steps/profile"),
            ("/api/v1/organization-invitations", "/api/v1/organization-invitations"),
            ("/api/admin/users/01a20b95-3d99-7900-87e2-4a24528782cb/suspend", "/api/admin/users/…/suspend"),
            ("/api/unsubscribe/eyJhbGciOiJIUzI1NiJ9abcdef", "/api/unsubscribe/…"),
            ("/people/ada@example.com/x", "/people/…/x"),
            ("/people/ada%40example.com", "/people/…"),
        ] {
            assert_eq!(shown(path), expected);
        }
    }
}

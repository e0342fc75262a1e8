//! The language that a client asks for (`Accept-Language`, RFC 9110 section 12.5.4), for a person who has chosen
//! none.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use crate::domain::Language;
use crate::mail::is_written_in;

/// The language that the client prefers among those of mails; none where the client names none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AcceptedLanguage(pub(super) Option<Language>);

impl AcceptedLanguage {
    /// The preferred language of the headers. The first of several equally preferred languages counts.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let liked = values
            .flat_map(|value| value.split(','))
            .filter_map(liked)
            .filter(|(language, weight)| *weight > 0.0 && is_written_in(language));
        let best = liked.reduce(|best, other| if other.1 > best.1 { other } else { best });
        Self(best.map(|(language, _)| language))
    }
}

impl<S: Sync> FromRequestParts<S> for AcceptedLanguage {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// A language and its weight from 0 to 1, such as `de-AT;q=0.8`. None for `*` and for a range that is not
/// well-formed.
fn liked(range: &str) -> Option<(Language, f32)> {
    let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
    let (name, weight) = parameter.split_once('=')?;
    let weight = weight.trim().parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    let language = tag.trim().parse().ok()?;
    name.trim().eq_ignore_ascii_case("q").then_some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_one_that_is_liked_best_of_those_that_mails_are_written_in() {
        for (values, expected) in [
            (&[][..], None),
            (&["de"], Some("de")),
            (&["de-AT,de;q=0.9,en;q=0.8"], Some("de-AT")),
            (&["fr, en;q=0.1, DE ; Q=0.7"], Some("DE")),
            (&["en;q=0.5,de;q=0.5"], Some("en")),
            (&["fr-CH, *;q=0.5"], None),
            (&["fr", "de;q=0.2"], Some("de")),
            (&["de;q=0, en;q=0.001"], Some("en")),
            (&["de;q=2, de;q=-1, de;q=NaN, de;level=1, de;q, de_DE, ;q=1, en;q=0.3"], Some("en")),
        ] {
            let headers = values.iter().map(|value| (ACCEPT_LANGUAGE, value.parse().unwrap())).collect();
            let AcceptedLanguage(language) = AcceptedLanguage::of(&headers);
            assert_eq!(language.as_ref().map(Language::as_str), expected, "{values:?}");
        }
    }
}

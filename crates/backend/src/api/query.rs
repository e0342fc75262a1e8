//! Reads the query of a request as fields. Every parameter is looked at, and all errors are reported at once.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded;

use super::error::ApiError;
use super::fields::{Fields, FromFields};
use crate::domain::{Timestamp, cut_to_millisecond};

/// The checked query of a request.
#[derive(Debug)]
pub(super) struct CheckedQuery<T>(pub(super) T);

impl<T: FromFields, S: Sync> FromRequestParts<S> for CheckedQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: FromFields>(query: &str) -> Result<T, ApiError> {
    let mut fields = Fields::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        fields.put(&name, value.into_owned());
    }
    let value = T::from_fields(&mut fields);
    fields.finish(value)
}

/// The number of items of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSize(pub(super) u32);

#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 1 to {MAX_PAGE_SIZE}")]
pub(super) struct BadPageSize;

const MAX_PAGE_SIZE: u32 = 100;

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

impl FromStr for PageSize {
    type Err = BadPageSize;

    fn from_str(text: &str) -> Result<Self, BadPageSize> {
        let size = text.parse().map_err(|_| BadPageSize)?;
        (1..=MAX_PAGE_SIZE).contains(&size).then_some(Self(size)).ok_or(BadPageSize)
    }
}

/// A moment that every database can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Timestamp);

#[derive(Debug, thiserror::Error)]
#[error("must be a time of RFC 3339 like 2026-03-01T12:00:00Z, in the years 2 to 9998")]
pub(super) struct BadMoment;

impl FromStr for Moment {
    type Err = BadMoment;

    fn from_str(text: &str) -> Result<Self, BadMoment> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| BadMoment)?;
        // With its offset taken away, it may lie in the year before or after.
        let inside = (2..=9998).contains(&parsed.year());
        inside.then(|| Self(cut_to_millisecond(parsed))).ok_or(BadMoment)
    }
}

/// The value `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

#[derive(Debug, thiserror::Error)]
#[error("must be true or false")]
pub(super) struct BadFlag;

impl FromStr for Flag {
    type Err = BadFlag;

    fn from_str(text: &str) -> Result<Self, BadFlag> {
        text.parse().map(Self).map_err(|_| BadFlag)
    }
}

/// Any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl FromStr for Text {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[derive(Debug)]
    struct Sample {
        size: PageSize,
        since: Option<Moment>,
    }

    impl FromFields for Sample {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            let size = fields.optional("limit").unwrap_or_default();
            Some(Self { size, since: fields.optional("since") })
        }
    }

    fn errors(query: &str) -> Vec<String> {
        match parse::<Sample>(query) {
            Err(ApiError::Validation(errors)) => errors.into_iter().map(|(field, _)| field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parameters_are_optional_and_known() {
        let none = parse::<Sample>("").unwrap();
        assert_eq!((none.size, none.since), (PageSize(50), None));
        let both = parse::<Sample>("since=2026-03-01T01:30:00%2B02:00&limit=100").unwrap();
        assert_eq!(both.size, PageSize(100));
        assert_eq!(both.since, Some(Moment(datetime!(2026-02-28 23:30 UTC))));
        assert_eq!(errors("limit=0&since=yesterday&sort=name"), ["limit", "since", "sort"]);
        assert_eq!(errors("limit=101"), ["limit"]);
        assert_eq!(errors("limit=5&limit=6"), ["limit"]);
        assert_eq!(errors("since=9999-12-31T23:59:59-10:00"), ["since"]);
        assert_eq!(errors("since=0000-01-01T00:00:00Z"), ["since"]);
    }
}

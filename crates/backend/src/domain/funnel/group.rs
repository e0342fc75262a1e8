//! The groups of people that are counted apart.

use std::str::FromStr;

use crate::domain::Timestamp;

/// A dimension by which people are grouped. Each person is in one group of each dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// No division: everybody is in one group.
    All,
    /// The template and its version.
    Version,
    /// The week of the registration (ISO 8601, in UTC).
    Week,
    /// The country that the person has chosen.
    Country,
}

/// The text names no dimension that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dimension {0:?}")]
pub struct UnknownDimension(pub String);

impl Dimension {
    /// All dimensions.
    pub const ALL: [Self; 4] = [Self::All, Self::Version, Self::Week, Self::Country];

    /// The dimension's name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Version => "version",
            Self::Week => "week",
            Self::Country => "country",
        }
    }
}

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        let known = Self::ALL.into_iter().find(|dimension| dimension.as_str() == text);
        known.ok_or_else(|| UnknownDimension(text.to_owned()))
    }
}

/// One group of one dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The dimension.
    pub dimension: Dimension,
    /// The value of the dimension, such as `default.v1`, `2026-W48` or `DE`. The value is empty for
    /// [`Dimension::All`], and for people who have chosen no country.
    pub value: String,
}

impl Group {
    /// The group of everybody.
    pub fn all() -> Self {
        Self { dimension: Dimension::All, value: String::new() }
    }
}

/// The ISO 8601 week of a moment in UTC, such as `2026-W48`.
pub fn week_of(moment: Timestamp) -> String {
    let (year, week, _) = moment.to_offset(time::UtcOffset::UTC).to_iso_week_date();
    format!("{year:04}-W{week:02}")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn weeks_are_those_of_iso_8601_in_utc() {
        assert_eq!(week_of(datetime!(2026-11-28 00:00 UTC)), "2026-W48");
        assert_eq!(week_of(datetime!(2027-01-01 00:00 UTC)), "2026-W53");
        assert_eq!(week_of(datetime!(2026-11-30 01:00 +02:00)), "2026-W48");
    }

    #[test]
    fn a_dimension_comes_back_as_it_went() {
        for dimension in Dimension::ALL {
            assert_eq!(dimension.as_str().parse(), Ok(dimension));
        }
        assert!("planet".parse::<Dimension>().is_err());
    }
}

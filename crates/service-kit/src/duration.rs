//! Durations as people write them: `250ms`, `30s`, `10m`, `24h`, `30d`, `1h 30m`.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The text is no duration.
#[derive(Debug, thiserror::Error)]
#[error("{source}; write a number and its unit, such as 250ms, 30s, 10m, 24h or 30d")]
pub struct DurationError {
    source: humantime::DurationError,
}

/// Reads a duration: numbers with a unit each (`ms`, `s`, `m`, `h`, `d`, …), which are added up.
///
/// A bare number is refused (but `0`), because seconds and milliseconds are so easily mistaken for each other.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    humantime::parse_duration(text.trim()).map_err(|source| DurationError { source })
}

/// A [`Duration`] that is read from and written as human text, in configuration files and the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// The plain duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for HumanDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self)
    }
}

impl From<HumanDuration> for Duration {
    fn from(human: HumanDuration) -> Self {
        human.0
    }
}

impl From<Duration> for HumanDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = HumanDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in quotes, such as \"250ms\", \"30s\" or \"10m\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<HumanDuration, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_what_they_mean() {
        let rows = [
            ("250ms", Duration::from_millis(250)),
            ("30s", Duration::from_secs(30)),
            (" 10m ", Duration::from_mins(10)),
            ("24h", Duration::from_hours(24)),
            ("30d", Duration::from_hours(720)),
            ("1h 30m", Duration::from_mins(90)),
            ("0s", Duration::ZERO),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_a_hint() {
        for text in ["", "10", "s", "-5s", "ten seconds", "5 parsecs", "99999999999999999999d"] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains("such as 250ms"), "{text}: {error}");
        }
    }

    #[test]
    fn written_and_read_again_it_is_the_same() {
        let written = serde_json::to_string(&HumanDuration(Duration::from_millis(90_250))).unwrap();
        assert_eq!(written, "\"1m 30s 250ms\"");
        assert_eq!(
            serde_json::from_str::<HumanDuration>(&written).unwrap().get(),
            Duration::from_millis(90_250)
        );
        let error = serde_json::from_str::<HumanDuration>("30").unwrap_err().to_string();
        assert!(error.contains("a duration in quotes"), "{error}");
    }
}

//! Single values of a file.

use std::{net::SocketAddr, str::FromStr};

use toml::de::DeValue;

/// A value of the file.
pub trait Value: Sized {
    /// What a person should write.
    const EXPECTED: &'static str;

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the value, for people.
    fn read(value: &DeValue<'_>) -> Result<Self, String>;
}

/// Reads a string by `parse`.
///
/// # Errors
///
/// A text that says what the value is instead, or that it cannot be used, and what is `expected`.
pub fn text<T>(
    value: &DeValue<'_>,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, String> {
    match value {
        DeValue::String(text) => parse(text).ok_or_else(|| format!("{text:?} cannot be used; {expected}")),
        other => Err(format!("must be a string, not {}; {expected}", type_of(other))),
    }
}

fn integer<T: FromStr>(value: &DeValue<'_>, expected: &str) -> Result<T, String> {
    let number = match value {
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
        other => return Err(format!("must be a number, not {}; {expected}", type_of(other))),
    };
    number
        .and_then(|number| number.to_string().parse().ok())
        .ok_or_else(|| format!("is out of range; {expected}"))
}

macro_rules! integers {
    ($($integer:ty),*) => { $(
        impl Value for $integer {
            const EXPECTED: &'static str = "write a whole number";

            fn read(value: &DeValue<'_>) -> Result<Self, String> {
                integer(value, Self::EXPECTED)
            }
        }
    )* };
}

integers!(u16, u32, usize, i64);

impl Value for bool {
    const EXPECTED: &'static str = "write true or false";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Boolean(value) => Ok(*value),
            other => Err(format!("must be true or false, not {}", type_of(other))),
        }
    }
}

impl Value for String {
    const EXPECTED: &'static str = "write a string";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| (!text.is_empty()).then(|| text.to_owned()))
    }
}

impl Value for SocketAddr {
    const EXPECTED: &'static str =
        "write an IP address and a port, such as \"0.0.0.0:8080\" or \"[::1]:8080\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| text.parse().ok())
    }
}

/// The type of a value, for people.
pub fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

//! Lists of names and values as OpenTelemetry's variables have them: `name=value,name=value`, values percent-encoded
//! as in W3C Baggage.

use percent_encoding::percent_decode_str;

/// The number of the entry that cannot be read. The entry itself is not shown.
#[derive(Debug, thiserror::Error)]
#[error("entry {0} is not name=value with a percent-encoded value")]
pub(super) struct BadPair(usize);

/// Reads a list. Empty entries are left out.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, BadPair> {
    let entries = text.split(',').map(str::trim).enumerate().filter(|(_, entry)| !entry.is_empty());
    entries.map(|(number, entry)| pair(entry).ok_or(BadPair(number + 1))).collect()
}

fn pair(entry: &str) -> Option<(String, String)> {
    let (name, value) = entry.split_once('=')?;
    let (name, value) = (name.trim(), percent_decode_str(value.trim()).decode_utf8().ok()?);
    (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        let pairs = parse(" api-key = a%2Cb%20c ,, stage=prod=1,").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("api-key", "a,b c"), ("stage", "prod=1")]);
        assert!(parse("").unwrap().is_empty());
        for bad in ["a", "a=1,secret", "=1", "a=%ff"] {
            let text = parse(bad).unwrap_err().to_string();
            assert!(text.starts_with("entry ") && !text.contains("secret"), "{text}");
        }
    }
}

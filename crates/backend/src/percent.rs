//! Percent-encoding (RFC 3986 section 2.1).

/// Decodes `text`. The error says what is wrong and repeats nothing of `text`.
pub(crate) fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { hex_pair(rest.next(), rest.next())? } else { byte });
    }
    String::from_utf8(bytes).map_err(|_| "has percent-encoded bytes that are no UTF-8")
}

fn hex_pair(high: Option<u8>, low: Option<u8>) -> Result<u8, &'static str> {
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => Ok(u8::try_from(high * 16 + low).unwrap_or(u8::MAX)),
        _ => Err("has a % that is not followed by two hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_pairs_that_make_utf_8_are_decoded() {
        let table = [
            ("", Ok("")),
            ("/a%20b", Ok("/a b")),
            ("%C3%a9%00", Ok("é\0")),
            ("%ff", Err("UTF-8")),
            ("a%C3", Err("UTF-8")),
            ("%", Err("hexadecimal")),
            ("%4", Err("hexadecimal")),
            ("%zz", Err("hexadecimal")),
            ("%+1", Err("hexadecimal")),
        ];
        for (text, expected) in table {
            match (decode(text), expected) {
                (Ok(decoded), Ok(expected)) => assert_eq!(decoded, expected),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{text}: {reason}"),
                (decoded, _) => panic!("{text}: {decoded:?}"),
            }
        }
    }
}

//! The fields of a head, read from its lines.

/// `Name: value` lines, each ended by CRLF, perhaps after a request line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The values of all fields of that name.
    pub(crate) fn all(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|byte| *byte == b'\n').filter_map(move |line| {
            let (found, value) = line.split_at_checked(name.len())?;
            let value = value.strip_prefix(b":")?;
            found.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
        })
    }

    /// The value of the first field of that name.
    pub(crate) fn first(self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_by_name() {
        let fields = Fields(
            b"GET /a: HTTP/1.1\r\nHost: x\r\nAccept:  a , b \r\naccept: c\r\nAccept-Language: de\r\n\r\n",
        );
        assert_eq!(fields.all("Accept").collect::<Vec<_>>(), [b"a , b".as_slice(), b"c"]);
        assert_eq!(fields.first("host"), Some(b"x".as_slice()));
        assert_eq!(fields.first("GET /a"), Some(b"HTTP/1.1".as_slice()), "nobody asks for such a name");
        assert_eq!(fields.first("Cookie"), None);
    }
}

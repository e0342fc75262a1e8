//! Names and strings for statements without parameters, such as `CREATE DATABASE`.

/// A name in brackets (T-SQL's delimited identifier).
pub(super) fn quoted(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// A string of Unicode characters (T-SQL's `N'…'`).
pub(super) fn text(value: &str) -> String {
    format!("N'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_brackets() {
        assert_eq!(quoted("onboarding"), "[onboarding]");
        assert_eq!(quoted("a]; DROP DATABASE b; --"), "[a]]; DROP DATABASE b; --]");
    }

    #[test]
    fn a_string_cannot_leave_its_quotes() {
        assert_eq!(text("/backup/it's.bak"), "N'/backup/it''s.bak'");
    }
}

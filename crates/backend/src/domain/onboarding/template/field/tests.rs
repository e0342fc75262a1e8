//! Which answers are good.

use super::*;
use serde_json::json;

fn listed() -> Choices {
    let choice = |value: &str| Listed { value: value.to_owned(), label: Texts::new() };
    Choices::Listed(vec![choice("a"), choice("b"), choice("c")])
}

#[test]
fn answers_are_good_or_told_what_would_be() {
    let day = |text| parse_date(text);
    let text = FieldKind::Text { length: 2..=4, multiline: false, suggest: None };
    let several = FieldKind::Several(listed(), 1..=2);
    let date = FieldKind::Date(day("2000-01-01"), day("2026-12-31"));
    let country = FieldKind::Choice(Choices::Reference(ReferenceList::Countries));
    let table = [
        (&text, json!("abc"), Ok(())),
        (&text, json!("a\nb"), Ok(())),
        (&text, json!("é李"), Ok(())),
        (&text, json!(null), Ok(())),
        (&text, json!(""), Ok(())),
        (&text, json!("a"), Err("must be at least 2 characters long")),
        (&text, json!("abcde"), Err("must be at most 4 characters long")),
        (&text, json!("a\u{7}"), Err("must not contain control characters")),
        (&text, json!([]), Err("must be a string")),
        (&FieldKind::Integer(1..=9), json!(9), Ok(())),
        (&FieldKind::Integer(1..=9), json!(10), Err("must be from 1 to 9")),
        (&FieldKind::Integer(1..=9), json!(1.5), Err("must be a whole number")),
        (&FieldKind::Integer(1..=9), json!("1"), Err("must be a whole number")),
        (&FieldKind::Boolean, json!(false), Ok(())),
        (&FieldKind::Boolean, json!("yes"), Err("must be true or false")),
        (&FieldKind::Consent, json!(true), Ok(())),
        (&FieldKind::Consent, json!(false), Err("must be accepted")),
        (&FieldKind::Choice(listed()), json!("b"), Ok(())),
        (&FieldKind::Choice(listed()), json!("B"), Err("must be one of a, b, c")),
        (&country, json!("DE"), Ok(())),
        (&country, json!("XX"), Err("must be an ISO 3166-1 alpha-2 code like DE")),
        (&several, json!(["c", "a"]), Ok(())),
        (&several, json!([]), Ok(())),
        (&several, json!(["a", "b", "c"]), Err("must have 1 to 2 values")),
        (&several, json!(["a", "a"]), Err("must not have a value twice")),
        (&several, json!(["d"]), Err("must be one of a, b, c")),
        (&several, json!("a"), Err("must be an array")),
        (&date, json!("2024-02-29"), Ok(())),
        (&date, json!("2023-02-29"), Err("must be a day like 2026-11-28")),
        (&date, json!("1999-12-31"), Err("must not be before 2000-01-01")),
        (&date, json!("2027-01-01"), Err("must not be after 2026-12-31")),
        (&FieldKind::Url, json!("https://example.com/a"), Ok(())),
        (
            &FieldKind::Url,
            json!("javascript:alert(1)"),
            Err("must be an address like https://example.com of at most 2048 bytes"),
        ),
        (&FieldKind::Email, json!("ada@example.com"), Ok(())),
    ];
    for (kind, value, expected) in table {
        let found = kind.check(&value, StepStatus::Completed);
        assert_eq!(found, expected.map_err(str::to_owned), "{kind} {value}");
    }
    assert!(FieldKind::Email.check(&json!("ada"), StepStatus::Completed).is_err());
    assert_eq!(FieldKind::Consent.check(&json!(false), StepStatus::InProgress), Ok(()));
}

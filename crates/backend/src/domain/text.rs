//! Rules for texts of people: one form for what looks the same, and which characters show nothing.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::{DefaultIgnorableCodePoint, NoncharacterCodePoint};

/// A character that looks like a blank, though Unicode does not count it as one.
const BRAILLE_BLANK: char = '\u{2800}';

/// The text in Normalization Form C (UAX #15). Keyboards give `é` as one character or as two.
pub(super) fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// The text in NFC and lower case.
pub(super) fn folded(text: &str) -> String {
    nfc(&nfc(text).to_lowercase())
}

/// Whether at least one character of the text is visible.
pub(super) fn is_visible(text: &str) -> bool {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let shows_nothing =
        |c: char| c.is_whitespace() || c.is_control() || c == BRAILLE_BLANK || ignorable.contains(c);
    !text.chars().all(shows_nothing)
}

/// Whether the character is a C0 or C1 control, or a separator of lines or paragraphs.
pub(super) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether the character is an embedding, override or isolate (UAX #9). Such characters change how the text around
/// them reads.
pub(super) fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether the code point is for a program's own use and never for a text (Unicode, section 23.7).
pub(super) fn is_noncharacter(c: char) -> bool {
    CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_what_looks_the_same() {
        assert_eq!(nfc("e\u{301}"), "é");
        assert_eq!(folded("E\u{301}"), "é");
        // Lower case may leave a mark that composes only then.
        assert_eq!(folded(&folded("\u{130}")), folded("\u{130}"));
    }

    #[test]
    fn invisible_characters_alone_show_nothing() {
        for text in ["", " \t", "\u{200B}\u{FEFF}", "\u{3164}", "\u{2800}", "\u{AD}\u{E0041}", "\u{7}"] {
            assert!(!is_visible(text), "{text:?}");
        }
        for text in ["a", "\u{200D}a", "李", "👩\u{200D}🚀", "\u{301}"] {
            assert!(is_visible(text), "{text:?}");
        }
    }
}

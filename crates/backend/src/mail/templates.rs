//! Renders mails from the embedded templates `crates/backend/mail/LANGUAGE/KIND.txt` and `.html`.
//!
//! The first line of a text is `Subject: …`. Text and HTML know the fields of their [`MailContent`], and also `link`,
//! `product`, `language` and `name`. `name` is the person's name, or empty where the name looks like an
//! advertisement. The same holds for `inviter` and `organization`, which other people have chosen. Reminders also
//! know `unsubscribe`, the link that ends reminders.

use include_dir::{Dir, include_dir};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::PRODUCT;
use super::links::PublicUrl;
use crate::domain::Language;
use crate::domain::mail::MailContent;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/mail");

/// The languages of mails, as primary subtags. The first language serves all people who have another one.
pub const LANGUAGES: [&str; 2] = ["en", "de"];

/// The fields that somebody else than the reader has written.
const CHOSEN_BY_OTHERS: [&str; 2] = ["inviter", "organization"];

/// The templates of all mails.
#[derive(Debug)]
pub struct Templates(Environment<'static>);

/// A rendered mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject: one line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Whether mails are written in the primary language of `language`.
pub fn is_written_in(language: &Language) -> bool {
    LANGUAGES.contains(&language.primary().as_str())
}

impl Templates {
    /// Reads the embedded templates.
    ///
    /// # Errors
    ///
    /// The error of the first template that cannot be read.
    pub fn new() -> Result<Self, minijinja::Error> {
        let mut environment = Environment::new();
        // A field that a template asks for and that is not there is an error, and no gap.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let folders = FILES.dirs().flat_map(Dir::files).chain(FILES.files());
        for file in folders {
            if let (Some(name), Some(source)) = (file.path().to_str(), file.contents_utf8()) {
                environment.add_template(name, source)?;
            }
        }
        Ok(Self(environment))
    }

    /// Renders `content` in `language`, or in English where no templates are in that language.
    pub fn render(
        &self,
        content: &MailContent,
        language: Option<&Language>,
        base: &PublicUrl,
    ) -> Result<Rendered, minijinja::Error> {
        let wanted = language.map(Language::primary).unwrap_or_default();
        let language = LANGUAGES.into_iter().find(|known| *known == wanted).unwrap_or(LANGUAGES[0]);
        let mut fields = fields(content)?;
        for chosen in CHOSEN_BY_OTHERS {
            if let Some(Value::String(text)) = fields.get_mut(chosen)
                && looks_like_a_link(text)
            {
                text.clear();
            }
        }
        let name = fields.get("full_name").and_then(Value::as_str).unwrap_or_default();
        let name = if looks_like_a_link(name) { "" } else { name };
        for (field, value) in
            [("name", name.to_owned()), ("link", base.link_for(content)), ("product", PRODUCT.to_owned())]
        {
            fields.insert(field.to_owned(), value.into());
        }
        fields.insert("language".to_owned(), language.into());
        if let Some(link) = base.unsubscription_for(content) {
            fields.insert("unsubscribe".to_owned(), link.into());
        }
        let kind = content.kind();
        let whole = self.render_one(&format!("{language}/{kind}.txt"), &fields)?;
        let (subject, text) = whole.split_once('\n').unwrap_or((&whole, ""));
        let subject = one_line(subject.strip_prefix("Subject:").unwrap_or(subject));
        fields.insert("subject".to_owned(), subject.as_str().into());
        let html = self.render_one(&format!("{language}/{kind}.html"), &fields)?;
        Ok(Rendered { text: text.trim_start_matches('\n').to_owned(), subject, html })
    }

    fn render_one(&self, name: &str, fields: &Map<String, Value>) -> Result<String, minijinja::Error> {
        self.0.get_template(name)?.render(minijinja::value::Serde(fields))
    }
}

fn fields(content: &MailContent) -> Result<Map<String, Value>, minijinja::Error> {
    match serde_json::to_value(content) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(Map::new()),
        Err(error) => {
            let kind = minijinja::ErrorKind::BadSerialization;
            Err(minijinja::Error::new(kind, "the fields of a mail").with_source(error))
        }
    }
}

/// The text as one line, so that no line end can begin a header.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Whether a mail program may make a link of a name. Anybody may register somebody else's address with a name like
/// `Win at evil.example`, and the service would mail the name.
pub fn looks_like_a_link(name: &str) -> bool {
    let domain = |word: &str| {
        word.split('.').filter(|label| label.chars().filter(|c| c.is_alphanumeric()).count() > 1).count() > 1
    };
    name.contains(['/', '@', ':']) || name.split_whitespace().any(domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::{FactorNews, MailSecret};
    use crate::domain::onboarding::template::Catalogue;

    fn all() -> Vec<MailContent> {
        let full_name = || "Zoë <b>Å \"&\" O'Neill".to_owned();
        let secret = |text: &str| MailSecret(text.to_owned());
        let (code, token) = (|| secret("314159"), || secret("tok-en_1"));
        let second_factor = |news| MailContent::SecondFactor {
            full_name: full_name(),
            changed_at: "2026-03-01 12:00 UTC".into(),
            news,
        };
        vec![
            MailContent::VerifyEmail { full_name: full_name(), code: code(), token: token(), minutes: 10 },
            MailContent::ResetPassword { full_name: full_name(), token: token(), minutes: 30 },
            MailContent::PasskeyDisabled {
                full_name: full_name(),
                passkey: "Passkey (<i>Mine</i>)".into(),
                changed_at: "2026-03-01 12:00 UTC".into(),
            },
            MailContent::PasswordChanged {
                full_name: full_name(),
                changed_at: "2026-03-01 12:00 UTC".into(),
            },
            MailContent::WayInAdded {
                full_name: full_name(),
                method: "Example Provider".into(),
                changed_at: "2026-03-01 12:00 UTC".into(),
            },
            MailContent::WayInRemoved {
                full_name: full_name(),
                method: "Example Provider".into(),
                changed_at: "2026-03-01 12:00 UTC".into(),
            },
            MailContent::EmailChangeConfirm {
                full_name: full_name(),
                code: code(),
                token: token(),
                minutes: 10,
            },
            MailContent::EmailChangedNotice { full_name: full_name(), new_email: "new@example.com".into() },
            MailContent::OnboardingReminder { full_name: full_name(), token: token() },
            MailContent::OnboardingLastReminder { full_name: full_name(), token: token() },
            MailContent::AccountClosing { full_name: full_name(), deleted_on: "2026-03-15".into() },
            MailContent::Invitation {
                inviter: full_name(),
                organization: "Söhne & Co.".into(),
                token: token(),
                expires_on: "2026-03-22".into(),
            },
            second_factor(FactorNews::On),
            second_factor(FactorNews::Off),
            second_factor(FactorNews::Renewed),
            second_factor(FactorNews::Recovery { left: 9 }),
            second_factor(FactorNews::Guessed),
        ]
    }

    fn render(content: &MailContent, tag: &str) -> Rendered {
        let base = "https://example.com".parse().unwrap();
        Templates::new().unwrap().render(content, tag.parse().ok().as_ref(), &base).unwrap()
    }

    #[test]
    fn every_kind_renders_in_every_language_with_all_of_its_fields() {
        for language in LANGUAGES {
            for content in all() {
                let Rendered { subject, text, html } = render(&content, language);
                let at = format!("{language} {}", content.kind());
                assert!(!subject.is_empty() && subject.len() < 80 && !text.is_empty(), "{at}: {subject}");
                for part in [&subject, &text, &html] {
                    assert!(
                        !part.contains("{{") && !part.contains("{%") && !part.contains("undefined"),
                        "{at}"
                    );
                }
                assert!(text.contains("Zoë <b>Å \"&\" O'Neill"), "{at}: {text}");
                assert!(html.contains("Zoë &lt;b&gt;Å &quot;&amp;&quot; O&#x27;Neill"), "{at}: {html}");
                assert!(html.contains(&format!("<html lang=\"{language}\">")), "{at}");
                for (field, value) in fields(&content).unwrap() {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    if !["kind", "full_name", "news"].contains(&field.as_str()) {
                        assert!(text.contains(&value), "{at}: {field} in {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_onboarding_that_is_built_in_asks_in_the_languages_of_the_mails() {
        for entry in Catalogue::built_in().unwrap().entries() {
            assert_eq!(entry.template.languages, LANGUAGES, "{}", entry.template.id);
        }
    }

    #[test]
    fn every_file_belongs_to_a_kind() {
        let kinds: Vec<_> = all().iter().map(MailContent::kind).collect();
        for language in LANGUAGES {
            let files = FILES.get_dir(language).unwrap().files();
            let mut stems: Vec<_> =
                files.map(|file| file.path().file_stem().unwrap().to_str().unwrap()).collect();
            stems.sort_unstable();
            let mut expected = kinds.clone();
            expected.sort_unstable();
            expected.dedup();
            let expected: Vec<_> = expected.iter().flat_map(|kind| [*kind, *kind]).collect();
            assert_eq!(stems, expected, "{language}");
        }
    }

    #[test]
    fn the_mail_that_confirms_an_address_reads_as_it_should() {
        let Rendered { subject, text, .. } = render(&all()[0], "de-AT");
        assert_eq!(subject, "Bestätigen Sie Ihre E-Mail-Adresse");
        assert_eq!(
            text,
            "Guten Tag Zoë <b>Å \"&\" O'Neill,\n\n\
             Willkommen bei User Onboarding. Bitte bestätigen Sie, dass diese Adresse Ihnen gehört, indem Sie \
             diesen Code auf der Seite eingeben:\n\n    314159\n\nOder öffnen Sie diesen Link:\n\n\
             https://example.com/verify-email#token=tok-en_1\n\n\
             Code und Link gelten einmal und für 10 Minuten.\n\n\
             Falls Sie sich nicht registriert haben, brauchen Sie nichts zu tun.\n\n\
             -- \nDiese Nachricht hat User Onboarding automatisch verschickt; Antworten darauf liest niemand."
        );
        let english = render(&all()[0], "en").subject;
        assert_eq!(
            (render(&all()[0], "fr-CA").subject, render(&all()[0], "!").subject),
            (english.clone(), english)
        );
    }

    #[test]
    fn a_name_that_advertises_is_left_out() {
        for name in ["Win at evil.example", "https://x", "me@x", "www.evil.com now"] {
            assert!(looks_like_a_link(name), "{name}");
        }
        for name in ["J.R.R. Tolkien", "Dr. Zoë Å.", "St. John", "李 小龍"] {
            assert!(!looks_like_a_link(name), "{name}");
        }
        let full_name = "Win at evil.example".to_owned();
        let content = MailContent::EmailChangedNotice { full_name, new_email: "new@example.com".into() };
        let Rendered { text, html, .. } = render(&content, "en");
        assert!(text.starts_with("Hello,") && !html.contains("evil"), "{text}");
        let content = MailContent::Invitation {
            inviter: "Win at evil.example".into(),
            organization: "https://evil.example".into(),
            token: MailSecret("token".into()),
            expires_on: "2026-03-22".into(),
        };
        for language in LANGUAGES {
            let Rendered { text, html, .. } = render(&content, language);
            assert!(!text.contains("evil") && !html.contains("evil"), "{text}");
        }
        assert_eq!(one_line(" a\r\nBcc: b\u{85}c "), "a  Bcc: b c");
    }
}

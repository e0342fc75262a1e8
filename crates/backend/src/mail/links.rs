//! Links in mails.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::domain::mail::MailContent;

/// The base of links (`PUBLIC_URL`): the address of the page, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text is no base of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a URL like https://example.com, with http or https and without user, query and fragment")]
pub struct UrlError;

impl PublicUrl {
    /// The link of a mail with this content; none for mails without a link. The token is in the fragment. Browsers do
    /// not send the fragment, so the token comes into no log and no `Referer`.
    pub fn link_for(&self, content: &MailContent) -> String {
        let base = &self.0;
        match content {
            MailContent::VerifyEmail { token, .. } => format!("{base}/verify-email#token={}", token.0),
            MailContent::EmailChangeConfirm { token, .. } => {
                format!("{base}/confirm-email#token={}", token.0)
            }
            MailContent::ResetPassword { token, .. } => format!("{base}/reset-password#token={}", token.0),
            MailContent::Invitation { token, .. } => format!("{base}/invitation#token={}", token.0),
            MailContent::PasswordChanged { .. }
            | MailContent::SecondFactor { .. }
            | MailContent::WayInAdded { .. }
            | MailContent::WayInRemoved { .. } => format!("{base}/forgot-password"),
            MailContent::PasskeyDisabled { .. } => format!("{base}/account"),
            MailContent::AccountClosing { .. } => format!("{base}/login"),
            MailContent::OnboardingReminder { .. } | MailContent::OnboardingLastReminder { .. } => {
                format!("{base}/onboarding")
            }
            MailContent::EmailChangedNotice { .. } => base.clone(),
        }
    }
}

impl PublicUrl {
    /// The link that ends mails of this kind; none for mails that a person cannot do without. The link leads to the
    /// API, because a mail program may call it without a person (RFC 8058).
    pub fn unsubscription_for(&self, content: &MailContent) -> Option<String> {
        content.unsubscription().map(|token| format!("{}/api/unsubscribe/{}", self.0, token.0))
    }
}

impl FromStr for PublicUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url: Url = text.parse().map_err(|_| UrlError)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let base = url.query().is_none() && url.fragment().is_none();
        let good = ["http", "https"].contains(&url.scheme()) && url.has_host() && plain && base;
        if good { Ok(Self(url.as_str().trim_end_matches('/').to_owned())) } else { Err(UrlError) }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::MailSecret;

    #[test]
    fn bases_are_checked_and_lead_to_the_page() {
        for bad in
            ["", "example.com", "ftp://x", "https://u:p@x", "https://x?y", "https://x#y", "mailto:a@b.c"]
        {
            assert_eq!(bad.parse::<PublicUrl>(), Err(UrlError), "{bad:?}");
        }
        let base: PublicUrl = "https://Example.com/app/".parse().unwrap();
        let token = MailSecret("t-1".into());
        let content = MailContent::ResetPassword { full_name: String::new(), token, minutes: 30 };
        assert_eq!(base.link_for(&content), "https://example.com/app/reset-password#token=t-1");
    }
}

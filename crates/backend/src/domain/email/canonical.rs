//! The canonical form of an address: one form for all spellings of a mailbox.

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use crate::domain::text::folded;

/// The canonical form of any text. Every stored address has one, so that every stored address can be looked up by its
/// form.
pub(super) fn any(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let domain = a_labels(domain).map_or_else(|| folded(domain), Cow::into_owned);
            format!("{}@{domain}", folded(local))
        }
        None => folded(address),
    }
}

/// Whether the domain of `address` has a form as A-labels that DNS can have. UTS 46 mapping may make characters that
/// `address` did not have, such as an `@`.
pub(super) fn has_domain(address: &str) -> bool {
    let domain = address.rsplit_once('@').and_then(|(_, domain)| a_labels(domain));
    domain.is_some_and(|domain| domain.split('.').all(is_label))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// The domain as A-labels (UTS 46 section 4.2). ASCII domains may have underscores and hyphens anywhere.
fn a_labels(domain: &str) -> Option<Cow<'_, str>> {
    let mapped =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
    mapped.ok()
}

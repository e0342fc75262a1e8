//! Decides what an identity of an OpenID Connect provider may do.
//!
//! An address is no proof of a person. Where accounts were merged by their address, whoever registers first with
//! somebody else's address, here or at a provider, would share the account ("Pre-hijacked accounts", Sudhodanan and
//! Paverd, USENIX Security 2022). So an account is found by issuer and subject alone. An identity is added to an
//! existing account in two cases only: somebody who is logged in to the account adds the identity, or both sides have
//! proved the address and the operator trusts the provider's word on addresses.

use uuid::Uuid;

use super::{Assertion, Identity};
use crate::domain::{Email, User};

/// What the service knows of the person whom a provider vouches for.
#[derive(Debug, Clone)]
pub struct Known {
    /// The identity and the account that it opens; none where the identity opens no account yet.
    pub linked: Option<(Identity, User)>,
    /// The account with the address that the provider tells; none where there is no such account.
    pub with_address: Option<User>,
}

/// What a log-in at a provider leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A log-in to the account that the identity opens.
    LogIn {
        /// The id of the identity.
        identity: Uuid,
        /// The account that the identity opens.
        user: Box<User>,
    },
    /// A link of the identity to this account, and a log-in. Both the account and the provider have verified the
    /// address.
    Adopt {
        /// The account with the verified address.
        user: Box<User>,
    },
    /// A new account.
    Register {
        /// The address of the new account.
        email: Email,
        /// Whether the address counts as verified. Otherwise a mail asks for the proof, as after any registration.
        email_verified: bool,
    },
}

/// The reason why a log-in at a provider is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The provider tells no address, so that no account can be made.
    NoAddress,
    /// Another account has the address. The owner of that account can log in and link the identity.
    AddressTaken,
}

/// Decides on a log-in. `trusts_addresses` says whether the provider's word on addresses is taken.
///
/// # Errors
///
/// The [`Refusal`] where the person can neither log in nor get an account.
pub fn decide(assertion: &Assertion, known: Known, trusts_addresses: bool) -> Result<Decision, Refusal> {
    if let Some((identity, user)) = known.linked {
        return Ok(Decision::LogIn { identity: identity.id, user: Box::new(user) });
    }
    let email = assertion.email.clone().ok_or(Refusal::NoAddress)?;
    let is_proved = trusts_addresses && assertion.email_verified;
    match known.with_address {
        Some(user) if is_proved && user.email_verified_at.is_some() => {
            Ok(Decision::Adopt { user: Box::new(user) })
        }
        Some(_) => Err(Refusal::AddressTaken),
        None => Ok(Decision::Register { email, email_verified: is_proved }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::now;

    fn user(verified: bool) -> User {
        let email: Email = "ada@example.com".parse().unwrap();
        let user = User::registered(Uuid::now_v7(), email, "Ada".parse().unwrap(), now());
        User { email_verified_at: verified.then(now), ..user }
    }

    fn assertion(email_verified: bool) -> Assertion {
        Assertion {
            issuer: "https://issuer.example".into(),
            subject: "1".into(),
            email: Some("ada@example.com".parse().unwrap()),
            email_verified,
            full_name: None,
        }
    }

    #[test]
    fn an_account_is_adopted_only_where_both_sides_have_proved_the_address_to_one_who_is_trusted() {
        for (trusts, theirs, ours, adopted) in [
            (true, true, true, true),
            (true, true, false, false),
            (true, false, true, false),
            (true, false, false, false),
            (false, true, true, false),
            (false, true, false, false),
            (false, false, true, false),
            (false, false, false, false),
        ] {
            let known = Known { linked: None, with_address: Some(user(ours)) };
            let decision = decide(&assertion(theirs), known, trusts);
            assert_eq!(matches!(decision, Ok(Decision::Adopt { .. })), adopted, "{trusts} {theirs} {ours}");
            assert_eq!(decision == Err(Refusal::AddressTaken), !adopted, "{trusts} {theirs} {ours}");
        }
    }

    #[test]
    fn an_identity_opens_its_own_account_whatever_its_address_is() {
        let (own, other) = (user(false), user(true));
        let identity = Identity::linked(&assertion(false), own.id, now());
        let known = Known { linked: Some((identity.clone(), own.clone())), with_address: Some(other) };
        let expected = Decision::LogIn { identity: identity.id, user: Box::new(own) };
        assert_eq!(decide(&assertion(true), known, true), Ok(expected));
    }

    #[test]
    fn a_new_account_has_a_verified_address_only_by_the_word_of_one_who_is_trusted() {
        let nobody = || Known { linked: None, with_address: None };
        for (trusts, theirs) in [(true, true), (true, false), (false, true), (false, false)] {
            let Ok(Decision::Register { email_verified, .. }) = decide(&assertion(theirs), nobody(), trusts)
            else {
                panic!("{trusts} {theirs}");
            };
            assert_eq!(email_verified, trusts && theirs);
        }
        let silent = Assertion { email: None, ..assertion(true) };
        assert_eq!(decide(&silent, nobody(), true), Err(Refusal::NoAddress));
    }
}

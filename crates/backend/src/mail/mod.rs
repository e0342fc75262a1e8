//! Mails: from the content to the server that takes the message.
//!
//! [`Templates`] renders the content in the person's language. [`Writer`] makes the message (RFC 5322, MIME), which
//! has the same bytes in each attempt. [`Post`] hands the message over to a mail server ([`smtp`]) or into a folder.
//! Waiting and repeating belong to [`crate::outbox`].

mod folder;
mod links;
mod message;
pub mod smtp;
mod templates;

use std::path::PathBuf;

pub use links::{PublicUrl, UrlError};
pub use message::{Letter, WriteError, Writer};
pub use templates::{LANGUAGES, Rendered, Templates, is_written_in, looks_like_a_link};

use crate::domain::mail::REFUSED;
use folder::Folder;
use smtp::Smtp;

/// The sender's name in mails, and the product's name in their texts.
pub const PRODUCT: &str = "User Onboarding";

/// The destination of mails.
#[derive(Debug, Clone)]
pub enum PostConfig {
    /// A mail server.
    Smtp(smtp::SmtpConfig),
    /// A folder, with a file for each mail.
    Folder(PathBuf),
}

/// The way that mails are handed over.
#[derive(Debug)]
pub enum Post {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// A folder.
    Folder(Folder),
}

/// The reason why a mail was not handed over, by the consequence for this mail and for others.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No mail can be handed over now. The reason is not in this mail.
    #[error("mails cannot be handed over: {0}")]
    Unavailable(String),
    /// This mail cannot be handed over now. The server may have taken the mail where the connection was lost at the
    /// end.
    #[error("a mail cannot be handed over now: {0}")]
    Deferred(String),
    /// This mail will never be taken.
    #[error("{REFUSED}: {0}")]
    Refused(String),
}

impl Post {
    /// The way of the configuration. No connection is made yet.
    ///
    /// # Errors
    ///
    /// A [`smtp::TlsError`] where TLS cannot be set up.
    pub fn new(config: &PostConfig) -> Result<Self, smtp::TlsError> {
        Ok(match config {
            PostConfig::Smtp(config) => Self::Smtp(Box::new(Smtp::new(config)?)),
            PostConfig::Folder(path) => Self::Folder(Folder::new(path.clone())),
        })
    }

    /// Hands `letter` over, within [`smtp::SEND_LIMIT`].
    ///
    /// # Errors
    ///
    /// A [`SendError`] by consequence.
    pub async fn send(&mut self, letter: &Letter) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Folder(folder) => folder.send(letter).await,
        }
    }

    /// Ends the connection to the mail server with QUIT, where there is one.
    pub async fn close(&mut self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

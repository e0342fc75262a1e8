//! Mails, from their content to the server that takes them.
//!
//! [`Templates`] renders the content in the person's language, [`Writer`] makes a message of it (RFC 5322, MIME) that is
//! the same, byte for byte, each time that it is made, and [`Post`] hands it over: to a mail server ([`smtp`]) or into a
//! folder. What waits and what is tried again is for [`crate::outbox`] to say.

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

/// What mails are told as the sender's name, and what the product is called in them.
pub const PRODUCT: &str = "User Onboarding";

/// Where mails go.
#[derive(Debug, Clone)]
pub enum PostConfig {
    /// To a mail server.
    Smtp(smtp::SmtpConfig),
    /// Into a folder, a file for each.
    Folder(PathBuf),
}

/// Hands mails over.
#[derive(Debug)]
pub enum Post {
    /// To a mail server.
    Smtp(Box<Smtp>),
    /// Into a folder.
    Folder(Folder),
}

/// Why a mail was not handed over, by what that means for it and for others.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No mail can be handed over now: it is no fault of this one.
    #[error("mails cannot be handed over: {0}")]
    Unavailable(String),
    /// This one cannot be handed over now. It may even have been, where the connection was lost at the end.
    #[error("a mail cannot be handed over now: {0}")]
    Deferred(String),
    /// This one will never be taken.
    #[error("{REFUSED}: {0}")]
    Refused(String),
}

impl Post {
    /// Nothing is connected or made yet.
    pub fn new(config: &PostConfig) -> Result<Self, smtp::TlsError> {
        Ok(match config {
            PostConfig::Smtp(config) => Self::Smtp(Box::new(Smtp::new(config)?)),
            PostConfig::Folder(path) => Self::Folder(Folder::new(path.clone())),
        })
    }

    /// Hands `letter` over. Ends within [`smtp::SEND_LIMIT`].
    pub async fn send(&mut self, letter: &Letter) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Folder(folder) => folder.send(letter).await,
        }
    }

    /// Says goodbye to the server, if there is one.
    pub async fn close(&mut self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
}

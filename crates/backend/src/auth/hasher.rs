//! Password hashing on a bounded number of threads, so that a storm of log-ins cannot starve
//! anything else.

use std::num::NonZeroU32;
use std::sync::Arc;

use argon2::password_hash::{Error as Argon2Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use service_kit::telemetry::traces::SPANS;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::domain::{Password, PasswordHash, PresentedPassword};

/// How many may wait for a thread. At half a core and about 20 ms for each, the last one waits
/// for 5 s, half of what a balancer gives a try.
const QUEUE: usize = 128;

/// OWASP's choice for argon2id: 19 MiB of memory, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    /// A place in the queue or at a thread.
    places: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    /// What the password of an unknown person is checked against, so that the answer takes as
    /// long as for a known one.
    nobody: PasswordHash,
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// All threads work and the queue is full.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The parameters or a stored hash are bad.
    #[error("argon2 failed")]
    Argon2(#[from] Argon2Error),
    /// The thread panicked, or the process is about to end.
    #[error("the hashing thread ended")]
    Thread(#[from] tokio::task::JoinError),
}

impl Hasher {
    /// A hasher for `threads` passwords at once. Hashes once, so it blocks for some milliseconds.
    pub fn new(threads: NonZeroU32) -> Result<Self, HashError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| Argon2Error::ParamsInvalid)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, &rand::random::<[u8; 16]>())?;
        let threads = threads.get() as usize;
        Ok(Self {
            argon2,
            places: Arc::new(Semaphore::new(threads + QUEUE)),
            threads: Arc::new(Semaphore::new(threads)),
            nobody,
        })
    }

    /// Hashes a new password with a salt of its own.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        let hash = self.run(move |argon2| hash(argon2, password.expose().as_bytes()));
        hash.instrument(tracing::info_span!(target: SPANS, "hash password")).await?
    }

    /// Whether `password` is the one of `hash`; with no hash it is not, after the same work.
    pub async fn verify(
        &self,
        password: PresentedPassword,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HashError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let verify = move |argon2: &Argon2<'_>| match argon2
            .verify_password(password.expose().as_bytes(), hash.as_phc())
        {
            Ok(()) => Ok(known),
            Err(Argon2Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(HashError::Argon2(error)),
        };
        self.run(verify).instrument(tracing::info_span!(target: SPANS, "verify password")).await?
    }

    /// How many passwords wait for a thread.
    pub fn waiting(&self) -> usize {
        QUEUE.saturating_sub(self.places.available_permits())
    }

    /// The permits go with the work: a client that hangs up gives back its place in the queue,
    /// but not a thread that still works for it.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>) -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| HashError::Busy)?;
        let argon2 = self.argon2.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permits = (place, thread);
            work(&argon2)
        });
        Ok(done.await?)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, HashError> {
    Ok(PasswordHash::from_phc(argon2.hash_password(password)?.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let hasher = Hasher::new(NonZeroU32::MIN).unwrap();
        let hash = hasher.hash("correct horse".parse().unwrap()).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_phc());
        let verify = |text: &str, hash| hasher.verify(text.parse().unwrap(), hash);
        assert!(verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!verify("wrong horse", Some(hash.clone())).await.unwrap());
        assert!(!verify("correct horse", None).await.unwrap());
        let other = hasher.hash("correct horse".parse().unwrap()).await.unwrap();
        assert_ne!(other.as_phc(), hash.as_phc());
        let broken = PasswordHash::from_phc("no hash".into());
        assert!(matches!(verify("x", Some(broken)).await, Err(HashError::Argon2(_))));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_a_dropped_wait_gives_its_place_back() {
        let hasher = Hasher::new(NonZeroU32::MIN).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..=QUEUE {
            let mut call = Box::pin(hasher.verify("x".parse().unwrap(), None));
            assert!(futures::poll!(&mut call).is_pending());
            waiting.push(call);
        }
        assert_eq!(hasher.waiting(), QUEUE);
        assert!(matches!(hasher.verify("x".parse().unwrap(), None).await, Err(HashError::Busy)));
        waiting.pop();
        assert_eq!(hasher.waiting(), QUEUE - 1);
    }
}

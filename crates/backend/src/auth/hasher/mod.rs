//! Hashes passwords on a bounded number of own threads, so that a storm of log-ins cannot starve other work.
//! [`share`] bounds the processor time and [`memory`] the memory. [`queue`] refuses a password that would wait too
//! long.

mod memory;
mod metrics;
mod queue;
mod share;

use std::fmt;
use std::future::ready;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::password_hash::Error as Argon2Error;
use service_kit::telemetry::traces::SPANS;
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::domain::{Password, PasswordHash, PresentedPassword};
use memory::{Memory, Spare};
use queue::{MAX_WAIT, Place, Queue};
use share::Share;

pub use metrics::HashMetrics;

/// The time that a thread without work stays, together with its memory.
const IDLE: Duration = Duration::from_secs(1);

/// The longest wait for a thread. A password may wait longer than was expected when it came, because hashing has
/// become slower.
const LONGEST_WAIT: Duration = MAX_WAIT.saturating_mul(2);

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    queue: Arc<Queue>,
    threads: Arc<Semaphore>,
    crew: Crew,
    memory: Arc<Spare>,
    share: Share,
    metrics: HashMetrics,
    /// The hash that the password of an unknown person is checked against. The answer takes as long as for a known
    /// person.
    nobody: PasswordHash,
}

/// The reason why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The wait for a thread would be longer than 3 s.
    #[error("too many passwords wait to be hashed")]
    Busy {
        /// The time after which there should be a place.
        retry_after: Duration,
    },
    /// The parameters or a stored hash are not valid.
    #[error("argon2 failed")]
    Argon2(#[from] Argon2Error),
    /// The thread panicked or could not be made, or the process is about to end.
    #[error("the hashing thread ended")]
    Thread,
}

impl Hasher {
    /// A hasher for `threads` passwords at once. One password is hashed, to measure the time.
    ///
    /// # Errors
    ///
    /// [`HashError::Argon2`] or [`HashError::Thread`] where that hash fails.
    pub fn new(threads: NonZeroU32, metrics: HashMetrics) -> Result<Self, HashError> {
        let before = share::processor_time();
        let nobody = Memory::default().hash(&rand::random::<[u8; 16]>())?;
        // Processor time, since a process that starts is not alone: how it goes beside others is measured from now on.
        let (used, share) = (share::processor_time().saturating_sub(before), Share::of(threads));
        let pace = used + share.rest_after(used);
        let memory = Arc::new(Spare::default());
        Ok(Self(Arc::new(Inner {
            queue: Arc::new(Queue::new(threads.get(), pace)),
            threads: Arc::new(Semaphore::new(threads.get() as usize)),
            crew: Crew::new(threads, &memory)?,
            memory,
            share,
            metrics,
            nobody: PasswordHash::from_phc(nobody),
        })))
    }

    /// Hashes a new password with a new salt.
    ///
    /// # Errors
    ///
    /// A [`HashError`] by cause.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        let hash = self.run(move |memory| memory.hash(password.expose().as_bytes()));
        let phc = hash.instrument(tracing::info_span!(target: SPANS, "hash password")).await?;
        Ok(PasswordHash::from_phc(phc))
    }

    /// Whether `password` is that of `hash`. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    ///
    /// A [`HashError`] by cause.
    pub async fn verify(
        &self,
        password: PresentedPassword,
        hash: Option<PasswordHash>,
    ) -> Result<bool, HashError> {
        self.verify_admitted(password, hash, ready(Ok(()))).await
    }

    /// As [`Self::verify`], where `admit` allows the check once there is a thread for it.
    ///
    /// # Errors
    ///
    /// A [`HashError`] by cause, or the error of `admit`.
    pub async fn verify_admitted<E: From<HashError>>(
        &self,
        password: PresentedPassword,
        hash: Option<PasswordHash>,
        admit: impl Future<Output = Result<(), E>>,
    ) -> Result<bool, E> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.0.nobody.clone());
        let verify =
            self.run_if(admit, move |memory| memory.verify(password.expose().as_bytes(), hash.as_phc()));
        let verified = verify.instrument(tracing::info_span!(target: SPANS, "verify password")).await?;
        Ok(verified && known)
    }

    /// The number of passwords that wait for a thread.
    pub fn waiting(&self) -> usize {
        self.0.queue.waiting()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, Argon2Error> + Send + 'static,
    ) -> Result<T, HashError> {
        self.run_if(ready(Ok(())), work).await
    }

    /// Runs work on a hashing thread. A client that hangs up gives its place in the queue back, but not a thread that
    /// works for it.
    async fn run_if<T: Send + 'static, E: From<HashError>>(
        &self,
        admit: impl Future<Output = Result<(), E>>,
        work: impl FnOnce(&mut Memory) -> Result<T, Argon2Error> + Send + 'static,
    ) -> Result<T, E> {
        let Inner { queue, threads, metrics, share, crew, memory, .. } = &*self.0;
        let asked = Instant::now();
        let place = queue.enter(asked).map_err(|retry_after| self.busy(retry_after))?;
        let thread = timeout(LONGEST_WAIT, Arc::clone(threads).acquire_owned()).await;
        let thread = thread.map_err(|_| self.busy(queue.send_away(Instant::now())))?;
        let seat = Seat { place, _thread: thread.map_err(|_| HashError::Thread)? };
        metrics.wait.observe(asked.elapsed().as_secs_f64());
        admit.await?;
        let (share, duration, memory) = (*share, metrics.duration.clone(), Arc::clone(memory));
        let (answer, answered) = oneshot::channel();
        crew.run(move || {
            let (began, before) = (Instant::now(), share::processor_time());
            let result = memory.lend(work);
            duration.observe(began.elapsed().as_secs_f64());
            // Who asked may be gone by now.
            drop(answer.send(result));
            std::thread::sleep(share.rest_after(share::processor_time().saturating_sub(before)));
            seat.place.took(began.elapsed());
        })?;
        Ok(answered.await.map_err(|_| HashError::Thread)?.map_err(HashError::from)?)
    }

    fn busy(&self, retry_after: Duration) -> HashError {
        self.0.metrics.refused.inc();
        HashError::Busy { retry_after }
    }
}

/// Hashes one password in place, for commands, which serve no requests.
///
/// # Errors
///
/// A [`HashError`] by cause.
pub async fn hash_once(password: Password) -> Result<PasswordHash, HashError> {
    let work = move || Memory::default().hash(password.expose().as_bytes());
    let phc = tokio::task::spawn_blocking(work).await.map_err(|_| HashError::Thread)??;
    Ok(PasswordHash::from_phc(phc))
}

/// A place at a thread, which was a place in the queue before.
struct Seat {
    place: Place,
    _thread: OwnedSemaphorePermit,
}

/// The hashing threads. A thread is made when there is work, and ends when there was none for a while.
struct Crew(Option<Runtime>);

impl Crew {
    fn new(threads: NonZeroU32, memory: &Arc<Spare>) -> Result<Self, HashError> {
        let memory = Arc::clone(memory);
        // Of a runtime, only its pool of threads for blocking work is used.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(threads.get() as usize)
            .thread_keep_alive(IDLE)
            .thread_name("hash")
            .on_thread_start(share::stand_back)
            .on_thread_stop(move || memory.free_one())
            .build();
        Ok(Self(Some(runtime.map_err(|_| HashError::Thread)?)))
    }

    fn run(&self, work: impl FnOnce() + Send + 'static) -> Result<(), HashError> {
        let runtime = self.0.as_ref().ok_or(HashError::Thread)?;
        drop(runtime.spawn_blocking(work));
        Ok(())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        // To wait for its threads would block whoever drops it, which may be a task.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("queue", &self.0.queue).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Hasher {
        let metrics = HashMetrics::register(&prometheus::Registry::new()).unwrap();
        Hasher::new(NonZeroU32::MIN, metrics).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let hasher = hasher();
        let hash = hasher.hash("correct horse".parse().unwrap()).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_phc());
        let verify = |text: &str, hash| hasher.verify(text.parse().unwrap(), hash);
        assert!(verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!verify("wrong horse", Some(hash.clone())).await.unwrap());
        assert!(!verify("correct horse", None).await.unwrap());
        let other = hasher.hash("correct horse".parse().unwrap()).await.unwrap();
        assert_ne!(other.as_phc(), hash.as_phc());
        let nobodys = PasswordHash::of_nobody();
        assert!(nobodys.is_of_nobody() && !hash.is_of_nobody());
        assert!(!verify("no-password-set!", Some(nobodys)).await.unwrap());
        let broken = PasswordHash::from_phc("no hash".into());
        assert!(matches!(verify("x", Some(broken)).await, Err(HashError::Argon2(_))));
    }

    #[tokio::test]
    async fn a_long_queue_refuses_at_once_and_a_dropped_wait_gives_its_place_back() {
        let hasher = hasher();
        let mut waiting = Vec::new();
        let refused = loop {
            let mut call = Box::pin(hasher.verify("x".parse().unwrap(), None));
            match futures::poll!(&mut call) {
                std::task::Poll::Pending => waiting.push(call),
                std::task::Poll::Ready(end) => break end,
            }
        };
        assert!(
            matches!(refused, Err(HashError::Busy { retry_after }) if retry_after >= Duration::from_secs(1))
        );
        assert_eq!(hasher.0.metrics.refused.get(), 1);
        assert!(hasher.waiting() >= 10, "{}", hasher.waiting());
        drop(waiting);
        assert_eq!(hasher.waiting(), 0);
        assert!(!hasher.verify("x".parse().unwrap(), None).await.unwrap(), "there is a place again");
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer_and_no_thread() {
        let hasher = hasher();
        let end = hasher.run(|_| -> Result<(), Argon2Error> { std::panic::panic_any("on purpose") }).await;
        assert!(matches!(end, Err(HashError::Thread)));
        assert!(!hasher.verify("x".parse().unwrap(), None).await.unwrap());
        assert_eq!(hasher.waiting(), 0);
    }
}

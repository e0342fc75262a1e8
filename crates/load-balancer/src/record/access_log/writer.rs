//! The thread that writes the access log, so that a slow disk or pipe holds up nobody else.

use crate::supervise::{self, Task};
use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel},
    },
    time::Duration,
};

/// The most buffers on their way to the disk; further ones are dropped. With 64 KiB each this bounds the memory to 4
/// MiB.
const QUEUE: usize = 64;
/// How long the end of the process waits for a file or pipe that takes nothing.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How often an idle writer looks whether its file has been moved away.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The most written buffers that are kept to be filled again.
const RECYCLED: usize = 4;

#[derive(Debug)]
enum Message {
    Lines(Vec<u8>),
    Reopen,
    Stop,
}

/// A handle of the writer, one for each worker.
#[derive(Debug, Clone)]
pub struct WriterHandle {
    queue: SyncSender<Message>,
    recycled: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl WriterHandle {
    /// Hands lines over without waiting, and gives an empty buffer back. `Err` gives back the refused buffer, emptied.
    pub(super) fn send(&self, lines: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        match self.queue.try_send(Message::Lines(lines)) {
            Ok(()) => {
                Ok(self.recycled.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default())
            }
            Err(TrySendError::Full(message) | TrySendError::Disconnected(message)) => match message {
                Message::Lines(mut lines) => {
                    lines.clear();
                    Err(lines)
                }
                Message::Reopen | Message::Stop => Err(Vec::new()),
            },
        }
    }

    /// Has the file opened again, after a rotation. Has no effect when the queue is full: the writer also notices by
    /// itself that the file has moved.
    pub fn reopen(&self) {
        // See above.
        let _ = self.queue.try_send(Message::Reopen);
    }
}

/// The thread that writes the access log.
#[derive(Debug)]
pub struct Writer {
    handle: WriterHandle,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
}

impl Writer {
    /// Opens `path` (`None` is standard output) to append to it and starts the thread.
    pub fn start(path: Option<&Path>) -> io::Result<Self> {
        let output = Output::open(path)?;
        let (queue, messages) = sync_channel(QUEUE);
        let recycled = Arc::default();
        let handle = WriterHandle { queue, recycled: Arc::clone(&recycled) };
        let (alive, ended) = channel();
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
            let mut output = output;
            supervise::restarting_thread(Task::AccessLog, || write_all(&messages, &recycled, &mut output));
            // Whoever hears of the end can hand nothing over any more.
            drop(messages);
            drop(alive);
        })?;
        Ok(Self { handle, ended })
    }

    /// A handle for a worker.
    pub fn handle(&self) -> WriterHandle {
        self.handle.clone()
    }

    /// Writes all lines that were handed over and ends; gives up when that takes too long. To be called when the
    /// workers have ended.
    pub fn stop(self) {
        if self.handle.queue.try_send(Message::Stop).is_ok() {
            // An error is the end that is waited for, or that it did not come in time.
            let _ = self.ended.recv_timeout(LAST_WORDS);
        }
    }
}

fn write_all(messages: &Receiver<Message>, recycled: &Mutex<Vec<Vec<u8>>>, output: &mut Output) {
    loop {
        match messages.recv_timeout(LOOK_EVERY) {
            Ok(Message::Lines(mut lines)) => {
                output.write(&lines);
                lines.clear();
                let mut recycled = recycled.lock().unwrap_or_else(PoisonError::into_inner);
                if recycled.len() < RECYCLED {
                    recycled.push(lines);
                }
            }
            Ok(Message::Reopen) => output.reopen(),
            Err(RecvTimeoutError::Timeout) => output.follow_rotation(),
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[derive(Debug)]
enum Output {
    Stdout,
    File {
        path: PathBuf,
        file: File,
        /// Whether the log already says that the file cannot be opened again.
        told: bool,
    },
}

impl Output {
    fn open(path: Option<&Path>) -> io::Result<Self> {
        path.map_or(Ok(Self::Stdout), |path| {
            Ok(Self::File { path: path.to_owned(), file: append_to(path)?, told: false })
        })
    }

    fn write(&mut self, lines: &[u8]) {
        self.follow_rotation();
        let result = match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(lines).and_then(|()| stdout.flush())
            }
            Self::File { file, .. } => file.write_all(lines),
        };
        if let Err(error) = result {
            tracing::error!(%error, "cannot write the access log");
        }
    }

    /// Opens the file anew when it was moved away, without being told.
    fn follow_rotation(&mut self) {
        let Self::File { path, file, .. } = self else { return };
        let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let there = std::fs::metadata(path).map(identity).ok();
        if there.is_none() || there != file.metadata().map(identity).ok() {
            self.reopen();
        }
    }

    fn reopen(&mut self) {
        let Self::File { path, file, told } = self else { return };
        match append_to(path) {
            Ok(opened) => (*file, *told) = (opened, false),
            Err(_) if std::mem::replace(told, true) => {}
            Err(error) => tracing::error!(%error, path = %path.display(), "cannot reopen the access log"),
        }
    }
}

/// Opens a file to append to. A new file is its owner's alone, because a log tells who did what.
fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_file_is_left_for_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let (path, old) = (dir.path().join("access.log"), dir.path().join("access.log.1"));
        let mut output = Output::open(Some(&path)).unwrap();
        output.write(b"one\n");
        std::fs::rename(&path, &old).unwrap();
        output.write(b"two\n");
        for file in [&path, &old] {
            assert_eq!(std::fs::metadata(file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
        }
        assert_eq!(std::fs::read_to_string(old).unwrap(), "one\n");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "two\n");
    }

    #[tokio::test]
    async fn a_file_that_was_moved_away_is_made_anew_with_nothing_to_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("access.log");
        let writer = Writer::start(Some(&path)).unwrap();
        std::fs::rename(&path, dir.path().join("access.log.1")).unwrap();
        testkit::eventually(LAST_WORDS, async || path.exists()).await;
        std::fs::remove_file(&path).unwrap();
        testkit::eventually(LAST_WORDS, async || path.exists()).await;
        writer.stop();
    }

    #[test]
    fn all_that_was_handed_over_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("access.log");
        let writer = Writer::start(Some(&path)).unwrap();
        let handle = writer.handle();
        for n in 0..10 {
            handle.send(format!("{n}\n").into_bytes()).unwrap();
        }
        writer.stop();
        assert_eq!(std::fs::read_to_string(path).unwrap().lines().count(), 10);
        assert!(handle.send(b"late\n".to_vec()).is_err());
    }
}

//! Answers the inquiries of workers: questions for the health of servers whose answers are late.

use std::time::Instant;

use super::check::check;
use crate::pool::{Inquiries, Question, Source, Verdict};
use crate::supervise::{Task, Watch};

/// Answers all questions from now on; `None` when another task does already. Needs a tokio runtime when it is polled,
/// and ends when nobody can ask any more.
pub(crate) fn answer(inquiries: &Inquiries) -> Option<impl Future<Output = ()> + Send + use<>> {
    let mut questions = inquiries.questions()?;
    Some(async move {
        let _watch = Watch(Task::Inquiries);
        while let Some(question) = questions.recv().await {
            tokio::spawn(async move {
                // A question that is dropped is answered: the server is not well.
                let _watch = Watch(Task::Inquiries);
                settle(question).await;
            });
        }
    })
}

async fn settle(question: Question) {
    let Question { server, address, path, limit, verdict } = question;
    let finding = check(address, server.address(), Some(&path), limit).await;
    // Where servers are discovered, the address may have become another's.
    let is_the_same = server.source() != Source::Dns || server.identity().is(finding.instance.as_deref());
    // A server that could not be asked for this process's own want may be at work.
    let well = finding.unasked || finding.error.is_none() && is_the_same;
    if !finding.unasked {
        server.count_check(well);
    }
    let (pool, name) = (server.pool(), server.name());
    tracing::debug!(pool, server = name, well, error = finding.error, "asked for its health");
    verdict.send_replace(Some(Verdict { well, at: Instant::now() }));
}

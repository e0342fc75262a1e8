//! The id of the current request.

use std::future::Future;

use service_kit::telemetry::RequestId;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Runs `work` as the work of the request `id`.
pub(super) async fn scope<T>(id: RequestId, work: impl Future<Output = T>) -> T {
    CURRENT.scope(id, work).await
}

/// The id of this task's request. Error bodies have the id wherever they are made, so it is not handed from function
/// to function.
pub(super) fn current() -> String {
    CURRENT.try_with(|id| id.as_str().to_owned()).unwrap_or_default()
}

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

/// The request that this task works for. Error bodies name it wherever they are made, which is
/// why it is not handed from function to function.
pub(super) fn current() -> String {
    CURRENT.try_with(|id| id.as_str().to_owned()).unwrap_or_default()
}

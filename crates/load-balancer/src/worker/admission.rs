//! Admission of new connections: not too many at once, in all or of one address.

use super::Worker;
use super::addresses::Counted;
use crate::respond::ErrorKind;
use std::net::IpAddr;
use std::sync::atomic::Ordering::Relaxed;

/// The admission of a connection, which counts it for as long as it is open, on whichever worker.
#[derive(Debug)]
pub(crate) struct Admission {
    _counted: Option<Counted>,
}

/// Admits a new connection, unless there are too many, in all or of its address. Trusted proxies are exempt from the
/// second limit, because all their clients come from the proxies' addresses.
pub(crate) fn admit(worker: &Worker, address: IpAddr) -> Result<Admission, ErrorKind> {
    let (common, stats) = (&worker.common, worker.recorder.stats());
    if common.open.load(Relaxed) > worker.settings.max_connections {
        stats.refused_connections.add(1);
        return Err(ErrorKind::Overloaded);
    }
    if common.trusted.contains(&address) {
        return Ok(Admission { _counted: None });
    }
    let Some(counted) = common.addresses.count(address) else {
        stats.refused_by_address.add(1);
        return Err(ErrorKind::TooManyConnections);
    };
    Ok(Admission { _counted: Some(counted) })
}

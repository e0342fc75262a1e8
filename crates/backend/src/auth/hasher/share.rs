//! Limits the share of the processor for hashing, so that other work always gets some of it.

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::setpriority_process;
use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};

/// The nice value of hashing threads. Such a thread gets a quarter of a core that another thread wants, too, and is
/// interrupted at once. Alone it gets the whole core.
const NICE: i32 = 5;

/// The part of a processor limit that all hashing threads may use together. A nice value does not help under a limit:
/// the kernel stops the whole container when the limit is used up.
const OF_LIMIT: f64 = 0.8;

/// The part of a core that one hashing thread may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Share(f64);

impl Share {
    /// The share of one of `threads` threads, under this process's processor limit where there is one.
    pub(super) fn of(threads: NonZeroU32) -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self::under(cpu_limit(Path::new("/sys/fs/cgroup"), &groups), threads)
    }

    fn under(limit: Option<f64>, threads: NonZeroU32) -> Self {
        Self(limit.map_or(1.0, |cores| (cores * OF_LIMIT / f64::from(threads.get())).clamp(0.01, 1.0)))
    }

    /// The time that a thread has to rest after it has used the processor for `used`.
    pub(super) fn rest_after(self, used: Duration) -> Duration {
        used.mul_f64(1.0 / self.0 - 1.0)
    }
}

/// The lowest `cpu.max` of the control groups (version 2) that this process is in, in cores; none without a limit.
fn cpu_limit(root: &Path, groups: &str) -> Option<f64> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let own: PathBuf = root.join(own);
    let within = own.ancestors().take_while(|folder| folder.starts_with(root));
    let limits = within.filter_map(|folder| parse(&fs::read_to_string(folder.join("cpu.max")).ok()?));
    limits.min_by(f64::total_cmp)
}

/// Reads a `cpu.max`: `"50000 100000"` is half a core, and `"max 100000"` is no limit.
fn parse(cpu_max: &str) -> Option<f64> {
    let (quota, period) = cpu_max.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// Raises the nice value of the calling thread to [`NICE`].
pub(super) fn stand_back() {
    if let Err(error) = setpriority_process(Some(gettid()), NICE) {
        tracing::debug!(%error, "a hashing thread keeps its priority");
    }
}

/// The processor time that the calling thread has used.
pub(super) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // Neither is ever negative.
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_on_the_way_to_the_root_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("pod/container");
        fs::create_dir_all(&own).unwrap();
        let groups = "1:cpu:/elsewhere\n0::/pod/container\n";
        assert_eq!(cpu_limit(root.path(), groups), None);
        fs::write(own.join("cpu.max"), "max 100000\n").unwrap();
        assert_eq!(cpu_limit(root.path(), groups), None);
        fs::write(root.path().join("cpu.max"), "50000 100000\n").unwrap();
        assert_eq!(cpu_limit(root.path(), groups), Some(0.5));
        fs::write(own.join("cpu.max"), "20000 100000\n").unwrap();
        assert_eq!(cpu_limit(root.path(), groups), Some(0.2));
        assert_eq!(cpu_limit(root.path(), "0::/\n"), Some(0.5), "a container sees its own group as the root");
        assert_eq!(cpu_limit(root.path(), "4:cpu:/\n"), None);
    }

    #[test]
    fn a_thread_rests_for_as_long_as_its_share_demands() {
        let (one, four) = (NonZeroU32::MIN, NonZeroU32::new(4).unwrap());
        let rest = |limit, threads| {
            Share::under(limit, threads).rest_after(Duration::from_millis(30)).as_secs_f64() * 1e3
        };
        for (limit, threads, millis) in [
            (None, four, 0.0),
            (Some(8.0), four, 0.0),
            (Some(2.0), one, 0.0),
            (Some(0.5), one, 45.0),
            (Some(2.0), four, 45.0),
        ] {
            assert!((rest(limit, threads) - millis).abs() < 0.01, "{limit:?} for {threads} threads");
        }
    }

    #[test]
    fn only_the_calling_thread_stands_back() {
        let nice = || rustix::process::getpriority_process(Some(gettid())).unwrap();
        let before = nice();
        let behind = std::thread::spawn(move || {
            stand_back();
            nice()
        });
        assert_eq!(behind.join().unwrap(), NICE.max(before));
        assert_eq!(nice(), before);
    }

    #[test]
    fn processor_time_grows_with_work() {
        let before = processor_time();
        while processor_time() == before {}
    }
}

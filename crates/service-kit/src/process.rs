//! The resources that this process uses, by Linux's figures; nothing on other systems.

use std::time::Duration;

/// Processor time of all threads so far, ended ones included, to the nanosecond: `clock_gettime`(2) with
/// `CLOCK_PROCESS_CPUTIME_ID`. The times in `/proc/self/stat` are in hundredths of a second.
pub fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

/// Memory in use, in bytes; `None` where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    resident_bytes_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// Reads the resident memory from `/proc/PID/status` (`proc_pid_status`(5)), in bytes.
fn resident_bytes_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_writes_is_read() {
        assert_eq!(resident_bytes_of("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!(resident_bytes_of("VmRSS: many"), None);
    }

    #[test]
    fn work_of_less_than_a_hundredth_of_a_second_is_seen() {
        // One step may be long, when the machine takes the processor away between two looks; not all of them.
        let finest = (0..100).map(|_| step()).min().unwrap();
        assert!(finest < Duration::from_millis(10), "{finest:?}");
    }

    /// How far the clock goes at once.
    fn step() -> Duration {
        let before = cpu_time();
        loop {
            let step = cpu_time().saturating_sub(before);
            if !step.is_zero() {
                return step;
            }
            std::hint::spin_loop();
        }
    }
}

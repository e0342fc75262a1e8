//! What the process itself uses, as Linux tells it; nothing elsewhere.

/// Ticks of `/proc/self/stat` in a second: `USER_HZ`, which Linux fixes at 100 for all that read it.
const TICKS: f64 = 100.0;

/// Processor time of all threads so far, in seconds.
pub(super) fn cpu_seconds() -> Option<f64> {
    cpu_seconds_of(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// Memory in use, in bytes.
pub(super) fn resident_bytes() -> Option<u64> {
    resident_bytes_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `proc_pid_stat`(5): the name in parentheses may hold anything; user and system time are fields 14 and 15.
fn cpu_seconds_of(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut times = after_name.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((f64::from(user) + f64::from(system)) / TICKS)
}

/// `proc_pid_status`(5).
fn resident_bytes_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_writes_is_read() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 4 0 9999 1 2 3";
        assert_eq!(cpu_seconds_of(stat), Some(2.0));
        assert_eq!(resident_bytes_of("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!((cpu_seconds_of(""), resident_bytes_of("VmRSS: many")), (None, None));
    }
}

"""CPU time, memory and system calls of a process and all of its children, from the operating system."""

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cpu:
    """CPU time in seconds. `total` is exact to the nanosecond, the split into user and system to a clock tick."""

    total: float
    user: float
    system: float

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(self.total - other.total, self.user - other.user, self.system - other.system)


def tree(root: int) -> list[int]:
    """The process and its descendants."""
    pids = [root]
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            pids += [int(child) for child in task.read_text().split()]
    return pids


def cpu(pids: list[int]) -> Cpu:
    """What these processes have used since they began, threads that have ended included."""
    split = [parse_stat(Path(f"/proc/{pid}/stat").read_text()) for pid in pids]
    total = sum(time.clock_gettime_ns(process_clock(pid)) for pid in pids)
    return Cpu(total / 1e9, sum(user for user, _ in split), sum(system for _, system in split))


def process_clock(pid: int) -> int:
    """The clock of another process's CPU time: clock_getcpuclockid(3) as Linux encodes it."""
    return (~pid << 3) | 2


def parse_stat(text: str) -> tuple[float, float]:
    """User and system seconds from /proc/PID/stat; the name in parentheses may hold anything."""
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def pss(pids: list[int]) -> int:
    """Resident bytes, with shared pages divided among those who share them."""
    return sum(parse_pss(Path(f"/proc/{pid}/smaps_rollup").read_text()) for pid in pids)


def parse_pss(text: str) -> int:
    """The Pss line of smaps_rollup, in bytes."""
    found = re.search(r"^Pss:\s+(\d+) kB$", text, re.MULTILINE)
    if not found:
        raise ValueError("no Pss in smaps_rollup")
    return int(found[1]) * 1024


def status(pid: int, name: str) -> int:
    """A line of /proc/PID/status that is a size, such as VmRSS or VmHWM, in bytes."""
    return parse_status(Path(f"/proc/{pid}/status").read_text(), name)


def parse_status(text: str, name: str) -> int:
    """A size of /proc/PID/status, in bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if not found:
        raise ValueError(f"no {name} in status")
    return int(found[1]) * 1024


class SyscallCounter:
    """Counts the system calls of processes, by perf where the kernel lets us, else by strace."""

    def __init__(self, pids: list[int]) -> None:
        self._perf = perf_counts_syscalls()
        self._child = subprocess.Popen(
            self._command([str(pid) for pid in pids]), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        time.sleep(0.3)  # neither tool says when it is attached

    def _command(self, pids: list[str]) -> list[str]:
        if self._perf:
            return ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p", ",".join(pids)]
        return ["strace", "-f", "-c", "-q", *(word for pid in pids for word in ("-p", pid))]

    def stop(self) -> int:
        """Ends the count and gives it."""
        self._child.send_signal(signal.SIGINT)
        text = self._child.communicate(timeout=30)[1]
        return parse_perf(text) if self._perf else parse_strace(text)


def perf_counts_syscalls() -> bool:
    """Whether perf is there and may count."""
    probe = ["perf", "stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "true"]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0 and "not" not in done.stderr


def parse_perf(text: str) -> int:
    """The count of `perf stat -x ,`."""
    for line in text.splitlines():
        count, *rest = line.split(",")
        if "raw_syscalls:sys_enter" in rest:
            return int(count)
    raise ValueError(f"no count from perf: {text!r}")


def parse_strace(text: str) -> int:
    """The calls of the total line of `strace -c`."""
    for line in text.splitlines():
        fields = line.split()
        if fields and fields[-1] == "total":
            return int(fields[3])
    raise ValueError(f"no total from strace: {text!r}")

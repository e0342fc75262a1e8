"""What the figures were taken on, and with what."""

import ctypes
import fcntl
import os
import platform
import resource
import socket
import struct
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# <sched.h>, <linux/sockios.h> and <net/if.h>.
CLONE_NEWNET = 0x4000_0000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def describe() -> dict[str, str | int]:
    """The machine, the system, the commit, the time."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release().split("-")[0],
        "system": system(),
    }


def commit() -> str:
    """The commit that is checked out, and whether the balancer's sources differ from it."""
    git = lambda *words: subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True).stdout.strip()  # noqa: E731
    changed = git("status", "--porcelain", "--", "crates/load-balancer", "bench/configs")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def processor() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def system() -> str:
    """The distribution's name."""
    return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")


def isolate() -> bool:
    """A network of our own for us and all that we start, where that is allowed; says whether it was.

    A firewall's rules and the connection tracking of a container engine cost every packet on loopback as much as some
    of what is measured, and the more packets a contender spares, the more they hide it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    return True


def raise_open_files() -> int:
    """As many open files as are allowed, for us and all that we start; gives the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cores() -> tuple[set[int], set[int], set[int]]:
    """The cores of the clients, of the upstreams, and of the proxies: one, another, and both."""
    first, *rest = sorted(os.sched_getaffinity(0))
    second = rest[0] if rest else first
    return {first}, {second}, {first, second}

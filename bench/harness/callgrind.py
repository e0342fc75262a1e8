"""Instructions of the balancer by callgrind: the same on every run and every machine, so a change shows at once."""

import re
import subprocess
from collections import Counter
from pathlib import Path

# The balancer's rooms, and what they call; the first prefix that fits a symbol names its place.
PLACES = {
    "http1": "load_balancer::http1",
    "exchange": "load_balancer::exchange",
    "forward": "load_balancer::forward",
    "route and pick": ("load_balancer::route", "load_balancer::pool"),
    "retry": "load_balancer::retry",
    "record": "load_balancer::record",
    "worker": ("load_balancer::worker", "load_balancer::listener", "load_balancer::serve"),
    "balancer, the rest": ("load_balancer", "service_kit"),
    "httparse, memchr": ("httparse", "memchr"),
    "tokio, mio": ("tokio", "mio"),
    "rustls, aws-lc": ("rustls", "tokio_rustls", "aws_lc"),
    "alloc": ("alloc", "hashbrown", "malloc", "free", "realloc", "calloc", "_int_malloc", "_int_free"),
    "copies": ("memcpy", "memmove", "__memcpy", "__memmove", "__memset", "__memcmp", "memset"),
    "std and core": ("std", "core", "<"),
}


def command(out: Path) -> list[str]:
    """What runs the balancer under callgrind, with counting off."""
    return ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet", f"--callgrind-out-file={out}"]


def counting(pid: int, on: bool) -> None:
    """Switches the count of a process."""
    subprocess.run(["callgrind_control", "-i", "on" if on else "off", str(pid)], check=True, capture_output=True)


def dump(pid: int) -> None:
    """Writes what has been counted."""
    subprocess.run(["callgrind_control", "-d", str(pid)], check=True, capture_output=True)


def annotate(out: Path) -> str:
    """callgrind_annotate's list of every function's own instructions."""
    done = subprocess.run(
        ["callgrind_annotate", "--threshold=100", "--show-percs=no", "--auto=no", str(out)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def functions(annotated: str) -> dict[str, int]:
    """Own instructions by symbol, from callgrind_annotate's text."""
    found: Counter[str] = Counter()
    for line in annotated.splitlines():
        matched = re.match(r"^\s*([\d,]+)\s+\S*?:(.+?)(?: \[\S+\])?$", line)
        if matched:
            found[matched[2]] += int(matched[1].replace(",", ""))
    return dict(found)


def places(symbols: dict[str, int]) -> dict[str, int]:
    """Own instructions by room."""
    found: Counter[str] = Counter()
    for symbol, count in symbols.items():
        found[place(symbol)] += count
    return dict(found)


def place(symbol: str) -> str:
    """The room of a symbol. `<A as B>::f` belongs to A."""
    bare = re.sub(r"^[<&]+(?:mut |dyn )?", "", symbol)
    for name, prefixes in PLACES.items():
        if bare.startswith(prefixes):
            return name
    return "the rest"

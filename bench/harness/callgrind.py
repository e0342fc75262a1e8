"""Instructions of the balancer by callgrind: the same on every run and every machine, so a change shows at once."""

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Functions of the C library and the allocator that say what they do.
COPIES = ("__memcpy", "__memmove", "__memset", "__memcmp", "memcpy", "memmove", "memset")
ALLOCATOR = ("malloc", "free", "realloc", "calloc", "_int_malloc", "_int_free", "_int_realloc", "__rust", "cfree")


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


@dataclass(frozen=True)
class Own:
    """A function's own instructions that come from one source file: its own, or one whose code was inlined."""

    file: str
    symbol: str
    count: int


def functions(annotated: str) -> list[Own]:
    """Every line of callgrind_annotate's list."""
    lines = (re.match(r"^\s*([\d,]+)\s+(\S*?):(.+?)(?: \[\S+\])?$", line) for line in annotated.splitlines())
    return [Own(found[2], found[3], int(found[1].replace(",", ""))) for found in lines if found]


def total(own: list[Own], key: Callable[[Own], str]) -> Counter[str]:
    """Own instructions gathered by a key."""
    found: Counter[str] = Counter()
    for it in own:
        found[key(it)] += it.count
    return found


def place(own: Own) -> str:
    """The room of the balancer that a piece of code was written in, or whose else it is."""
    if room := re.search(r"crates/load-balancer/src/(\w+)", own.file):
        return room[1]
    if own.symbol.startswith(COPIES):
        return "copies"
    if own.symbol.startswith(ALLOCATOR):
        return "allocator"
    if crate := re.search(r"registry/src/[^/]+/([\w-]+?)-\d", own.file) or re.search(r"crates/([\w-]+)/src", own.file):
        return crate[1]
    return "std" if "/rustc/" in own.file else "system"

"""What is measured, and what the balancer has to reach."""

from dataclasses import dataclass
from enum import StrEnum

KIB = 1024


class Mode(StrEnum):
    """How the clients behave; the names are bench-load's commands."""

    SATURATE = "saturate"
    RATE = "rate"
    FRESH = "fresh"
    IDLE = "idle"


class Log(StrEnum):
    """What each contender writes for each request."""

    OFF = "off"
    JSON = "json"


@dataclass(frozen=True)
class Case:
    """One row of the table. `target` is the ratio to the best peer that is promised, `aim` the one hoped for."""

    name: str
    title: str
    target: float
    aim: float | None = None
    mode: Mode = Mode.SATURATE
    path: str = "/200"
    expect: int = 200
    post: int = 0
    connections: int = 64
    rate: int = 0
    # How many times as long as others it is measured.
    length: int = 1
    burst: bool = False
    tls: bool = False
    log: Log = Log.OFF

    @property
    def large(self) -> bool:
        """Whether bodies of 64 KiB cross the proxy."""
        return max(self.expect, self.post) > 4 * KIB

    @property
    def memory(self) -> bool:
        """Whether the figure is memory, not CPU time."""
        return self.mode is Mode.IDLE


LARGE = {"path": "/64k", "expect": 64 * KIB}
# A p99 is made by one request of a hundred; at a rate, a short run has too few of those.
RATE_LENGTH = 3
RATE = {"mode": Mode.RATE, "length": RATE_LENGTH}

CASES = [
    Case("small", "200 B, saturated, logs off", 0.85, 0.75),
    Case("log", "200 B, saturated, access log on", 0.80, 0.70, log=Log.JSON),
    Case("few", "200 B, 8 connections", 1.00, connections=8),
    Case("large", "64 KiB, saturated", 0.90, 0.70, **LARGE),
    Case("tls-small", "TLS 1.3, 200 B", 0.77, tls=True),
    Case("tls-large", "TLS 1.3, 64 KiB", 0.60, tls=True, **LARGE),
    Case("post", "POST of 64 KiB", 0.80, path="/post", expect=2, post=64 * KIB),
    Case("rate-10k", "200 B at 10,000/s", 1.00, rate=10_000, **RATE),
    Case("rate-40k", "200 B at 40,000/s", 0.85, rate=40_000, **RATE),
    Case("fresh", "new connection for each request", 1.00, mode=Mode.FRESH),
    Case("idle", "memory, 3,000 clients one after another", 1.30, 1.00, mode=Mode.IDLE, connections=3000),
    Case("burst", "memory, 3,000 clients all at once", 0.90, 0.70, mode=Mode.IDLE, connections=3000, burst=True),
]

# A latency at a fixed rate may be this much above the better peer's.
LATENCY_TARGET = 1.10


def select(names: list[str]) -> list[Case]:
    """The cases of these names, in the order of the table; all of them where none is given."""
    known = {case.name for case in CASES} | {"pick"}
    if unknown := set(names) - known:
        raise SystemExit(f"no such case: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}")
    return [case for case in CASES if not names or case.name in names]

"""The clients: bench-load, spoken with line by line, so that counters are read while nothing is in flight."""

import json
import subprocess
from pathlib import Path

from .cases import Case, Mode

LONGEST = 120


class LoadError(Exception):
    """The load generator failed; the text is what it said."""


class Load:
    """One run of bench-load. After `ready()` it waits for `go()`."""

    def __init__(self, binary: Path, arguments: list[str], cores: set[int]) -> None:
        command = [*pinned(cores), str(binary), *arguments]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()

    def ready(self) -> int:
        """Waits for the end of the warm-up; gives the number of its responses."""
        return self._line()["responses"]

    def go(self) -> dict:
        """Lets it measure; gives its report."""
        self._child.stdin.write("\n")
        self._child.stdin.flush()
        return self._line()

    def _line(self) -> dict:
        line = self._child.stdout.readline()
        if not line:
            raise LoadError(self._child.communicate(timeout=LONGEST)[1].strip() or "bench-load ended early")
        return json.loads(line)


def pinned(cores: set[int]) -> list[str]:
    """The prefix that keeps a command on some cores."""
    return ["taskset", "-c", ",".join(map(str, sorted(cores)))]


def arguments(case: Case, target: str, certificate: Path, warmup: float, duration: float) -> list[str]:
    """bench-load's arguments for a case."""
    words = [case.mode.value, "--target", target, "--path", case.path]
    words += ["--expect", str(case.expect), "--post", str(case.post), "--connections", str(case.connections)]
    words += ["--warmup", str(warmup), "--duration", str(duration)]
    if case.mode is Mode.RATE:
        words += ["--rate", str(case.rate)]
    if case.burst:
        words += ["--burst"]
    if case.tls:
        words += ["--tls", str(certificate)]
    return words

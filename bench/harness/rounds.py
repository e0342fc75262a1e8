"""Every case by every contender in turn, round after round, with a line that says how far it is."""

import sys
import time

from . import measure
from .cases import Case
from .contenders import Contender
from .load import LoadError
from .measure import Bench, Sample
from .report import Samples, show_figure
from .running import StartError


def run(bench: Bench, contenders: list[Contender], cases: list[Case], count: int) -> Samples:
    """The samples of `count` rounds; each round begins with another contender."""
    samples: Samples = {case.name: {it.name: [] for it in contenders} for case in cases}
    progress = Progress(count * len(cases) * len(contenders))
    for number in range(count):
        shift = number % len(contenders)
        for case in cases:
            for contender in contenders[shift:] + contenders[:shift]:
                progress.step(f"round {number + 1}/{count}  {case.name}  {contender.name}")
                if sample := attempt(bench, case, contender):
                    samples[case.name][contender.name].append(sample)
                    progress.note(f"{show_figure(case, sample.figure)}  {'; '.join(sample.problems)}")
    progress.end()
    return samples


def syscalls(bench: Bench, contenders: list[Contender], cases: list[Case]) -> dict[str, dict[str, float]]:
    """System calls for each request, in short runs of their own."""
    cases = [case for case in cases if not case.memory]
    found: dict[str, dict[str, float]] = {case.name: {} for case in cases}
    progress = Progress(len(cases) * len(contenders))
    for case in cases:
        for contender in contenders:
            progress.step(f"system calls  {case.name}  {contender.name}")
            sample = attempt(bench, case, contender, count_syscalls=True)
            if sample and sample.syscalls is not None:
                found[case.name][contender.name] = sample.syscalls
                progress.note(f"{sample.syscalls:.2f}")
    progress.end()
    return found


def attempt(bench: Bench, case: Case, contender: Contender, count_syscalls: bool = False) -> Sample | None:
    """One run; None, and the reason on the terminal, where it failed."""
    try:
        return measure.run(bench, case, contender, count_syscalls)
    except (StartError, LoadError) as error:
        print(f"\n{case.name}: {contender.name}: {error}", flush=True)
        return None


class Progress:
    """What is running, and how long the rest will take: one line on a terminal, a line for each step elsewhere."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done, self._start = steps, 0, time.monotonic()
        self._live = sys.stdout.isatty()

    def step(self, what: str) -> None:
        """A step begins."""
        left = (time.monotonic() - self._start) / max(self._done, 1) * (self._steps - self._done)
        self._done += 1
        start = "\r\033[K" if self._live else ""
        print(f"{start}[{self._done}/{self._steps}, {left:.0f} s left] {what}", end="  ", flush=True)

    def note(self, text: str) -> None:
        """What the step gave."""
        print(text, end="" if self._live else "\n", flush=True)

    def end(self) -> None:
        """All steps are done."""
        print("\r\033[K" if self._live else "", end="", flush=True)

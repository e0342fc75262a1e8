"""The report of a run: Markdown for people, JSON with every sample, and the plot."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from . import plot, report
from .cases import RATE_LENGTH
from .contenders import Contender
from .pick import Picks
from .report import Samples


@dataclass(frozen=True)
class Results:
    """All that a run gave."""

    about: dict[str, str | int]
    contenders: list[Contender]
    rounds: int
    seconds: float
    samples: Samples
    syscalls: dict[str, dict[str, float]] = field(default_factory=dict)
    picks: Picks | None = None

    def problems(self) -> list[str]:
        """Work that was not done, and rounds that gave no figure."""
        found = []
        for case, by_contender in self.samples.items():
            for name, rounds in by_contender.items():
                found += [f"{case}: {name}: {problem}" for sample in rounds for problem in sample.problems]
                if len(rounds) < self.rounds:
                    found.append(f"{case}: {name}: {self.rounds - len(rounds)} of {self.rounds} rounds gave no figure")
        return found

    def kept(self) -> bool:
        """Whether every promise is kept."""
        verdicts = [it for case in report.measured(self.samples) for it in report.verdicts(case, self.samples[case.name])]
        return all(it.met for it in verdicts) and (self.picks is None or self.picks.met)


def markdown(results: Results) -> str:
    """The whole report as text."""
    about = results.about
    where = f"{about['processor']}, {about['cores']} cores, {about['system']}, Linux {about['kernel']}"
    versions = ", ".join(f"{it.name} {it.version}" for it in results.contenders)
    how = f"{versions}; {results.rounds} interleaved rounds of {results.seconds:g} s, {RATE_LENGTH} times that at a rate"
    parts = ["# Benchmark", f"{where}; {about['time']}, commit {about['commit']}.", f"{how}."]
    if results.samples:
        parts.append(report.summary(results.samples))
    parts += [report.case_section(case, results.samples, results.syscalls) for case in report.measured(results.samples)]
    if results.picks:
        parts.append(results.picks.markdown())
    if problems := results.problems():
        parts += ["### What went wrong", "\n".join(f"- {it}" for it in problems)]
    return "\n\n".join(parts) + "\n"


def data(results: Results) -> dict:
    """The whole report for programs."""
    samples = {
        case: {name: [sample.to_json() for sample in rounds] for name, rounds in by_contender.items()}
        for case, by_contender in results.samples.items()
    }
    return {
        "machine": results.about,
        "versions": {it.name: it.version for it in results.contenders},
        "rounds": results.rounds,
        "seconds": results.seconds,
        "samples": samples,
        "syscalls_per_request": results.syscalls,
        "pick_ns": results.picks.costs if results.picks else {},
        "problems": results.problems(),
    }


def write(results: Results, stem: Path) -> None:
    """Writes `stem`.md, .json and .svg."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".md").write_text(markdown(results))
    stem.with_suffix(".json").write_text(json.dumps(data(results), indent=1) + "\n")
    if results.samples:
        title = "CPU time per request (memory: PSS), best peer = 1"
        stem.with_suffix(".svg").write_text(plot.draw(results.samples, title))

"""From samples to the table: medians, spreads, ratios to the best peer, and whether the promise is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from .cases import CASES, LATENCY_TARGET, Case, Mode
from .contenders import OURS
from .measure import Sample
from .statistics import Ratio, Summary, against_best, summarize

# By case, by contender, in the order of the rounds.
Samples = dict[str, dict[str, list[Sample]]]

PERCENTILES = ("p50", "p99", "p999")
# A rate is reached by who answers so much of it.
REACHED = 0.98


@dataclass(frozen=True)
class Line:
    """One contender in one case."""

    contender: str
    figure: Summary
    user: float
    system: float
    throughput: float
    latency_us: dict[str, float]
    syscalls: float | None


@dataclass(frozen=True)
class Verdict:
    """What one promise came to. `quantity` is the case's figure, or p50 or p99."""

    quantity: str
    ratio: Ratio
    target: float
    aim: float | None

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio.median <= self.target


def line(contender: str, samples: list[Sample], syscalls: float | None) -> Line:
    """The medians of one contender's rounds."""
    middle = lambda pick: median(pick(sample) for sample in samples)  # noqa: E731
    latency = {name: middle(lambda sample, name=name: sample.latency_us.get(name, 0.0)) for name in PERCENTILES}
    return Line(
        contender,
        summarize([sample.figure for sample in samples]),
        middle(lambda sample: sample.user),
        middle(lambda sample: sample.system),
        middle(lambda sample: sample.throughput),
        latency,
        syscalls,
    )


def verdicts(case: Case, samples: dict[str, list[Sample]]) -> list[Verdict]:
    """The promises of a case; none where ours or every peer is missing."""
    found = [judge("figure", case.target, case.aim, samples, lambda sample: sample.figure)]
    if case.mode is Mode.RATE:
        for name in ("p50", "p99"):
            found.append(judge(name, LATENCY_TARGET, None, samples, lambda sample, name=name: sample.latency_us[name]))
    return [verdict for verdict in found if verdict]


def judge(
    quantity: str, target: float, aim: float | None, samples: dict[str, list[Sample]], pick: Callable[[Sample], float]
) -> Verdict | None:
    """One quantity of ours beside the best peer's."""
    values = {name: [pick(sample) for sample in rounds] for name, rounds in samples.items()}
    ratio = against_best(values.pop(OURS, []), values)
    return Verdict(quantity, ratio, target, aim) if ratio else None


def measured(samples: Samples) -> list[Case]:
    """The cases that gave figures, in the order of the table."""
    return [case for case in CASES if any(samples.get(case.name, {}).values())]


def show_figure(case: Case, value: float) -> str:
    """A figure with its unit."""
    return f"{value / 2**20:.1f} MiB" if case.memory else f"{value:.2f} µs"


def case_section(case: Case, samples: Samples, syscalls: dict[str, dict[str, float]]) -> str:
    """The heading and the table of one case, and who did not reach its rate."""
    counted = syscalls.get(case.name, {})
    lines = [line(name, found, counted.get(name)) for name, found in samples[case.name].items() if found]
    parts = [f"### {case.title}", details(case, lines)]
    if slow := [it.contender for it in lines if it.throughput < case.rate * REACHED]:
        parts.append(f"The rate was too much for {', '.join(slow)} here: saturated, most rounds or all.")
    return "\n\n".join(parts)


def details(case: Case, lines: list[Line]) -> str:
    """The Markdown table of one case."""
    if case.memory:
        rows = [[it.contender, show_figure(case, it.figure.median), spread(it)] for it in lines]
        return table(["", "PSS", "±"], rows)
    heads = ["", "CPU per request", "±", "user / sys", "requests/s", "p50", "p99", "p99.9 (µs)", "system calls"]
    return table(heads, [row(case, it) for it in lines])


def row(case: Case, it: Line) -> list[str]:
    """One contender's cells."""
    latencies = [f"{it.latency_us[name]:.0f}" for name in PERCENTILES]
    calls = "" if it.syscalls is None else f"{it.syscalls:.2f}"
    split = f"{it.user:.1f} / {it.system:.1f}"
    figure = show_figure(case, it.figure.median)
    return [it.contender, figure, spread(it), split, f"{it.throughput:,.0f}", *latencies, calls]


def spread(it: Line) -> str:
    """Half of the range of the rounds."""
    return f"{it.figure.spread:.1%}"


def summary(samples: Samples) -> str:
    """The Markdown table of promises."""
    rows = []
    for case in measured(samples):
        for verdict in verdicts(case, samples[case.name]):
            ratio, label = verdict.ratio, "" if verdict.quantity == "figure" else f": {verdict.quantity}"
            aim = "" if verdict.aim is None else f" (aim {verdict.aim:.2f})"
            met = "met" if verdict.met else "MISSED"
            span = f"{ratio.low:.2f} to {ratio.high:.2f}"
            rows.append([case.title + label, ratio.peer, f"{ratio.median:.2f}", span, f"≤ {verdict.target:.2f}{aim}", met])
    return table(["case", "best peer", "ratio", "round by round", "promised", ""], rows)


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose columns line up in a terminal too."""
    widths = [max(3, *(len(cells[n]) for cells in [heads, *rows])) for n in range(len(heads))]
    align = lambda cells: "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"  # noqa: E731
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([align(heads), rule, *map(align, rows)])

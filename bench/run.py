#!/usr/bin/env python3
"""The load balancer beside nginx and HAProxy, in one run. docs/performance.md tells how it measures.

    bench/run.py [--quick] [--cases small,log] [--rounds N] [--duration S] [--peers DIR] [--out DIR]

Exit code: 0 all promises kept, 1 one missed, 3 a contender did not do all of its work.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import machine, measure, plot, report
from harness.cases import Case, select
from harness.contenders import OURS, Contender, find
from harness.measure import Bench, Sample
from harness.running import StartError
from harness.load import LoadError
from harness.upstreams import Upstreams

HERE = Path(__file__).parent
ROOT = HERE.parent


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two minutes: Debian's own peers, short rounds")
    parser.add_argument("--cases", default="", help="names, separated by commas")
    parser.add_argument("--contenders", default="", help="names, separated by commas")
    parser.add_argument("--rounds", type=int, help="default 5, quick 2")
    parser.add_argument("--duration", type=float, help="seconds of each measurement: default 4, quick 0.6")
    parser.add_argument("--peers", type=Path, default=ROOT / ".tools/peers", help="what bench/peers.sh has brought")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/load-balancer")
    parser.add_argument("--out", type=Path, default=HERE / "reports")
    parser.add_argument("--no-syscalls", action="store_true", help="leave out the count of system calls")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 5)
    chosen.duration = chosen.duration or (0.6 if chosen.quick else 4.0)
    return chosen


def main() -> int:
    chosen = options()
    cases = select([name for name in chosen.cases.split(",") if name])
    contenders = find(chosen.binary, None if chosen.quick else chosen.peers)
    if wanted := {name for name in chosen.contenders.split(",") if name}:
        contenders = [it for it in contenders if it.name in wanted]
    announce(chosen, contenders, cases)
    with tempfile.TemporaryDirectory(prefix="bench-tls-") as tls:
        samples, syscalls = measure_all(chosen, contenders, cases, Path(tls))
    return publish(chosen, contenders, samples, syscalls)


def announce(chosen: argparse.Namespace, contenders: list[Contender], cases: list[Case]) -> None:
    if not any(it.name == OURS for it in contenders):
        say(f"{chosen.binary} is not there: the peers run alone (cargo build --release -p load-balancer)")
    say("contenders: " + ", ".join(f"{it.name} {it.version}" for it in contenders))
    say(f"{len(cases)} cases, {chosen.rounds} rounds of {chosen.duration:g} s; open files: {machine.raise_open_files()}")


def measure_all(chosen, contenders, cases, tls: Path):  # noqa: ANN001, ANN201
    tools = ROOT / "target/release"
    load_cores, upstream_cores, proxy_cores = machine.cores()
    Path(tls).chmod(0o755)
    subprocess.run([tools / "bench-load", "certificate", str(tls)], check=True)
    warmup = min(1.0, chosen.duration / 2)
    with Upstreams(tools / "bench-upstream", upstream_cores) as upstreams:
        bench = Bench(upstreams, tools / "bench-load", tls, load_cores, proxy_cores, warmup, chosen.duration)
        samples = rounds(bench, contenders, cases, chosen.rounds)
        brief = Bench(upstreams, tools / "bench-load", tls, load_cores, proxy_cores, 0.2, 0.5)
        counted = {} if chosen.no_syscalls else syscalls(brief, contenders, [case for case in cases if not case.memory])
    return samples, counted


def rounds(bench: Bench, contenders: list[Contender], cases: list[Case], count: int) -> report.Samples:
    """Every case by every contender in turn, round after round; each round begins with another contender."""
    samples: report.Samples = {case.name: {it.name: [] for it in contenders} for case in cases}
    progress = Progress(count * len(cases) * len(contenders))
    for number in range(count):
        for case in cases:
            shift = number % len(contenders)
            for contender in contenders[shift:] + contenders[:shift]:
                progress.step(f"round {number + 1}/{count}  {case.name}  {contender.name}")
                sample = attempt(bench, case, contender)
                if sample:
                    samples[case.name][contender.name].append(sample)
                    progress.note(case, sample)
    return samples


def syscalls(bench: Bench, contenders: list[Contender], cases: list[Case]) -> dict[str, dict[str, float]]:
    """System calls for each request, in short runs of their own."""
    found: dict[str, dict[str, float]] = {}
    progress = Progress(len(cases) * len(contenders))
    for case in cases:
        for contender in contenders:
            progress.step(f"system calls  {case.name}  {contender.name}")
            sample = attempt(bench, case, contender, count_syscalls=True)
            if sample and sample.syscalls is not None:
                found.setdefault(case.name, {})[contender.name] = sample.syscalls
    progress.end()
    return found


def attempt(bench: Bench, case: Case, contender: Contender, count_syscalls: bool = False) -> Sample | None:
    try:
        return measure.run(bench, case, contender, count_syscalls)
    except (StartError, LoadError) as error:
        say(f"\n{case.name}: {contender.name}: {error}")
        return None


def publish(chosen, contenders, samples: report.Samples, counted) -> int:  # noqa: ANN001
    about = machine.describe()
    versions = {it.name: it.version for it in contenders}
    present = {case: {name: found for name, found in by.items() if found} for case, by in samples.items()}
    present = {case: by for case, by in present.items() if by}
    parts, wrong = [], []
    for case in report.measured(present):
        lines = [
            report.line(name, found, counted.get(case.name, {}).get(name)) for name, found in present[case.name].items()
        ]
        parts.append(f"### {case.title}\n\n{report.details(case, lines)}\n")
        wrong += [f"{case.name}: {it.contender}: {problem}" for it in lines for problem in it.problems]
        missing = [name for name, found in samples[case.name].items() if len(found) < chosen.rounds]
        wrong += [f"{case.name}: {name}: not every round gave a figure" for name in missing]
    title = f"{about['processor']}, {about['cores']} cores, {about['system']}, {about['time']}, {about['commit']}"
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    head = f"# Benchmark\n\n{title}\n\n{told}; {chosen.rounds} rounds of {chosen.duration:g} s\n"
    text = "\n".join([head, report.summary(present), "", *parts, "\n".join(f"- {it}" for it in wrong)]).rstrip() + "\n"
    say("\n" + text)
    write(chosen, text, plot.draw(present, "CPU time per request (memory: PSS), best peer = 1"), {
        "machine": about, "versions": versions, "rounds": chosen.rounds, "seconds": chosen.duration,
        "samples": {case: {name: [it.to_json() for it in found] for name, found in by.items()} for case, by in present.items()},
        "syscalls_per_request": counted, "problems": wrong,
    })  # fmt: skip
    if wrong:
        return 3
    kept = all(it.met for case in report.measured(present) for it in report.verdicts(case, present[case.name]))
    return 0 if kept else 1


def write(chosen: argparse.Namespace, text: str, svg: str, data: dict) -> None:
    chosen.out.mkdir(parents=True, exist_ok=True)
    stem = chosen.out / ("quick" if chosen.quick else "partial" if chosen.cases or chosen.contenders else "full")
    for suffix, content in ((".md", text), (".svg", svg), (".json", json.dumps(data, indent=1) + "\n")):
        stem.with_suffix(suffix).write_text(content)
    say(f"written: {stem}.md, .svg, .json")


class Progress:
    """One line that says what is running and how long the rest will take."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done, self._start = steps, 0, time.monotonic()

    def step(self, what: str) -> None:
        spent = time.monotonic() - self._start
        left = spent / self._done * (self._steps - self._done) if self._done else 0
        self._done += 1
        end = "" if sys.stdout.isatty() else "\n"
        print(f"\r\033[K[{self._done}/{self._steps}, {left:.0f} s left] {what}" if not end else what, end=end, flush=True)

    def note(self, case: Case, sample: Sample) -> None:
        problems = "; ".join(sample.problems)
        print(f"  {report.show_figure(case, sample.figure)}  {problems}", end="\n" if problems or not sys.stdout.isatty() else "", flush=True)

    def end(self) -> None:
        if sys.stdout.isatty():
            print("\r\033[K", end="")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The load balancer beside nginx and HAProxy, in one run. docs/performance.md tells how it measures.

    bench/run.py [--quick] [--cases small,log,pick] [--rounds N] [--duration S] [--peers DIR] [--out DIR]

Exit code: 0 all promises kept, 1 one missed, 3 a contender did not do all of its work.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from harness import machine, pick, publish, rounds
from harness.cases import CASES, Case, select
from harness.contenders import OURS, Contender, find
from harness.machine import ROOT
from harness.measure import Bench
from harness.report import Samples
from harness.upstreams import Upstreams

TOOLS = ROOT / "target/release"
NAMES = [*(case.name for case in CASES), pick.NAME]


def main() -> int:
    # An end that is asked for is one in order: nothing that was started stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    chosen = options()
    cases = select(chosen.cases)
    contenders = find(chosen.binary, None if chosen.quick else chosen.peers)
    contenders = [it for it in contenders if not chosen.contenders or it.name in chosen.contenders]
    prepare(chosen, contenders, cases)
    samples, syscalls = measure_all(chosen, contenders, cases) if cases else ({}, {})
    picks = pick.run(max(machine.cores()[2])) if chosen.pick else None
    about = machine.describe()
    results = publish.Results(about, contenders, chosen.rounds, chosen.duration, samples, syscalls, picks)
    stem = chosen.out / ("partial" if chosen.partial else "quick" if chosen.quick else "full")
    publish.write(results, stem)
    print(f"\n{publish.markdown(results)}\nwritten: {stem}.*")
    return 3 if results.problems() else 0 if results.kept() else 1


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two minutes: the installed peers, short rounds")
    parser.add_argument("--cases", type=names, default=[], help=f"of: {', '.join(NAMES)}")
    parser.add_argument("--contenders", type=names, default=[], help="of those that are found")
    parser.add_argument("--rounds", type=int, help="default 11, quick 2")
    parser.add_argument("--duration", type=float, help="seconds of each measurement: default 0.8, quick 0.6")
    parser.add_argument("--peers", type=Path, default=ROOT / ".tools/peers", help="what bench/peers.sh has brought")
    parser.add_argument("--binary", type=Path, default=TOOLS / OURS)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/reports")
    parser.add_argument("--no-syscalls", action="store_true", help="leave out system calls, as --quick does")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 11)
    chosen.duration = chosen.duration or (0.6 if chosen.quick else 0.8)
    chosen.partial = bool(chosen.cases or chosen.contenders)
    chosen.pick = pick.NAME in chosen.cases if chosen.cases else not chosen.quick
    return chosen


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def prepare(chosen: argparse.Namespace, contenders: list[Contender], cases: list[Case]) -> None:
    if not any(it.name == OURS for it in contenders):
        print(f"without ours: {chosen.binary} is not there, or was not chosen")
    print("contenders: " + ", ".join(f"{it.name} {it.version}" for it in contenders))
    limit = machine.raise_open_files()
    network = "a network of its own" if machine.isolate() else "this machine's network, as it is"
    print(f"{len(cases)} cases, {chosen.rounds} rounds of {chosen.duration:g} s; open files: {limit}; {network}", flush=True)


def measure_all(
    chosen: argparse.Namespace, contenders: list[Contender], cases: list[Case]
) -> tuple[Samples, dict[str, dict[str, float]]]:
    load_cores, upstream_cores, proxy_cores = machine.cores()
    load_binary, upstream_binary = TOOLS / "bench-load", TOOLS / "bench-upstream"
    warmup = min(1.0, chosen.duration / 2)
    with tempfile.TemporaryDirectory() as directory, Upstreams(upstream_binary, upstream_cores) as upstreams:
        tls = Path(directory)
        tls.chmod(0o755)
        subprocess.run([load_binary, "certificate", tls], check=True)
        bench = Bench(upstreams, load_binary, tls, load_cores, proxy_cores, warmup, chosen.duration)
        samples = rounds.run(bench, contenders, cases, chosen.rounds)
        if chosen.no_syscalls or chosen.quick:
            return samples, {}
        return samples, rounds.syscalls(replace(bench, warmup=0.2, duration=0.5), contenders, cases)


if __name__ == "__main__":
    sys.exit(main())

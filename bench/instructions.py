#!/usr/bin/env python3
"""Instructions for each request in user space, beside those of the last commit that kept them.

    bench/instructions.py [--keep] [--requests N]

Exit code 1 where a case takes over 3 % more than what is kept in bench/instructions.json.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from harness import callgrind, load, machine, report
from harness.cases import Case, select
from harness.contenders import OURS, Contender
from harness.running import Running
from harness.upstreams import Upstreams

HERE = Path(__file__).parent
TOOLS = HERE.parent / "target/release"
KEPT = HERE / "instructions.json"
CASES = ["small", "log", "large", "post", "tls-small"]
TOLERANCE = 0.03


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="write bench/instructions.json")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--cases", default=",".join(CASES))
    chosen = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"commit": "none", "cases": {}}
    found = count_all(select(chosen.cases.split(",")), chosen.requests)
    show(found, kept)
    if chosen.keep:
        KEPT.write_text(json.dumps({"commit": machine.commit(), "cases": kept["cases"] | found}, indent=1) + "\n")
        return 0
    return 1 if any(grew(kept, case, here["total"]) > TOLERANCE for case, here in found.items()) else 0


def count_all(cases: list[Case], requests: int) -> dict[str, dict]:
    machine.raise_open_files()
    cores = set().union(*machine.cores())
    with tempfile.TemporaryDirectory() as name, Upstreams(TOOLS / "bench-upstream", cores) as upstreams:
        tls = Path(name)
        subprocess.run([TOOLS / "bench-load", "certificate", name], check=True)
        return {case.name: count(case, requests, upstreams, tls, cores) for case in cases}


def count(case: Case, requests: int, upstreams: Upstreams, tls: Path, cores: set[int]) -> dict:
    """One connection asks again and again: nothing depends on how the machine's threads take turns."""
    print(f"{case.name} …", flush=True)
    out = tls / f"callgrind.{case.name}"
    ours = Contender(OURS, OURS, (*callgrind.command(out), str(TOOLS / OURS)), "")
    with Running(ours, case, upstreams, tls, cores) as running:
        words = load.arguments(replace(case, connections=1), running.target, tls / "site.crt", 1.0, 0)
        arguments = ["count", *words[1:], "--requests", str(requests)]
        with load.Load(TOOLS / "bench-load", arguments, cores) as clients:
            clients.ready()
            callgrind.counting(running.pids[0], True)
            answered = clients.go()["responses"]
            callgrind.counting(running.pids[0], False)
            callgrind.dump(running.pids[0])
        own = callgrind.functions(callgrind.annotate(next(tls.glob(f"callgrind.{case.name}.*"))))
    each = lambda gathered: {name: round(n / answered) for name, n in gathered.most_common(20)}  # noqa: E731
    return {
        "total": round(sum(it.count for it in own) / answered),
        "places": each(callgrind.total(own, callgrind.place)),
        "functions": each(callgrind.total(own, lambda it: it.symbol)),
    }


def grew(kept: dict, case: str, total: int) -> float:
    before = kept["cases"].get(case, {}).get("total")
    return total / before - 1 if before else 0.0


def show(found: dict[str, dict], kept: dict) -> None:
    rows = []
    for case, here in found.items():
        before = kept["cases"].get(case, {})
        rows.append([case, "all", str(here["total"]), str(before.get("total", "")), f"{grew(kept, case, here['total']):+.1%}"])
        for place, now in here["places"].items():
            rows.append(["", place, str(now), str(before.get("places", {}).get(place, "")), ""])
    print(report.table(["case", "where", "instructions per request", f"at {kept['commit']}", ""], rows))


if __name__ == "__main__":
    sys.exit(main())

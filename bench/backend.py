#!/usr/bin/env python3
"""The backend in a storm of log-ins, behind the balancer. docs/performance.md tells how it measures.

    bench/backend.py [--logins 500] [--reads 100] [--quiet S] [--instances 1] [--out DIR]

Exit code: 0 all promises kept, 1 one missed.
"""

import argparse
import json
import signal
import sqlite3
import sys
import tempfile
from pathlib import Path

from harness import backend, machine
from harness.machine import ROOT

TOOLS = ROOT / "target/release"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    chosen = options()
    about = machine.describe()
    with tempfile.TemporaryDirectory(prefix="bench-backend-") as folder:
        with backend.System(Path(folder), chosen.tools, chosen.instances) as system:
            figures = backend.storm(system, chosen.tools, chosen.logins, chosen.reads, chosen.quiet)
        figures["records"] = records(Path(folder), chosen)
    results = {"about": about, "instances": chosen.instances, "logins": chosen.logins, "reads": chosen.reads, **figures}
    promises = backend.promises(results)
    text = backend.markdown(results, promises)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "backend.md").write_text(text)
    (chosen.out / "backend.json").write_text(json.dumps(results, indent=1) + "\n")
    print(text)
    return 0 if all(promise.kept for promise in promises) else 1


def records(folder: Path, chosen: argparse.Namespace) -> dict[str, int]:
    """What 1,000 failed log-ins of 58 KB leave in a database of their own, by who made the keys."""
    grown = {}
    for keys in ("none", "own"):
        own = folder / keys
        own.mkdir()
        with backend.System(own, chosen.tools, 1) as system:
            before = pages(system.database)
            backend.fail_to_log_in(system.target, 1000, keys == "own")
            grown[keys] = pages(system.database) - before
    return grown


def pages(database: Path) -> int:
    """The size of the database in bytes, whatever of it is in the log still."""
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    return count * size


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logins", type=int, default=500, help="log-ins at once")
    parser.add_argument("--reads", type=int, default=100, help="logged-in reads a second")
    parser.add_argument("--quiet", type=float, default=10.0, help="seconds of reads alone")
    parser.add_argument("--instances", type=int, default=1, help="backends behind the balancer")
    parser.add_argument("--tools", type=Path, default=TOOLS, help="where the programs are")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/reports")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

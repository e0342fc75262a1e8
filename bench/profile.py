#!/usr/bin/env python3
"""Where the balancer spends its time: perf record under load, and the report as text.

    bench/profile.py [CASE] [--seconds S] [--out FILE]

Writes bench/reports/profile-CASE.txt, and perf's data beside it for `perf report -i`.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import load, machine
from harness.cases import select
from harness.contenders import OURS, Contender
from harness.running import Running
from harness.upstreams import Upstreams

HERE = Path(__file__).parent
TOOLS = HERE.parent / "target/release"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default="small")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    (case,) = select([chosen.case])
    out = chosen.out or HERE / "reports" / f"profile-{case.name}.txt"
    data = out.with_suffix(".data")
    out.parent.mkdir(parents=True, exist_ok=True)
    record(case, chosen.seconds, data)
    text = perf_report(data)
    out.write_text(text)
    print("\n".join(text.splitlines()[:60]))
    print(f"\nwritten: {out}; call graphs: perf report -i {data}")
    return 0


def record(case, seconds: float, data: Path) -> None:  # noqa: ANN001
    machine.raise_open_files()
    machine.isolate()
    load_cores, upstream_cores, proxy_cores = machine.cores()
    ours = Contender(OURS, OURS, (str(TOOLS / OURS),), "")
    with tempfile.TemporaryDirectory() as name, Upstreams(TOOLS / "bench-upstream", upstream_cores) as upstreams:
        tls = Path(name)
        subprocess.run([TOOLS / "bench-load", "certificate", name], check=True)
        with Running(ours, case, upstreams, tls, proxy_cores) as running:
            arguments = load.arguments(case, running.target, tls / "site.crt", 1.0, seconds + 1)
            with load.Load(TOOLS / "bench-load", arguments, load_cores) as clients:
                clients.ready()
                pids = ",".join(map(str, running.pids))
                perf = ["perf", "record", "-q", "-F", "1999", "-g", "-o", str(data), "-p", pids]
                recorder = subprocess.Popen([*perf, "--", "sleep", str(seconds)])
                clients.go()
                recorder.wait()


def perf_report(data: Path) -> str:
    words = ["perf", "report", "-i", str(data), "--stdio", "--no-children", "-g", "none", "--sort", "dso,symbol"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())

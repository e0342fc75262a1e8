"""One run of one case by one contender, and the proof that the work was done."""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import load, procfs
from .cases import Case, Log
from .contenders import Contender
from .running import Running
from .upstreams import Upstreams

SETTLE = 1.0


@dataclass(frozen=True)
class Bench:
    """What every run shares."""

    upstreams: Upstreams
    load_binary: Path
    tls: Path
    load_cores: set[int]
    proxy_cores: set[int]
    # Seconds.
    warmup: float
    duration: float


@dataclass
class Sample:
    """What one run gave. `figure` is µs of CPU per request, or bytes of memory."""

    figure: float
    user: float = 0.0
    system: float = 0.0
    throughput: float = 0.0
    latency_us: dict[str, float] = field(default_factory=dict)
    lag_us: dict[str, float] = field(default_factory=dict)
    requests: int = 0
    log_lines: int = 0
    syscalls: float | None = None
    empty_bytes: int = 0
    problems: list[str] = field(default_factory=list)

    def to_json(self) -> dict:
        """For the report."""
        return asdict(self)


def run(bench: Bench, case: Case, contender: Contender, count_syscalls: bool = False) -> Sample:
    """Starts the contender, measures, checks, and ends it."""
    with Running(contender, case, bench.upstreams, bench.tls, bench.proxy_cores) as running:
        if case.memory:
            return memory(bench, case, running)
        return work(bench, case, running, count_syscalls)


def begin(bench: Bench, case: Case, running: Running) -> load.Load:
    """The clients of a case, before they are let go."""
    certificate = bench.tls / "site.crt"
    arguments = load.arguments(case, running.target, certificate, bench.warmup, bench.duration * case.length)
    return load.Load(bench.load_binary, arguments, bench.load_cores)


def work(bench: Bench, case: Case, running: Running, count_syscalls: bool) -> Sample:
    """CPU time, throughput and latency; or the system calls, in a run of their own."""
    earlier_lines = running.earlier_log_lines()
    with begin(bench, case, running) as clients:
        warmed = clients.ready()
        lines = running.wait_for_log(earlier_lines + warmed)
        before, cpu_before = bench.upstreams.counters(), procfs.cpu(running.pids)
        counter = procfs.SyscallCounter(running.pids) if count_syscalls else None
        report = clients.go()
        calls = counter.stop() if counter else None
        # The lines of these requests are part of their cost, buffered or not.
        logged = running.wait_for_log(lines + report["responses"]) - lines
        used = procfs.cpu(running.pids) - cpu_before
        after = bench.upstreams.counters()
    requests = report["responses"]
    arrived = {name: after[name] - before[name] for name in after}
    each = 1e6 / max(requests, 1)
    return Sample(
        figure=used.total * each,
        user=used.user * each,
        system=used.system * each,
        throughput=requests / report["seconds"],
        latency_us=report["latency_us"],
        lag_us=report["lag_us"],
        requests=requests,
        log_lines=logged,
        syscalls=calls / max(requests, 1) if calls is not None else None,
        problems=problems(case, report, arrived, logged),
    )


def problems(case: Case, report: dict, arrived: dict[str, int], logged: int) -> list[str]:
    """What shows that a contender did not do all of its work; empty when it did."""
    requests = report["responses"]
    found = [f"{count} x {cause}" for cause, count in report["failures"].items()]
    if requests == 0:
        found.append("no response")
    if arrived["requests"] != requests:
        found.append(f"{arrived['requests']} requests reached the upstreams for {requests} answers")
    found += [f"{arrived[name]} x {name}" for name in arrived if name.startswith("without_") and arrived[name]]
    if arrived["body_bytes"] != requests * case.post:
        found.append(f"{arrived['body_bytes']} bytes of bodies reached the upstreams")
    if case.log is not Log.OFF and logged != requests:
        found.append(f"{logged} log lines for {requests} requests")
    return found


def memory(bench: Bench, case: Case, running: Running) -> Sample:
    """Resident memory while many clients that made one request each are idle."""
    empty = procfs.pss(running.pids)
    before = bench.upstreams.counters()["requests"]
    with begin(bench, case, running) as clients:
        clients.ready()
        time.sleep(SETTLE)
        resident = procfs.pss(running.pids)
        arrived = bench.upstreams.counters()["requests"] - before
    wrong = [] if arrived == case.connections else [f"{arrived} requests reached the upstreams"]
    return Sample(figure=resident, empty_bytes=empty, requests=arrived, problems=wrong)

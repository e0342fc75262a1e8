"""Backends behind a balancer, a storm of log-ins upon them, and what is promised of that."""

import http.client
import json
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import procfs
from .running import free_ports

MB = 1_000_000
# What argon2 takes for one password.
BLOCKS = 19 * 1024 * 1024
READY_WITHIN = 30.0
# Memory is looked at that long after the last answer.
AFTER = 10.0

BALANCER = """
[listen]
http = "{http}"
admin = "{admin}"
[[pools]]
name = "backend"
servers = [{servers}]
retry = {{ max_retries = 3, budget_percent = 20, assign_idempotency_key = true }}
[[routes]]
path = "/api"
pool = "backend"
[access_log]
enabled = false
"""


class System:
    """Backends on one SQLite file, and a balancer before them."""

    def __init__(self, folder: Path, tools: Path, instances: int) -> None:
        self.database = folder / "data.db"
        self.children: list[subprocess.Popen] = []
        self.folder, self.tools = folder, tools
        http_port, admin, *self.ports = free_ports(2 + instances)
        self.target = f"127.0.0.1:{http_port}"
        servers = ", ".join(f'{{ name = "b{port}", address = "127.0.0.1:{port}" }}' for port in self.ports)
        self.config = folder / "load-balancer.toml"
        self.config.write_text(BALANCER.format(http=self.target, admin=f"127.0.0.1:{admin}", servers=servers))

    def __enter__(self) -> "System":
        try:
            secret = secrets.token_hex(32)
            for port in self.ports:
                own = {"DATABASE_URL": f"sqlite://{self.database}", "BIND_ADDRESS": f"127.0.0.1:{port}"}
                own |= {"JWT_SECRET": secret, "INSTANCE_ID": f"b{port}", "RUST_LOG": "warn"}
                self._start([self.tools / "onboarding-backend", "serve"], own)
                wait_for(f"127.0.0.1:{port}", "/ready")
            self._start([self.tools / "load-balancer", "--config", self.config, "run"], {"RUST_LOG": "warn"})
            wait_for(self.target, "/health")
        except BaseException:
            self.__exit__()
            raise
        self.backends = [child.pid for child in self.children[:-1]]
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            child.wait(60)

    def _start(self, command: list[str | Path], environment: dict[str, str]) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with (self.folder / f"output-{len(self.children)}").open("w") as output:
            child = subprocess.Popen(command, env=kept | environment, stdout=output, stderr=output, cwd=self.folder)
        self.children.append(child)


def wait_for(address: str, path: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        connection = http.client.HTTPConnection(address, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{address}{path} is not ready")
        time.sleep(0.05)


def storm(system: System, tools: Path, logins: int, reads: int, quiet: float) -> dict:
    """One storm, with the memory of the backends before, during and after it."""
    command = [tools / "bench-storm", "--target", f"http://{system.target}"]
    command += ["--logins", str(logins), "--reads", str(reads), "--quiet", str(quiet)]
    # Before anybody registers, which hashes a password.
    start = [procfs.status(pid, "VmRSS") for pid in system.backends]
    threads = max(1, len(os.sched_getaffinity(0)) - 1)  # as the backend decides without HASH_THREADS
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        expect(child, "start")
        expect(child, "quiet")
        report = json.loads(child.stdout.readline())
    time.sleep(AFTER)
    peak = [procfs.status(pid, "VmHWM") for pid in system.backends]
    after = [procfs.status(pid, "VmRSS") for pid in system.backends]
    return {"threads": threads, "memory": {"start": start, "peak": peak, "after": after}, **report}


def expect(child: subprocess.Popen, name: str) -> None:
    line = child.stdout.readline()
    if not line or json.loads(line) != {"event": name}:
        raise RuntimeError(f"bench-storm said {line!r}, not {name}")
    child.stdin.write("\n")
    child.stdin.flush()


def fail_to_log_in(target: str, times: int, own_keys: bool) -> None:
    """Log-ins of 58 KB that are refused: thousands of fields that nobody knows."""
    fields = {f"field-{number}": 1 for number in range(3_960)}
    body = json.dumps({"email": "ada@example.com", "password": "wrong horse", **fields}, separators=(",", ":"))
    connection = http.client.HTTPConnection(target, timeout=60)
    for number in range(times):
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": f"k-{number}"} if own_keys else {})
        connection.request("POST", "/api/auth/login", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 422:
            raise RuntimeError(f"status {answer.status} instead of 422")
    connection.close()


@dataclass
class Promise:
    what: str
    figure: str
    promised: str
    kept: bool


def promises(results: dict) -> list[Promise]:
    """What is promised of a storm, beside what was measured."""
    memory, reads, told = results["memory"], (results["unloaded"], results["loaded"]), results["storm"]
    most = results["threads"] * BLOCKS + 30 * MB
    triples = list(zip(memory["start"], memory["peak"], memory["after"], strict=True))
    grown = max(peak - start for start, peak, _ in triples)
    left = max(after - start for start, _, after in triples)
    strange = sorted(set(told["all"]) - {"200", "503"})
    ratio = reads[1]["p99_us"] / max(1, reads[0]["p99_us"])
    failed = reads[0]["failed"] + reads[1]["failed"]
    worst = max(results["records"].values())
    told_truly = told["let_in_at_try"].get("1", 0) + told["let_in_at_try"].get("2", 0)
    in_all = sum(told["let_in_at_try"].values())
    return [
        Promise("answers that are neither 200 nor 503", ", ".join(strange) or "none", "none", not strange),
        Promise("let in at the first try or when told to come", f"{told_truly} of {in_all}", "≥ 90 %", told_truly >= 0.9 * in_all),
        Promise("all are let in in the end", f"{in_all} of {results['logins']}", "all", in_all == results["logins"]),
        Promise("p99 of reads in the storm to that without", f"{ratio:.2f}", "≤ 2.00", ratio <= 2),
        Promise("reads that failed", str(failed), "0", failed == 0),
        Promise("memory at the peak above the start", mega(grown), f"≤ {mega(most)}", grown <= most),
        Promise(f"memory {AFTER:.0f} s after above the start", mega(left), "≤ 20.0 MB", left <= 20 * MB),
        Promise("bytes in the database for 1,000 failed log-ins of 58 KB", f"{worst:,}", "≤ 100,000", worst <= 100_000),
    ]


def mega(count: int) -> str:
    return f"{count / MB:.1f} MB"


def markdown(results: dict, kept: list[Promise]) -> str:
    """The report."""
    about, told = results["about"], results["storm"]
    lines = [
        "# The backend in a storm",
        "",
        f"{about['processor']}, {about['cores']} cores, {about['system']}, Linux {about['kernel']}; {about['time']}, commit {about['commit']}.",
        "",
        f"{results['logins']} log-ins at once through the balancer, {results['instances']} backend(s) with {results['threads']} hashing thread(s)"
        f" each; beside it {results['reads']} logged-in reads a second. Who is sent away comes back after the `Retry-After` that it was told.",
        "",
        "| | measured | promised | |",
        "| --- | --- | --- | --- |",
        *(f"| {it.what} | {it.figure} | {it.promised} | {'kept' if it.kept else 'MISSED'} |" for it in kept),
        "",
        "| reads | answered | p50 | p99 | slowest (ms) |",
        "| --- | --- | --- | --- | --- |",
        *(read_row(name, results[key]) for name, key in (("alone", "unloaded"), ("in the storm", "loaded"))),
        "",
        "| memory of a backend | start | peak | 10 s after |",
        "| --- | --- | --- | --- |",
        *(
            f"| {number} | {mega(start)} | {mega(peak)} | {mega(after)} |"
            for number, (start, peak, after) in enumerate(
                zip(*(results["memory"][name] for name in ("start", "peak", "after")), strict=True), 1
            )
        ),
        "",
        "| log-ins | |",
        "| --- | --- |",
        f"| answers to first tries | {counts(told['first'])} |",
        f"| answers to all tries | {counts(told['all'])} |",
        f"| let in at try | {counts(told['let_in_at_try'])} |",
        f"| longest wait for an answer | {counts(told['longest_ms'], ' ms')} |",
        f"| `Retry-After` of first tries | {span(told['retry_after'])} |",
        f"| from the first try to the last answer | {told['took_ms'] / 1000:.1f} s |",
        "",
        "1,000 failed log-ins with bodies of 58 KB make the database grow by"
        f" {results['records']['none']:,} bytes where the balancer makes the keys, and by {results['records']['own']:,} where the client does.",
        "",
    ]
    return "\n".join(lines)


def read_row(name: str, reads: dict) -> str:
    times = " | ".join(f"{reads[key] / 1000:.2f}" for key in ("p50_us", "p99_us", "max_us"))
    return f"| {name} | {reads['good']} of {reads['good'] + reads['failed']} | {times} |"


def counts(figures: dict[str, int], unit: str = "") -> str:
    return ", ".join(f"{name}: {count}{unit}" for name, count in sorted(figures.items())) or "none"


def span(told: list[int] | None) -> str:
    return f"{told[0]} to {told[1]} s" if told else "none"

#!/usr/bin/env python3
"""What admins ask for with very many people: time and bytes of each call, and the funnel beside a recount.

Makes a database of its own, fills it (testkit's generate-people), starts one backend on it, waits until everybody is
counted, and writes bench/reports/funnel.md. `just bench-funnel` builds the programs first.
"""

import argparse
import datetime
import json
import math
import os
import pathlib
import platform
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORT = ROOT / "bench" / "reports" / "funnel.md"
# 48 hours, and what clocks may differ by.
STUCK_AFTER = (48 * 3600 + 30) * 1000
PASSWORD = "measured without a care"
REPETITIONS = 30


def run(program, *arguments, env=None, stdin=None):
    done = subprocess.run([program, *arguments], env=env, input=stdin, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{program} {' '.join(map(str, arguments))}: {done.stderr}{done.stdout}")
    return done.stdout


class Backend:
    """One instance on the database, and an admin of it."""

    def __init__(self, program, database):
        self.env = {
            "DATABASE_URL": f"sqlite://{database}",
            "JWT_SECRET": "a secret for measuring, of enough bytes",
            "BIND_ADDRESS": "127.0.0.1:0",
            "LOG_FORMAT": "text",
            "PATH": os.environ.get("PATH", ""),
        }
        self.program, self.process, self.token, self.url = program, None, None, None

    def start(self):
        self.process = subprocess.Popen([self.program, "serve"], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            found = re.search(r"address=\"?([0-9.]+:[0-9]+)", line)
            if "listening" in line and found:
                self.url = f"http://{found.group(1)}"
                break
        else:
            sys.exit("the backend did not start")
        # Whatever it says later must not stop it.
        subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)

    def log_in(self, email):
        body = json.dumps({"email": email, "password": PASSWORD}).encode()
        request = urllib.request.Request(f"{self.url}/api/auth/login", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.token = json.load(answer)["access_token"]

    def get(self, path):
        """Seconds, and the body."""
        request = urllib.request.Request(f"{self.url}{path}", headers={"authorization": f"Bearer {self.token}"})
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=600) as answer:
            body = answer.read()
        return time.perf_counter() - began, body

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def until_counted(backend, people, after):
    """Until everybody is in the funnel; gives its answer of after that."""
    while True:
        _, body = backend.get("/api/admin/funnel")
        funnel = json.loads(body)
        if funnel["registered"] >= people and moment(funnel["as_of"]) > after:
            return funnel
        time.sleep(0.5)


def nearest(values, percent):
    values = sorted(values)
    return values[max(math.ceil(len(values) * percent / 100) - 1, 0)] if values else None


def near(found, exact):
    return found == exact or (None not in (found, exact) and abs(found - exact) * 62 <= exact)


def recount(database, as_of):
    """The counts of everybody, straight from the tables."""
    now = int(as_of.timestamp() * 1000)
    rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    one = lambda sql, *values: rows.execute(sql, values).fetchone()[0]
    counts = {
        "registered": one("SELECT count(*) FROM onboarding"),
        "completed": one("SELECT count(*) FROM onboarding WHERE completed_at IS NOT NULL"),
        "stuck": one("SELECT count(*) FROM onboarding WHERE COALESCE(activated_at, completed_at) IS NULL AND updated_at <= ?", now - STUCK_AFTER),
    }
    times = [row[0] for row in rows.execute("SELECT (COALESCE(activated_at, completed_at) - created_at) / 1000 FROM onboarding WHERE COALESCE(activated_at, completed_at) IS NOT NULL")]
    counts["times"] = (nearest(times, 50), nearest(times, 90))
    statuses = rows.execute("SELECT step, status, count(*) FROM onboarding_steps GROUP BY step, status").fetchall()
    counts["steps"] = {(step, status): count for step, status, count in statuses}
    return counts


def differences(funnel, counts):
    """What is not as in the recount."""
    wrong = [f"{name}: {funnel[name]} and {counts[name]}" for name in ("registered", "completed", "stuck") if funnel[name] != counts[name]]
    for step in funnel["steps"]:
        for status in ("completed", "skipped", "in_progress"):
            expected = counts["steps"].get((step["key"], status), 0)
            if step[status] != expected:
                wrong.append(f"{step['key']} {status}: {step[status]} and {expected}")
    for name, exact in zip(("median_seconds", "p90_seconds"), counts["times"]):
        if not near(funnel[name], exact):
            wrong.append(f"{name}: {funnel[name]} and {exact}")
    return wrong


def groups_differ(backend, funnel):
    """The groups of each dimension add up to everybody."""
    wrong = []
    for by in ("version", "week", "country"):
        groups = json.loads(backend.get(f"/api/admin/funnel?by={by}")[1])["groups"]
        for name in ("registered", "completed", "stuck"):
            total = sum(group[name] for group in groups)
            if total != funnel[name]:
                wrong.append(f"{by} {name}: {total} and {funnel[name]}")
    return wrong


def calls(backend):
    since = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    _, page = backend.get("/api/admin/users?limit=100")
    newest = json.loads(page)
    cursor, someone = newest["next_cursor"], newest["items"][50]["id"]
    return [
        "/api/admin/funnel",
        "/api/admin/funnel?by=version",
        "/api/admin/funnel?by=week",
        "/api/admin/funnel?by=country",
        "/api/admin/users",
        f"/api/admin/users?limit=100&cursor={cursor}",
        "/api/admin/users?q=person.4711",
        "/api/admin/users?q=person%204711",
        "/api/admin/users?status=active",
        "/api/admin/users?email_verified=false",
        f"/api/admin/users?stuck_since={since}",
        "/api/admin/users?role=admin",
        f"/api/admin/users/{someone}",
        "/api/admin/audit",
    ]


def measured(backend, path, repetitions=REPETITIONS):
    answers = [backend.get(path) for _ in range(repetitions)]
    times = [seconds * 1000 for seconds, _ in answers]
    return statistics.median(times), max(times), len(answers[0][1])


def shown(path):
    return re.sub(r"cursor=[^&]+", "cursor=…", re.sub(r"/users/[0-9a-f-]{36}", "/users/{id}", path))


def report(options, figures, rows, problems):
    lines = [
        "# Admin calls with very many people",
        "",
        f"{figures['people']:,} people with {figures['step_rows']:,} step rows in an embedded database of {figures['bytes'] / 1e6:,.0f} MB "
        f"({figures['before'] / 1e6:,.0f} MB before they were counted), one backend ({figures['build']}), asked over HTTP from the same machine, "
        "one request after the other.",
        f"Measured on {figures['date']}: {figures['machine']}; load average {figures['load']:.0f} at the start, of other work.",
        "",
        f"Generated in {figures['generated']:.0f} s. Counted for the first time in {figures['counted']:.0f} s, in the background, "
        "with 20 to 40 ms of rest between two rounds of 1,000 people.",
        "",
        "| call | median ms | slowest ms | bytes |",
        "| --- | ---: | ---: | ---: |",
        *[f"| `GET {shown(path)}` | {median:,.1f} | {slowest:,.1f} | {size:,} |" for path, median, slowest, size in rows],
        "",
        f"{REPETITIONS} requests each, of `users.csv` one.",
        "",
        "The recount, straight from the tables of the people, "
        + ("gives the same: " if not problems else "differs: " + "; ".join(problems) + " — ")
        + "registered, completed and stuck; completed, skipped and in progress of each step; median and 90th percentile of the whole to 1.6 %. "
        "The groups of each dimension add up to everybody.",
        "",
        f"By `{options.command}`.",
        "",
    ]
    REPORT.write_text("\n".join(lines))


def machine():
    model = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{model[0] if model else platform.machine()}, {os.cpu_count()} cores, Linux"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "target" / "quick", help="where onboarding-backend and generate-people are")
    parser.add_argument("--build", default="profile quick", help="how they were built, for the report")
    options = parser.parse_args()
    options.command = f"bench/funnel.py --people {options.people}"
    programs = {name: options.programs / name for name in ("onboarding-backend", "generate-people")}
    with tempfile.TemporaryDirectory(prefix="funnel-") as folder:
        database = pathlib.Path(folder) / "data.db"
        backend = Backend(programs["onboarding-backend"], database)
        load = os.getloadavg()[0]
        run(backend.program, "migrate", env=backend.env)
        began = time.perf_counter()
        print(run(programs["generate-people"], "--database", database, "--people", str(options.people)), end="")
        generated, before = time.perf_counter() - began, database.stat().st_size
        create = ["admin", "create-user", "admin@example.com", "--name", "Grace Hopper", "--role", "admin"]
        run(backend.program, *create, env=backend.env, stdin=PASSWORD)
        backend.start()
        try:
            began, after = time.perf_counter(), datetime.datetime.now(datetime.timezone.utc)
            backend.log_in("admin@example.com")
            until_counted(backend, options.people + 1, after)
            counted = time.perf_counter() - began
            funnel = json.loads(backend.get("/api/admin/funnel")[1])
            problems = differences(funnel, recount(database, moment(funnel["as_of"]))) + groups_differ(backend, funnel)
            rows = [(path, *measured(backend, path)) for path in calls(backend)]
            rows.append(("/api/admin/users.csv", *measured(backend, "/api/admin/users.csv", 1)))
            step_rows = sqlite3.connect(database).execute("SELECT count(*) FROM onboarding_steps").fetchone()[0]
            wal = database.with_name("data.db-wal")
            figures = {
                "people": options.people, "step_rows": step_rows, "before": before,
                "bytes": database.stat().st_size + (wal.stat().st_size if wal.exists() else 0),
                "generated": generated, "counted": counted, "build": options.build, "machine": machine(), "load": load,
                "date": datetime.date.today().isoformat(),
            }
        finally:
            backend.stop()
    report(options, figures, rows, problems)
    print(REPORT.read_text())
    if problems:
        sys.exit("the recount differs")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Asks fifty times a second, whatever becomes of the answers, until a file is there: probe.py BASE_URL --until FILE.

Reads and changes through the page's port, as the page sends them, and some changes that bear no key. Each has a
connection of its own, so that no client's second try hides anything. With --data-of CONTAINER the audit log in the
embedded store is counted afterwards: each acknowledged log-in is there once. Exits 1 if anything failed or was doubled.
"""

import argparse
import collections
import http.client
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

PERIOD = 0.02
TIMEOUT = 30

options = argparse.ArgumentParser()
options.add_argument("base")
options.add_argument("--until", type=pathlib.Path, required=True)
options.add_argument("--data-of")
options = options.parse_args()
host = urllib.parse.urlsplit(options.base).netloc

lock = threading.Lock()
done = collections.Counter()
failed = []
longest = 0.0


def call(method, path, body=None, token=None, key=None):
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if key:
        headers["Idempotency-Key"] = key
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def measured(kind, *request, **more):
    """Counts one request, and says of a failed one when it was asked and how it ended."""
    global longest
    began = time.monotonic()
    try:
        status, body = call(*request, **more)
        problem = None if status < 400 else f"{status} {body}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        problem = f"{type(error).__name__}: {error}"
    with lock:
        longest = max(longest, time.monotonic() - began)
        done[kind] += 1
        if problem:
            failed.append(f"{kind} at {began - start:.2f} s, after {time.monotonic() - began:.2f} s: {problem}")
            done[kind, "failed"] += 1


person = {"email": f"{uuid.uuid4()}@example.com", "password": "correct horse battery staple"}
status, answer = call("POST", "/api/auth/register", {**person, "full_name": "Ada Lovelace"}, key=str(uuid.uuid4()))
if status != 201:
    sys.exit(f"registering: {status} {answer}")
token = answer["access_token"]
user = answer["user"]["id"]


def one(number):
    key = str(uuid.uuid4())
    match number % 10:
        case 0 | 4 | 7:
            measured("reads", "GET", "/api/health")
        case 1 | 5:
            measured("reads", "GET", "/api/static-data")
        case 2 | 6:
            measured("reads", "GET", "/api/onboarding", token=token)
        case 3 | 8:
            step = {"status": "in_progress", "data": {}}
            measured("changes", "PUT", "/api/onboarding/steps/profile", step, token=token, key=key)
        case _:
            # Half of them with a key of the client's.
            measured("log-ins", "POST", "/api/auth/login", person, key=key if number % 20 < 10 else None)


def doubled():
    """Log-ins in the audit log beyond those that were acknowledged, or may have been done before they failed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["docker", "cp", f"{options.data_of}:/data/.", folder], check=True, stdout=subprocess.DEVNULL)
        with sqlite3.connect(f"{folder}/onboarding.db") as database:
            rows = database.execute("SELECT action, count(*) FROM audit_log WHERE user_id = ? GROUP BY action", [user])
            counted = dict(rows)
    log_ins = counted.get("user.logged_in", 0)
    acknowledged = done["log-ins"] - done["log-ins", "failed"]
    if log_ins < acknowledged:
        failed.append(f"{acknowledged} log-ins were acknowledged, the audit log has {log_ins}: {counted}")
    return max(0, log_ins - done["log-ins"])


start = time.monotonic()
print(f"probing {options.base}", flush=True)
number = 0
threads = []
while not options.until.exists():
    thread = threading.Thread(target=one, args=(number,))
    thread.start()
    threads.append(thread)
    number += 1
    time.sleep(max(0.0, start + number * PERIOD - time.monotonic()))
for thread in threads:
    thread.join()

twice = doubled() if options.data_of else 0
for problem in failed[:20]:
    print(problem, file=sys.stderr)
kinds = ", ".join(f"{done[kind]} {kind}" for kind in ("reads", "changes", "log-ins"))
print(f"{number} requests ({kinds}), {len(failed)} failed, {twice} doubled, longest {longest:.2f} s")
sys.exit(bool(failed or twice))

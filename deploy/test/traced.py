"""Makes one request as the page does, and finds it at a collector as one trace: traced.py BASE_URL CONTAINER.

CONTAINER runs `otlp-collector`, whose output is a line of JSON for each span. Prints the way from the page to the
database; exits 1 with the spans that came when a link is missing after a while.
"""

import json
import secrets
import subprocess
import sys
import time
import urllib.request

base, collector = sys.argv[1].rstrip("/"), sys.argv[2]
trace, page_span = secrets.token_hex(16), secrets.token_hex(8)
path = "/api/auth/register"
# Who made the span, and how its name begins, each below the one before.
WAY = [
    ("frontend", f"POST {path}"),
    ("load-balancer", "POST /api"),
    ("load-balancer", "POST backend-"),
    ("onboarding-backend", f"POST {path}"),
    ("onboarding-backend", "register"),
]


def post(path, body, headers=None):
    request = urllib.request.Request(base + path, json.dumps(body).encode(), method="POST")
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        request.add_header(name, value)
    return urllib.request.urlopen(request, timeout=35)


def spans():
    output = subprocess.run(["docker", "logs", collector], capture_output=True, text=True, check=True).stdout
    return [span for line in output.splitlines() if (span := json.loads(line))["trace_id"] == trace]


def way(found):
    """The spans of the way, as far as it is there."""
    parent = ""
    for service, name in WAY:
        span = next(
            (s for s in found if s["parent_span_id"] == parent and s["service"] == service and s["name"].startswith(name)),
            None,
        )
        if span is None:
            return
        yield span
        parent = span["span_id"]


began = time.time_ns()
person = {"email": f"{trace}@example.com", "password": "correct horse battery staple", "full_name": "Ada Lovelace"}
answer = post(path, person, {"traceparent": f"00-{trace}-{page_span}-01"})
share = answer.headers.get("X-Traces-Share")
if share != "1":
    sys.exit(f"the page is not told that traces are wanted: X-Traces-Share is {share}")
span = {
    "traceId": trace, "spanId": page_span, "name": f"POST {path}", "kind": 3, "attributes": [], "status": {},
    "startTimeUnixNano": str(began), "endTimeUnixNano": str(time.time_ns()),
}
service = {"attributes": [{"key": "service.name", "value": {"stringValue": "frontend"}}]}
post("/otlp/v1/traces", {"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": [span]}]}]})
deadline = time.monotonic() + 30
while len(found := list(way(spans()))) < len(WAY):
    if time.monotonic() > deadline:
        sys.exit(f"{WAY[len(found)]} is missing below {[s['name'] for s in found]}; what came:\n{json.dumps(spans(), indent=1)}")
    time.sleep(0.2)
print(" → ".join(f"{span['service']}: {span['name']}" for span in found))

"""Asks a Prometheus every query of every dashboard panel, every recording rule and every selector of every alert.

dashboard_queries.py PROMETHEUS_URL: prints what found nothing, and exits 1.
"""

import glob
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

base = sys.argv[1]


def ask(path, **parameters):
    url = f"{base}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        return json.load(urllib.request.urlopen(url, timeout=10))["data"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{parameters}: {error.read().decode()}")


def panel_queries():
    for file in sorted(glob.glob("deploy/grafana/dashboards/*.json")):
        board = json.load(open(file))
        for panel in board["panels"]:
            for target in panel["targets"]:
                # What Grafana puts there: four times the scrape interval.
                yield f"{board['title']}: {panel['title']}", target["expr"].replace("$__rate_interval", "60s")


def rule_queries():
    """Recording rules must have results; an alert's expression must find series once its comparison is gone."""
    for group in ask("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                yield f"{rule['name']}: {rule.get('lastError')}", "vector(0) > 1"
            if rule["type"] == "recording":
                yield rule["name"], rule["name"]
                continue
            for selector in set(re.findall(r"[a-z][a-z_:0-9]*(?:\{[^}]*\})?", rule["query"])):
                name = selector.split("{")[0]
                if "_" in name or ":" in name or name == "up":
                    if not name.endswith(("_over_time", "_quantile")):
                        yield f"alert {rule['name']}", selector


missing = total = 0
for what, query in [*panel_queries(), *rule_queries()]:
    total += 1
    if not ask("query", query=query)["result"]:
        missing += 1
        print(f"no data: {what}: {query}", file=sys.stderr)
print(f"· {total} queries of dashboards, rules and alerts, {missing} without data", file=sys.stderr)
sys.exit(bool(missing))

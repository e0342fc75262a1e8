"""Asks a Prometheus every query of every dashboard panel and annotation, every recording rule and every selector of every alert.

dashboard_queries.py PROMETHEUS_URL: prints what found nothing on standard error, and exits 1.

What only some databases say is asked where there is such a database, and counted as skipped elsewhere: the panels below
the dashboard rows, and the alerts in the rule groups, that NEEDS names.
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


# Row of a dashboard or group of rules: a query that has a result where its database is.
NEEDS = {
    "SQL Server": 'db_server_info{engine="sql_server"}',
    "SQL Server with replicas": "db_server_replica_healthy",
}
GROUPS = {"user-onboarding-sql-server": "SQL Server", "user-onboarding-sql-server-replicas": "SQL Server with replicas"}


def panel_queries():
    for file in sorted(glob.glob("deploy/grafana/dashboards/*.json")):
        board = json.load(open(file))
        needs = None
        for panel in board["panels"]:
            if panel["type"] == "row":
                needs = panel["title"] if panel["title"] in NEEDS else None
            for target in panel.get("targets", []):
                # What Grafana puts there: four times the scrape interval.
                yield needs, f"{board['title']}: {panel['title']}", target["expr"].replace("$__rate_interval", "60s")


def annotation_queries():
    """What marks come from: the series beneath, as a comparison finds nothing where nothing happened."""
    for file in sorted(glob.glob("deploy/grafana/dashboards/*.json")):
        board = json.load(open(file))
        for note in board["annotations"]["list"]:
            ask("query", query=note["expr"])
            # Alerts that never fired have no series; that Prometheus understands the query is all there is to see.
            if not note["expr"].startswith("ALERTS"):
                yield None, f"{board['title']}: marks {note['name']}", note["expr"].partition(" > ")[0]


def rule_queries():
    """Recording rules must have results; an alert's expression must find series once its comparison is gone."""
    for group in ask("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                yield None, f"{rule['name']}: {rule.get('lastError')}", "vector(0) > 1"
            if rule["type"] == "recording":
                yield None, rule["name"], rule["name"]
                continue
            for selector in set(re.findall(r"[a-z][a-z_:0-9]*(?:\{[^}]*\})?", rule["query"])):
                name = selector.split("{")[0]
                if "_" in name or ":" in name or name == "up":
                    if not name.endswith(("_over_time", "_quantile")):
                        yield GROUPS.get(group["name"]), f"alert {rule['name']}", selector


def there_is(needs):
    return needs is None or bool(ask("query", query=NEEDS[needs])["result"])


missing = total = 0
skipped = {needs: 0 for needs in NEEDS if not there_is(needs)}
for needs, what, query in [*panel_queries(), *annotation_queries(), *rule_queries()]:
    if needs in skipped:
        skipped[needs] += 1
        continue
    total += 1
    if not ask("query", query=query)["result"]:
        missing += 1
        print(f"no data: {what}: {query}", file=sys.stderr)
print(f"{total} queries of dashboards, rules and alerts asked of a real Prometheus, {missing} without data")
for needs, queries in skipped.items():
    print(f"skipped: {queries} queries (there is no {needs} here)")
sys.exit(bool(missing))

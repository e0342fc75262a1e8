# Sourced by containers.sh: rules checked, a real Prometheus beside staging, and every query of every dashboard asked.

prometheus_url=http://127.0.0.1:${PROMETHEUS_PORT:-9090}

# What needs no running system.
monitoring_is_valid() {
  local tools=.tools/prometheus
  [[ -x $tools/usr/bin/promtool ]] || from_debian bookworm "$tools" prometheus prometheus-alertmanager
  "$tools/usr/bin/promtool" check config deploy/prometheus/prometheus.yml >/dev/null || fail "prometheus.yml"
  "$tools/usr/bin/promtool" check rules deploy/prometheus/rules/*.yml >/dev/null || fail "the rules"
  "$tools/usr/bin/promtool" test rules deploy/prometheus/tests/*.yml >&2 || fail "the unit tests of the rules"
  "$tools/usr/bin/amtool" check-config deploy/alertmanager/alertmanager.yml >/dev/null || fail "alertmanager.yml"
  python3 deploy/test/runbook_links.py || fail "a runbook link leads nowhere"
  say "Prometheus, its rules and their unit tests, Alertmanager and the runbook links are well"
}

# Grafana's image is not made here: its panels' queries go to Prometheus themselves.
monitoring_sees_all() {
  compose --profile monitoring up --detach --no-build --no-recreate prometheus alertmanager >/dev/null 2>&1 ||
    fail "Prometheus and Alertmanager did not start"
  until_true 60 "Prometheus answers" curl -fsS "$prometheus_url/-/ready" || { compose logs prometheus >&2; exit 1; }
  under_load metrics 75s wait_for_scrapes
  python3 deploy/test/dashboard_queries.py "$prometheus_url" || fail "a query found nothing"
  compose --profile monitoring rm --stop --force prometheus alertmanager >/dev/null 2>&1
}

# Rates need two scrapes of every target.
wait_for_scrapes() {
  until_true 70 "every target was scraped" all_targets_up && sleep 45
}

all_targets_up() {
  curl -fsS "$prometheus_url/api/v1/targets?state=active" | python3 -c '
import json, sys
seen = [(t["labels"]["job"], t["health"]) for t in json.load(sys.stdin)["data"]["activeTargets"]]
wanted = [("backend", "up")] * 3 + [("load-balancer", "up"), ("prometheus", "up")]
sys.exit(sorted(seen) != sorted(wanted))'
}

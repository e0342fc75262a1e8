# Sourced by containers.sh: rules checked, a real Prometheus beside staging, and every query of every dashboard asked.

prometheus_url=http://127.0.0.1:${PROMETHEUS_PORT:-9090}

# What needs no running system.
monitoring_is_valid() {
  checked_by promtool prom/prometheus check config /deploy/prometheus/prometheus.yml
  # shellcheck disable=SC2046
  checked_by promtool prom/prometheus check rules $(printf '/%s ' deploy/prometheus/rules/*.yml)
  # shellcheck disable=SC2046
  checked_by promtool prom/prometheus test rules $(printf '/%s ' deploy/prometheus/tests/*.yml)
  checked_by promtool prom/prometheus check config /deploy/swarm/prometheus.yml
  swarm_sees_the_same || fail "the Swarm's monitoring lacks something"
  checked_by amtool prom/alertmanager check-config /deploy/alertmanager/alertmanager.yml
  deploy/test/dashboards.sh || fail "a dashboard is not as Grafana's schema has it"
  python3 deploy/test/runbook_links.py || fail "a runbook link leads nowhere"
  python3 deploy/test/otel_collector.py || fail "the collector's configurations do not fit together"
  show "Prometheus' configuration, its rules and their unit tests, Alertmanager's configuration and the runbook links are well; dashboards fit Grafana's schema"
}

# As `docker stack config` reads it; no swarm is needed.
swarm_sees_the_same() {
  local secrets=$work/secrets-of-swarm
  deploy/compose/secrets.sh "$secrets" >/dev/null
  SECRETS_DIR=$secrets deploy/swarm/deploy.sh --print -c monitoring.yml >"$work/swarm-monitoring.yml" || return
  python3 deploy/test/swarm_monitoring.py "$work/swarm-monitoring.yml"
}

# checked_by TOOL IMAGE ARGUMENT...: the tool of the very version that runs, on the files of deploy/.
checked_by() {
  local tool=$1 image
  image=$(sed -nE "s|^ +image: ($2:.*)|\1|p" deploy/compose/monitoring.yml)
  shift 2
  docker run --rm --network none --read-only --tmpfs /tmp -v "$PWD/deploy:/deploy:ro" --entrypoint "/bin/$tool" "$image" "$@" >"$work/checked" 2>&1 ||
    { cat "$work/checked" >&2; fail "$tool $*"; }
}

# Grafana's image is not made here: its panels' queries go to Prometheus themselves.
monitoring_sees_all() {
  compose --profile monitoring up --detach --no-build --no-recreate prometheus alertmanager >/dev/null 2>&1 ||
    fail "Prometheus and Alertmanager did not start"
  until_true 60 "Prometheus answers" curl -fsS "$prometheus_url/-/ready" || { compose logs prometheus >&2; exit 1; }
  under_load "Prometheus sees" metrics_are_there
  a_dead_instance_is_told
  compose --profile monitoring rm --stop --force prometheus alertmanager >/dev/null 2>&1
}

# Rates need two scrapes of every target, rules an evaluation after that.
metrics_are_there() {
  until_true 60 "every target was scraped" all_targets_up || return
  until_true 120 "every query finds something" python3 deploy/test/dashboard_queries.py "$prometheus_url" || true
  python3 deploy/test/dashboard_queries.py "$prometheus_url" >"$work/queries" || return
  local line
  while read -r line; do show "$line"; done <"$work/queries"
}

# One of three is killed and stays dead; the alert fires within 90 s, and ends once the instance is back.
a_dead_instance_is_told() {
  local victim=user-onboarding-backend-2 began=$SECONDS
  docker kill "$victim" >/dev/null
  until_true 90 "the alert InstancesMissing fires" firing InstancesMissing || fail "a dead instance is not told within 90 s"
  show "one dead backend of three is told by an alert after $((SECONDS - began)) s"
  docker start "$victim" >/dev/null
  until_true 120 "the alert InstancesMissing ends" not_firing InstancesMissing || fail "the alert goes on though all instances are back"
}

firing() {
  curl -fsS "$prometheus_url/api/v1/alerts" | python3 -c '
import json, sys
alerts = json.load(sys.stdin)["data"]["alerts"]
sys.exit(not any(a["labels"]["alertname"] == sys.argv[1] and a["state"] == "firing" for a in alerts))' "$1"
}

not_firing() { curl -fsS "$prometheus_url/-/ready" && ! firing "$1"; }

all_targets_up() {
  curl -fsS "$prometheus_url/api/v1/targets?state=active" | python3 -c '
import json, sys
seen = [(t["labels"]["job"], t["health"]) for t in json.load(sys.stdin)["data"]["activeTargets"]]
wanted = [("backend", "up")] * 3 + [("load-balancer", "up")] * 2 + [("prometheus", "up")]
sys.exit(sorted(seen) != sorted(wanted))'
}

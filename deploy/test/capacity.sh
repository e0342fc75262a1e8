#!/usr/bin/env bash
# What a person who is onboarded costs, and how many of them 1, 2 and 3 backends take, on the running staging system:
# the figures behind the model in docs/scaling.md. Leaves as many backends running as there were.
#
#   deploy/test/capacity.sh [SECONDS]      for each number of backends; default 20
#
# Needs a quiet machine, and the load generator: cargo build --release --locked -p testkit --bin chaos.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

seconds=${1:-20}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "how many seconds for each number of backends? A whole number, not '$seconds'"
chaos=${CHAOS:-target/release/chaos}
[[ -x $chaos ]] || fail "no $chaos: cargo build --release --locked -p testkit --bin chaos"
balancer=$(docker port user-onboarding-load-balancer 8080 | head -n 1) || fail "staging is not running: \`just staging\` starts it"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ticks=$(getconf CLK_TCK)

main() {
  local before n
  before=$(docker ps -q --filter name='^user-onboarding-backend-' | wc -l)
  printf '{"load_balancer": "http://%s", "admin": "http://%s", "instances": [{"name": "all", "address": "%s", "pid": %d}]}' \
    "${balancer/#0.0.0.0/127.0.0.1}" "$(docker port user-onboarding-load-balancer 8081 | head -n 1)" \
    "${balancer/#0.0.0.0/127.0.0.1}" $$ >"$work/cluster.json"
  printf '%8s %10s %10s %8s %18s %18s %10s\n' backends requests/s people/s failed "backend ms/person" "balancer ms/person" "limit used"
  for n in 1 2 3; do measure "$n"; done
  deploy/compose/scale.sh "$before" >/dev/null
}

# measure N: the processor time of all processes before and after, over what was done in between.
measure() {
  local n=$1 log=$work/$1.log backends balancers
  deploy/compose/scale.sh "$n" >/dev/null
  backends=$(cpu user-onboarding-backend-) balancers=$(cpu user-onboarding-load-balancer)
  "$chaos" --cluster "$work/cluster.json" --fault none --clients $((8 * n)) --duration "${seconds}s" >"$log" || true
  # What is verified afterwards is in neither: the last line of progress was before it.
  awk -v n="$n" -v ticks="$ticks" -v backends=$(($(cpu user-onboarding-backend-) - backends)) \
    -v balancers=$(($(cpu user-onboarding-load-balancer) - balancers)) -v limit=0.5 '
    { gsub(",", "") }
    $4 == "requests" { elapsed = $1 }
    /^  requests / { requests = $2 } /^  failed / { failed = $2 } /^  people registered / { people = $3 }
    / clients [0-9]+ s$/ { took = $(NF - 1) }
    END {
      printf "%8d %10.0f %10.1f %8d %18.1f %18.2f %9.0f%%\n", n, requests / took, people / took, failed,
        1000 * backends / ticks / people, 1000 * balancers / ticks / people, 100 * backends / ticks / took / (n * limit)
    }' "$log"
}

# cpu NAME: clock ticks that the main processes of the containers of this name have used.
cpu() {
  docker ps -q --filter "name=^$1" | xargs docker inspect --format '{{.State.Pid}}' |
    sed 's|.*|/proc/&/stat|' | xargs cat | sed 's/.*) //' | awk '{ ticks += $12 + $13 } END { print ticks }'
}

main

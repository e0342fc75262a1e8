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
balancer=$(docker port user-onboarding-load-balancer 8080 | sed -n 1p) || fail "staging is not running: \`just staging\` starts it"
balancer=${balancer/#0.0.0.0/127.0.0.1}
admin=$(docker port user-onboarding-load-balancer 8081 | sed -n 1p)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ticks=$(getconf CLK_TCK)

main() {
  local before n
  before=$(docker ps -q --filter name='^user-onboarding-backend-' | wc -l)
  printf '{"load_balancer": "http://%s", "admin": "http://%s", "instances": [{"name": "all", "address": "%s", "pid": %d}]}' \
    "$balancer" "$admin" "$balancer" $$ >"$work/cluster.json"
  printf '%8s %10s %10s %18s %18s %10s\n' backends requests/s people/s "backend ms/person" "balancer ms/person" "limit used"
  for n in 1 2 3; do measure "$n"; done
  deploy/compose/scale.sh "$before" >/dev/null
}

# measure N: the processor time of all processes before and after, over what was done in between.
measure() {
  local n=$1 log=$work/$1.log before after walkers
  deploy/compose/scale.sh "$n" >/dev/null
  before=$(counters)
  "$chaos" --cluster "$work/cluster.json" --fault none --clients $((8 * n)) --duration "${seconds}s" >"$log" &
  walkers=$!
  # What is asked afterwards, to verify, is not part of what a person costs.
  until_true $((seconds + 60)) "everybody has arrived" grep -q verifying "$log" || fail "see $(cat "$log")"
  after=$(counters)
  wait "$walkers" || { cat "$log" >&2; fail "requests failed, so this measured nothing"; }
  awk -v n="$n" -v before="$before" -v after="$after" -v ticks="$ticks" -v limit=0.5 '
    { gsub(",", "") }
    /^  people registered / { people = $3 }
    / clients [0-9]+ s$/ { took = $(NF - 1) }
    END {
      split(before, b); split(after, a)
      backends = (a[1] - b[1]) / ticks; balancer = (a[2] - b[2]) / ticks
      printf "%8d %10.0f %10.1f %18.1f %18.2f %9.0f%%\n", n, (a[3] - b[3]) / took, people / took,
        1000 * backends / people, 1000 * balancer / people, 100 * backends / took / (n * limit)
    }' "$log"
}

# What backends and balancer have used so far, in clock ticks, and how many requests were answered.
counters() {
  echo "$(cpu user-onboarding-backend-) $(cpu user-onboarding-load-balancer) $(answered)"
}

answered() {
  curl -fsS "http://$admin/metrics" | awk '/^lb_requests_total/ { answers += $NF } END { printf "%d", answers }'
}

# cpu NAME: clock ticks that the main processes of the containers of this name have used.
cpu() {
  docker ps -q --filter "name=^$1" | xargs docker inspect --format '{{.State.Pid}}' |
    sed 's|.*|/proc/&/stat|' | xargs cat | sed 's/.*) //' | awk '{ ticks += $12 + $13 } END { print ticks }'
}

main

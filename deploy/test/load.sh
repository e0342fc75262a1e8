# Sourced by containers.sh: people who walk through the onboarding while something happens.
# `chaos` (crates/testkit) does the walking, its own faults off; it counts every failed request, and checks afterwards
# that every acknowledged person and step is there exactly once.

# load_against DIR: writes the description that `chaos` reads; all traffic goes to the balancer.
load_against() {
  load_dir=$1
  cat >"$load_dir/cluster.json" <<END
{"frontend": "http://127.0.0.1:$FRONTEND_PORT", "load_balancer": "http://127.0.0.1:$LOAD_BALANCER_PORT",
 "admin": "http://127.0.0.1:$ADMIN_PORT", "load_balancer_pid": $$, "supervisor_pid": $$,
 "instances": [{"name": "backend-1", "address": "127.0.0.1:$LOAD_BALANCER_PORT", "pid": $$}]}
END
}

# walk CLIENTS DURATION [LOG]
walk() {
  "$CHAOS" --cluster "$load_dir/cluster.json" --fault none \
    --clients "$1" --duration "$2" >"${3:-/dev/stdout}" 2>&1
}

# under_load NAME DURATION COMMAND...: the command has to end while the load is still on, and nothing may fail.
under_load() {
  local name=$1 duration=$2 log=$load_dir/$1.log status=0
  shift 2
  say "$name, under load"
  walk "${LOAD_CLIENTS:-8}" "$duration" "$log" &
  local walkers=$!
  "$@" || status=$?
  ((status == 0)) || { kill "$walkers" 2>/dev/null || true; cat "$log" >&2; fail "$name: the fault itself did not work"; }
  kill -0 "$walkers" 2>/dev/null || { cat "$log" >&2; fail "$name: the load ended before the fault did"; }
  wait "$walkers" || { cat "$log" >&2; fail "$name: see the figures above"; }
  sed -n '/requests/p' "$log" | tail -n 1 >&2
}

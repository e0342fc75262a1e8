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

# under_load NAME COMMAND...: load from before the command until after it; not one request may fail.
under_load() {
  local name=$1 log=$load_dir/$1.log enough=$load_dir/$1.enough status=0 walkers
  shift
  [[ -n ${CHAOS:-} ]] || { cargo build --quiet --locked --package testkit --bin chaos && CHAOS=target/debug/chaos; }
  say "$name, under load"
  "$CHAOS" --cluster "$load_dir/cluster.json" --fault none --clients "${LOAD_CLIENTS:-8}" \
    --duration 10m --until "$enough" >"$log" 2>&1 &
  walkers=$!
  until_true 30 "people set out" grep -q people "$log" || { cat "$log" >&2; fail "$name: no load"; }
  "$@" || status=$?
  kill -0 "$walkers" 2>/dev/null || { cat "$log" >&2; fail "$name: the load ended before the command did"; }
  touch "$enough"
  wait "$walkers" || { cat "$log" >&2; fail "$name: see the figures above"; }
  ((status == 0)) || fail "$name: the command itself failed"
  show "$name under load: $(figure requests "$log") requests, $(figure failed "$log") failed, $(figure 'lost, changed or doubled' "$log") lost or doubled"
}

# figure NAME LOG: a number out of the report of `chaos`.
figure() { sed -nE "s/^  $1 +([0-9,]+)( .*)?\$/\1/p" "$2" | tail -n 1; }

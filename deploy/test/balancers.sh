# Sourced by containers.sh: two balancers behind the page, of which either goes away in every way that there is.

# through_page NAME COMMAND...: 50 requests a second through the page from before the command until after it, whatever
# their answers do; not one may fail, and none may be done twice.
through_page() {
  local name=$1 log=$work/probe.log enough=$work/probe.enough status=0 probe
  shift
  say "$name, probed through the page"
  rm -f "$enough"
  python3 deploy/test/probe.py "http://127.0.0.1:$FRONTEND_PORT" --until "$enough" --data-of "$data_of" >"$log" 2>&1 &
  probe=$!
  until_true 30 "the probe asks" grep -q probing "$log" || { cat "$log" >&2; fail "$name: no probe"; }
  "$@" || status=$?
  touch "$enough"
  wait "$probe" || { cat "$log" >&2; fail "$name: see above"; }
  ((status == 0)) || fail "$name: the command itself failed"
  show "$name: $(tail -n 1 "$log")"
}

balancers=(load-balancer load-balancer-2)

each_balancer() {
  local service
  for service in "${balancers[@]}"; do
    "$@" "$service" || return
    until_true 60 "$service is ready" balancer_ready "$service" || return
    # The page's server looks names up every second; before it knows this balancer again, the other one is the only one.
    until_true 30 "the page uses $service" balancer_used "$service" || return
  done
}

balancer_ready() { docker exec "user-onboarding-$1" load-balancer healthcheck; }

# Its counters began with its process.
balancer_used() {
  local port=$ADMIN_PORT
  [[ $1 != load-balancer-2 ]] || port=${ADMIN_PORT_2:-8082}
  curl -fsS --max-time 5 "http://127.0.0.1:$port/metrics" | grep -E '^lb_requests_total\{.*server="[^"]+".*\} [1-9]' >/dev/null
}

balancer_restart() { compose restart "$1" >/dev/null 2>&1; }
balancer_recreate() { compose up --detach --no-build --no-deps --force-recreate "$1" >/dev/null 2>&1; }
balancer_stays_away() { compose stop "$1" >/dev/null 2>&1 && sleep 5 && compose start "$1" >/dev/null 2>&1; }

# As the kernel does it; the engine starts it again.
balancer_kill() {
  local pid
  pid=$(docker inspect --format '{{.State.Pid}}' "user-onboarding-$1")
  kill -9 "$pid" && until_true 30 "$1 has another process" has_other_process "$1" "$pid"
}
has_other_process() { local pid; pid=$(docker inspect --format '{{.State.Pid}}' "user-onboarding-$1") && ((pid > 0 && pid != $2)); }

balancer_upgrade() { VERSION=$VERSION-next compose up --detach --no-build --no-deps "$1" >/dev/null 2>&1; }

either_balancer_may_go() {
  data_of=user-onboarding-backend-1
  through_page "nothing happens" sleep 5
  through_page "restart of each balancer" each_balancer balancer_restart
  through_page "each balancer away for 5 s" each_balancer balancer_stays_away
  through_page "recreation of each balancer" each_balancer balancer_recreate
  through_page "kill -9 of each balancer" each_balancer balancer_kill
  printf 'FROM %s\nLABEL org.opencontainers.image.version="next"\n' "$IMAGE_PREFIX/load-balancer:$VERSION" |
    docker build --quiet -t "$IMAGE_PREFIX/load-balancer:$VERSION-next" - >/dev/null
  through_page "another image for each balancer" each_balancer balancer_upgrade
  expect "the image of the second balancer" "$IMAGE_PREFIX/load-balancer:$VERSION-next" \
    "$(docker inspect --format '{{.Config.Image}}' user-onboarding-load-balancer-2)"
}

# Sourced by containers.sh: a test collector beside staging, and one request through all services as one trace.

collector=user-onboarding-test-collector

collector_up() {
  local image
  image=$(sed -nE 's/^ARG NGINX_IMAGE=//p' deploy/docker/frontend/Dockerfile)
  cargo build --quiet --locked --package testkit --bin otlp-collector
  # In that image because it has a C library; nothing else of it is used.
  docker run --detach --name "$collector" --network user-onboarding-test_services --network-alias collector --read-only \
    -v "$PWD/target/debug/otlp-collector:/otlp-collector:ro" --entrypoint /otlp-collector "$image" --listen 0.0.0.0:4318 >/dev/null ||
    fail "the test collector did not start"
  docker network connect --alias collector user-onboarding-test_web "$collector"
}

collector_down() {
  docker rm --force "$collector" >/dev/null 2>&1 || true
}

traces_are_linked() {
  local seen
  collector_up
  TRACES_ENDPOINT=http://collector:4318 compose up --detach --wait --no-build >/dev/null 2>&1 ||
    { compose logs --tail 20 >&2; fail "staging with traces did not come up"; }
  until_true 60 "three backends are up" backends_up "$LOAD_BALANCER_PORT" 3 || fail "the balancer does not see three backends"
  seen=$(python3 deploy/test/traced.py "http://127.0.0.1:$FRONTEND_PORT" "$collector") || fail "a request is not one trace"
  show "one request is one trace: $seen"
  under_load "the collector goes away" collector_goes
  compose up --detach --wait --no-build >/dev/null 2>&1 || fail "staging without traces did not come up"
}

# Long enough for messages to be given up.
collector_goes() {
  collector_down
  until_true 60 "lost spans are counted" spans_are_lost
}

spans_are_lost() {
  curl -fsS "http://127.0.0.1:$ADMIN_PORT/metrics" | grep -E '^trace_spans_dropped_total\{reason="export_failed"\} [1-9]'
}

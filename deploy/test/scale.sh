# Sourced by containers.sh: more and fewer backends on the running staging system.

# Whatever is no number of backends is refused before anything is touched.
scale_refuses_nonsense() {
  local wrong said
  for wrong in 0 11 abc -1 2.5 ""; do
    if said=$(./justw scale "$wrong" 2>&1); then fail "just scale '$wrong' did not fail: $said"; fi
    grep -q "from 1 to 10" <<<"$said" || fail "just scale '$wrong' does not say what it takes: $said"
  done
  expect "backends after refused numbers" 3 "$(docker ps -q --filter name=^user-onboarding-backend- | wc -l)"
  show "just scale refuses 0, 11, abc, -1, 2.5 and nothing"
}

scale_up_and_down() {
  local untouched=(load-balancer frontend backend-1 backend-2) before
  before=$(started "${untouched[@]}")
  under_load "just scale 5" ./justw scale 5
  backends_up "$LOAD_BALANCER_PORT" 5 || fail "the balancer does not use five backends"
  expect "the addresses of the name backend" 5 "$(addresses_of backend)"
  compose_onboards
  under_load "just scale 2" ./justw scale 2
  backends_up "$LOAD_BALANCER_PORT" 2 || fail "the balancer does not use two backends"
  under_load "up -d backend-4, by hand" by_hand
  under_load "just scale 3" ./justw scale 3
  expect "when the others were started" "$before" "$(started "${untouched[@]}")"
}

# As the architecture guide has it, less its edits and restarts.
by_hand() {
  compose up --detach --no-build backend-4 >/dev/null 2>&1 && until_true 60 "backend-4 takes traffic" backends_up "$LOAD_BALANCER_PORT" 3 &&
    compose stop backend-4 >/dev/null 2>&1 && compose rm --force backend-4 >/dev/null 2>&1 &&
    until_true 60 "backend-4 is forgotten" backends_up "$LOAD_BALANCER_PORT" 2
}

started() { docker inspect --format '{{.Name}} {{.State.StartedAt}}' "${@/#/user-onboarding-}"; }

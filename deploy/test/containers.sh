#!/usr/bin/env bash
# The system in containers, run for real: images, Compose, faults under load. `just test-containers` calls it.
#
#   deploy/test/containers.sh [PART...]      parts: kubernetes providers images dev compose faults balancers scale backup tls monitoring traces nginx swarm
#
# Without parts: all of them. Parts may come in any order: each makes sure of what it needs, and builds images once. What it
# cannot have, an engine above all, it names as skipped, with the reason; on a Debian machine where it is root, engine.sh
# brings one. Needs the ports 3000, 8080 and 8081 or those in FRONTEND_PORT, LOAD_BALANCER_PORT, ADMIN_PORT (and 8082 or
# ADMIN_PORT_2). What it starts is gone afterwards; `kubernetes`, `providers` and `images` start nothing and end nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh
source deploy/test/load.sh
source deploy/test/compose.sh
source deploy/test/balancers.sh
source deploy/test/scale.sh
source deploy/test/backup.sh
source deploy/test/swarm.sh
source deploy/test/monitoring.sh
source deploy/test/traces.sh

export FRONTEND_PORT=${FRONTEND_PORT:-3000} LOAD_BALANCER_PORT=${LOAD_BALANCER_PORT:-8080} ADMIN_PORT=${ADMIN_PORT:-8081}
export VERSION=${VERSION:-test} IMAGE_PREFIX=user-onboarding DOCKER_BUILDKIT=1
all_parts=(kubernetes providers images dev compose faults balancers scale backup tls monitoring traces nginx swarm)
limit_mb=40

main() {
  local parts=("$@") part began
  ((${#parts[@]})) || parts=("${all_parts[@]}")
  for part in "${parts[@]}"; do
    [[ " ${all_parts[*]} " == *" $part "* ]] || fail "no part '$part'; there are: ${all_parts[*]}"
  done
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  export SECRETS_DIR=$work/secrets TLS_DIR=$work/tls/live
  # Nothing is in it: the first start makes all that is lacking.
  mkdir "$SECRETS_DIR"
  for part in "${parts[@]}"; do
    [[ $part == @(kubernetes|providers) ]] || engine_is_there || continue
    [[ $part == @(kubernetes|providers|images) ]] || place_is_clear
    say "— $part"
    began=$SECONDS
    "part_$part"
    show "$part took $((SECONDS - began)) s"
    ran=$((ran + 1))
  done
  ((!ran)) || printf '\nShown in containers:\n'
  ((!ran)) || printf '  %s\n' "${shown[@]}"
  printf '\ncontainers: %d passed, 0 failed, %d skipped\n' "$ran" "$((${#parts[@]} - ran))"
}

ran=0

# Once; whether this machine can have one.
engine_is_there() {
  local status=0
  if [[ -z ${engine:-} ]]; then
    deploy/test/engine.sh || status=$?
    case $status in
      0) engine=yes ;;
      3) engine=no && echo "skipped: containers (no container engine, see above)" ;;
      *) fail "there is no container engine" ;;
    esac
  fi
  [[ $engine == yes ]]
}

# Once, before the first part that starts something: what an interrupted run has left is ended, and at the end what we start.
place_is_clear() {
  [[ -z ${clear:-} ]] || return 0
  clear=yes
  trap 'clean_up; rm -rf "$work"' EXIT
  clean_up
  images_are_built
  load_against "$work"
}

clean_up() {
  collector_down
  compose_down
  swarm_down
}

# Once; without a change, from the layers of the last time.
images_are_built() {
  [[ -z ${built:-} ]] || return 0
  built=yes
  local name
  deploy/test/base-images.sh
  for name in backend load-balancer frontend; do
    docker build --quiet --build-arg "VERSION=$VERSION" --build-arg "REVISION=$(git rev-parse HEAD)" \
      -f "deploy/docker/$name/Dockerfile" -t "$IMAGE_PREFIX/$name:$VERSION" . >/dev/null || fail "the image $name cannot be built"
    show "image $name: $(size_of "$IMAGE_PREFIX/$name:$VERSION")"
  done
}

part_images() {
  local name
  images_are_built
  for name in backend load-balancer; do
    size_of "$IMAGE_PREFIX/$name:$VERSION" | awk -v most=$limit_mb '{ exit !($1 <= most) }' ||
      fail "the image $name has more than $limit_mb MB"
    deploy/test/image.sh "$IMAGE_PREFIX/$name:$VERSION" || fail "the image $name is not as it should be"
  done
  show "backend and balancer: no shell, and a list of all crates inside; each at most $limit_mb MB"
}

part_dev() {
  swarm_down
  compose_down
  development_works
}

part_compose() {
  compose_is_valid
  secrets_are_made
  sqlcmd_has_its_path
  compose_up
  compose_onboards
  compose_is_hardened
}

part_faults() {
  staging_is_up
  under_load kill fault_kill
  under_load "pause for 10 s" fault_pause
  under_load "network disconnect" fault_disconnect
  under_load "restart of each backend" fault_restart_each
}

part_balancers() {
  staging_is_up
  either_balancer_may_go
}

part_scale() {
  staging_is_up
  scale_refuses_nonsense
  scale_up_and_down
}

part_tls() {
  staging_is_up
  tls_works
}

part_backup() {
  staging_is_up
  restore_drill
}

part_providers() {
  deploy/test/providers.sh
  show "Compose and Swarm: backends alone are told of the providers that people can log in by"
}

part_kubernetes() {
  deploy/test/kubernetes.sh
  show "Kubernetes: every object of every overlay is valid, and within the database's connections"
}

part_monitoring() {
  monitoring_is_valid
  staging_is_up
  monitoring_sees_all
}

part_traces() {
  staging_is_up
  traces_are_linked
}

# The fall-back in the balancer's place, under its name and port.
part_nginx() {
  staging_is_up
  compose --profile nginx-lb up --detach --no-build --scale load-balancer=0 --scale load-balancer-2=0 >/dev/null 2>&1 ||
    { compose --profile nginx-lb logs nginx-load-balancer >&2; fail "nginx did not take the balancer's place"; }
  until_true 30 "nginx answers" curl -fsS "http://127.0.0.1:$LOAD_BALANCER_PORT/lb-health"
  expect "the balancer's container" "" "$(docker ps -q --filter name=^user-onboarding-load-balancer)"
  compose_onboards
  show "nginx in the balancers' place: a person was onboarded"
  compose --profile nginx-lb rm --stop --force nginx-load-balancer >/dev/null 2>&1
}

part_swarm() {
  compose_down
  swarm_up
  compose_onboards
  swarm_monitoring_sees_all
  variant_of "$VERSION-next" 'LABEL org.opencontainers.image.version="next"'
  variant_of "$VERSION-broken" 'ENTRYPOINT ["onboarding-backend", "--no-such-option"]'
  data_of=$(docker ps --quiet --filter "name=^${stack}_backend.1")
  through_page "Swarm: each balancer's task anew, on one node" each_swarm_balancer
  under_load "Swarm: to five backends, and to three" up_and_down
  under_load "Swarm: roll-out of a new image" roll_out
  expect "the image after the update" "$IMAGE_PREFIX/backend:$VERSION-next" "$(image_now)"
  under_load "Swarm: broken image, rolled back by itself" roll_back_by_itself
  expect "the image after the roll-back" "$IMAGE_PREFIX/backend:$VERSION-next" "$(image_now)"
}

# In one line: what is edited while this runs does not matter.
main "$@"; exit

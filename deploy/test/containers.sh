#!/usr/bin/env bash
# The system in containers, run for real: images, Compose, faults under load. `just test-containers` calls it.
#
#   deploy/test/containers.sh [PART...]      parts: kubernetes images compose faults monitoring nginx swarm; default: all
#
# Needs an engine (deploy/test/engine.sh brings one), root for the base images, and the ports 3000, 8080 and 8081 or
# those in FRONTEND_PORT, LOAD_BALANCER_PORT, ADMIN_PORT. What it starts is gone afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh
source deploy/test/load.sh
source deploy/test/compose.sh
source deploy/test/swarm.sh
source deploy/test/monitoring.sh

export FRONTEND_PORT=${FRONTEND_PORT:-3000} LOAD_BALANCER_PORT=${LOAD_BALANCER_PORT:-8080} ADMIN_PORT=${ADMIN_PORT:-8081}
export VERSION=${VERSION:-test} IMAGE_PREFIX=user-onboarding DOCKER_BUILDKIT=1
limit_mb=40

main() {
  local parts=("${@:-kubernetes images compose faults monitoring nginx swarm}")
  docker info >/dev/null 2>&1 || { echo "skipped: containers (no container engine: deploy/test/engine.sh brings one)"; return; }
  work=$(mktemp -d)
  export SECRETS_DIR=$work/secrets
  trap 'compose_down; swarm_down; rm -rf "$work"' EXIT
  deploy/compose/secrets.sh "$SECRETS_DIR" >/dev/null
  [[ -n ${CHAOS:-} ]] || { cargo build --quiet --locked --package testkit --bin chaos && CHAOS=target/debug/chaos; }
  load_against "$work"
  # shellcheck disable=SC2068
  for part in ${parts[@]}; do "part_$part"; done
  say "containers: all well"
}

part_images() {
  local name
  deploy/test/base-images.sh
  for name in backend load-balancer frontend; do
    docker build --quiet --build-arg "VERSION=$VERSION" -f "deploy/docker/$name/Dockerfile" \
      -t "$IMAGE_PREFIX/$name:$VERSION" . >/dev/null || fail "the image $name cannot be built"
    say "image $name: $(size_of "$IMAGE_PREFIX/$name:$VERSION")"
  done
  for name in backend load-balancer; do
    size_of "$IMAGE_PREFIX/$name:$VERSION" | awk -v most=$limit_mb '{ exit !($1 <= most) }' ||
      fail "the image $name has more than $limit_mb MB"
  done
}

part_compose() {
  compose_is_valid
  compose_up
  compose_onboards
  compose_is_hardened
}

part_faults() {
  staging_is_up || compose_up
  under_load kill 25s fault_kill
  under_load pause 40s fault_pause
  under_load disconnect 30s fault_disconnect
  under_load restart-each 90s fault_restart_each
}

part_kubernetes() {
  deploy/test/kubernetes.sh
}

part_monitoring() {
  monitoring_is_valid
  staging_is_up || compose_up
  monitoring_sees_all
}

# The fall-back in the balancer's place, under its name and port.
part_nginx() {
  staging_is_up || compose_up
  compose --profile nginx-lb up --detach --no-build --scale load-balancer=0 >/dev/null 2>&1 ||
    { compose --profile nginx-lb logs nginx-load-balancer >&2; fail "nginx did not take the balancer's place"; }
  until_true 30 "nginx answers" curl -fsS "http://127.0.0.1:$LOAD_BALANCER_PORT/lb-health"
  expect "the balancer's container" "" "$(docker ps -q --filter name=^user-onboarding-load-balancer)"
  compose_onboards
}

part_swarm() {
  compose_down
  swarm_up
  compose_onboards
  variant_of "$VERSION-next" 'LABEL org.opencontainers.image.version="next"'
  variant_of "$VERSION-broken" 'ENTRYPOINT ["onboarding-backend", "--no-such-option"]'
  under_load roll-out 240s roll_out
  expect "the image after the update" "$IMAGE_PREFIX/backend:$VERSION-next" "$(image_now)"
  under_load roll-back 90s roll_back_by_itself
  expect "the image after the roll-back" "$IMAGE_PREFIX/backend:$VERSION-next" "$(image_now)"
}

# What cannot be started here is at least read by Compose.
compose_is_valid() {
  local files
  for files in docker-compose.yml docker-compose.scale.yml "docker-compose.yml deploy/compose/embedded.dev.yml" \
    "docker-compose.scale.yml deploy/compose/embedded.yml"; do
    # shellcheck disable=SC2086
    docker compose $(printf -- '-f %s ' $files) --profile '*' config --quiet || fail "Compose does not take $files"
  done
  say "Compose takes every file and profile"
}

main "$@"

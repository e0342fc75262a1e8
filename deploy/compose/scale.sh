#!/usr/bin/env bash
# Brings the running staging system to N backends, 1 to 10: nothing is edited, the balancer is not restarted, and no
# request is lost. New ones take traffic once the balancer has seen them well; those that go finish what they are at.
#
#   deploy/compose/scale.sh N
#
# It works on what is running, however that was started: with which files, project name and version, it reads from the
# containers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

most=10

main() {
  (($# == 1)) && [[ $1 =~ ^[1-9][0-9]?$ ]] && (($1 <= most)) ||
    fail "how many backends? A whole number from 1 to $most, not '${*:-}'; more need another host (docs/scaling.md)"
  find_staging
  local wanted=() unwanted=()
  mapfile -t wanted < <(seq -f 'backend-%g' 1 "$1")
  mapfile -t unwanted < <(running_backends | awk -F- -v most="$1" '$2 > most')

  compose up --detach --no-deps --no-build --no-recreate "${wanted[@]}"
  wait_for "lacks" "${wanted[@]}"
  # One after the other, so that those that stay get the load of the leaving ones bit by bit.
  for service in "${unwanted[@]}"; do
    compose stop "$service"
    compose rm --force "$service" >/dev/null
  done
  wait_for "lacks|still has" "${wanted[@]}"
  echo "$1 backends: ${wanted[*]}"
}

fail() {
  echo "scale: $*" >&2
  exit 1
}

# Sets files, project and VERSION to those of the backends that run.
find_staging() {
  local label='{{index .Config.Labels "com.docker.compose.%s"}}' all one
  all=$(docker ps --quiet --filter name='^user-onboarding-backend-[0-9]+$') || fail "the container engine does not answer"
  one=${all%%$'\n'*}
  [[ -n $one ]] || fail "staging is not running: \`just staging\` starts it"
  project=$(docker inspect --format "$(printf "$label" project)" "$one")
  IFS=, read -ra files <<<"$(docker inspect --format "$(printf "$label" project.config_files)" "$one")"
  [[ ${files[*]} == *docker-compose.scale.yml* ]] ||
    fail "what is running is not staging, but was started from ${files[*]}; that has one backend"
  VERSION=${VERSION:-$(docker inspect --format '{{.Config.Image}}' "$one" | sed 's/.*://')}
  export VERSION
}

compose() {
  docker compose --progress quiet --project-name "$project" "${files[@]/#/--file=}" "$@"
}

running_backends() {
  docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}}' |
    grep -E '^backend-[0-9]+$' | sort -t- -k2 -n
}

# wait_for DIFFERENCE NAME...: until both balancers use these, so that there is no such difference. Where nginx has their place, until each says itself that it is well.
wait_for() {
  local deadline=$((SECONDS + 60)) difference=$1 lacking
  shift
  while lacking=$(not_used "$@" | grep -E "$difference|is not well" | xargs) && [[ -n $lacking ]]; do
    ((SECONDS < deadline)) || fail "after 60 s the balancers do not use exactly $*: $lacking"
    sleep 0.2
  done
}

# Names the difference between what the balancers use and these.
not_used() {
  local balancer address asked=
  for balancer in load-balancer load-balancer-2; do
    address=$(docker port "user-onboarding-$balancer" 8081 2>/dev/null | sed -n 1p) && [[ -n $address ]] || continue
    asked=yes
    diff <(printf '%s\n' "$@" | sort) <(used_by "$address") | sed -nE "s/^< /$balancer lacks /p; s/^> /$balancer still has /p" || true
  done
  [[ -z $asked ]] || return 0
  for service in "$@"; do
    docker exec "user-onboarding-$service" onboarding-backend healthcheck >/dev/null 2>&1 || echo "$service is not well"
  done
}

# The instances that the balancer with this admin address has; those that are not `up` are marked. One that is leaving gets
# nothing any more.
used_by() {
  curl --silent --max-time 5 "http://$1/api/status" | tr '{' '\n' |
    sed -nE 's/.*"name":"(backend-[^"]*)".*"state":"([^"]*)".*/\1 \2/p' | sed '/ leaving$/d; s/ up$//' | sort
}

main "$@"

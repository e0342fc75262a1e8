#!/usr/bin/env bash
# Whether backends, and nobody else, are told of the providers that people can log in by: each file of Compose, and the stack
# of Swarm. Needs the client `docker` with Compose, and no engine. (Kubernetes: kubernetes.sh.)
#
#   deploy/test/providers.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

example=$PWD/deploy/compose/oidc.env.example

main() {
  command -v docker >/dev/null && docker compose version >/dev/null 2>&1 ||
    { echo "skipped: settings of providers under Compose and Swarm (no docker client with Compose)"; exit 0; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  compose_tells_backends
  swarm_tells_backends
  secrets_reach_their_reader
}

compose_tells_backends() {
  local files
  for files in docker-compose.yml docker-compose.scale.yml "docker-compose.yml deploy/compose/embedded.dev.yml" \
    "docker-compose.scale.yml deploy/compose/embedded.yml"; do
    expect "who is told of no provider ($files)" "" "$(OIDC_ENV_FILE=$work/none told_by_compose "$files")"
    expect "who is told of a provider, beside backends ($files)" "" \
      "$(OIDC_ENV_FILE=$example told_by_compose "$files" | grep -v '^backend-[0-9]*$' || true)"
    OIDC_ENV_FILE=$example told_by_compose "$files" | grep -x backend-1 >/dev/null || fail "backend-1 is told of no provider ($files)"
  done
  say "Compose: every backend is told of the providers of OIDC_ENV_FILE, and nobody else is"
}

# told_by_compose FILES: the services that have the issuer in their environment.
told_by_compose() {
  # shellcheck disable=SC2046,SC2086
  docker compose $(printf -- '-f %s ' $1) --profile '*' config --format json | python3 -c '
import json, sys
for name, service in json.load(sys.stdin)["services"].items():
    if "OIDC_GOOGLE_ISSUER" in (service.get("environment") or {}): print(name)'
}

swarm_tells_backends() {
  local -x SECRETS_DIR=$work/secrets
  deploy/compose/secrets.sh "$SECRETS_DIR" >/dev/null
  expect "traces of providers in a stack without one" 0 "$(OIDC_ENV_FILE=$work/none printed | grep -ciE 'oidc')"
  printf 'the secret of a client' >"$SECRETS_DIR/oidc_google"
  expect "services of the stack that are told of a provider" 1 \
    "$(OIDC_ENV_FILE=$example printed | grep -c 'OIDC_GOOGLE_ISSUER: https://accounts.google.com')"
  expect "services of the stack that read the client's secret" 1 "$(OIDC_ENV_FILE=$example printed | grep -c 'source: oidc_google')"
  say "Swarm: the backends are told of the providers, and read their secrets"
}

printed() { deploy/swarm/deploy.sh --print; }

# What Compose's service `secrets` does at each start.
secrets_reach_their_reader() {
  local -x SECRETS_GIVEN=$work/given SECRETS_READERS=$work/readers
  mkdir -p "$SECRETS_GIVEN" "$SECRETS_READERS"/{backend,grafana}
  share
  expect "what backends read where nothing was given" jwt_secret "$(ls "$SECRETS_READERS/backend")"
  printf 'the secret of a client' >"$SECRETS_GIVEN/oidc_google"
  share
  expect "what backends read" "jwt_secret oidc_google" "$(ls "$SECRETS_READERS/backend" | xargs)"
  expect "what Grafana reads" grafana_password "$(ls "$SECRETS_READERS/grafana")"
  rm "$SECRETS_GIVEN/oidc_google"
  share
  expect "what backends read when a provider is gone" jwt_secret "$(ls "$SECRETS_READERS/backend")"
  say "Compose: a client's secret reaches the backends alone, and is taken back when it is gone"
}

share() {
  deploy/compose/secrets.sh --share "backend=$(id -u):jwt_secret,oidc_*" "grafana=$(id -u):grafana_password" >/dev/null
}

main

#!/usr/bin/env bash
# Deploys or updates the stack; configs and secrets are named by their content, so that a changed one is rolled out.
#
#   deploy/swarm/deploy.sh [STACK] [docker stack deploy's options]...      default name: onboarding
#   deploy/swarm/deploy.sh --print [-c FILE]...                                 only prints what it would deploy
#
# The secrets are files in SECRETS_DIR (deploy/compose/secrets.sh makes them). VERSION chooses the images. Backends get as
# secrets, too, what is there of oidc_*, smtp_* and webhook_*, and as environment the lines of OIDC_ENV_FILE (default
# deploy/compose/oidc.env): the providers that people can log in by (docs/sign-in.md).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

stack=${1:-onboarding}
shift || true
SECRETS_DIR=$(cd "${SECRETS_DIR:-../compose/secrets}" && pwd)
export SECRETS_DIR

# The name of a secret can be seen by everyone who may list secrets: it is made with a key that is not public.
hash_of() { sha256sum "$1" | cut -c1-12; }
keyed_hash_of() { { cat "$SECRETS_DIR/jwt_secret" && cat "$1"; } | sha256sum | cut -c1-12; }

LOAD_BALANCER_CONFIG_HASH=$(hash_of ../load-balancer/swarm/load-balancer.toml)
DB_ENTRYPOINT_HASH=$(hash_of ../compose/sqlserver/entrypoint.sh)
DB_HEALTHCHECK_HASH=$(hash_of ../compose/sqlserver/healthcheck.sh)
DB_SQLCMD_HASH=$(hash_of ../compose/sqlserver/sqlcmd.sh)
DB_PASSWORD_HASH=$(keyed_hash_of "$SECRETS_DIR/db_password")
DB_MIGRATOR_PASSWORD_HASH=$(keyed_hash_of "$SECRETS_DIR/db_migrator_password")
DB_APP_PASSWORD_HASH=$(keyed_hash_of "$SECRETS_DIR/db_app_password")
JWT_SECRET_HASH=$(keyed_hash_of "$SECRETS_DIR/jwt_secret")
LB_ADMIN_TOKEN_HASH=$(keyed_hash_of "$SECRETS_DIR/lb_admin_token")
GRAFANA_PASSWORD_HASH=
[[ ! -e $SECRETS_DIR/grafana_password ]] || GRAFANA_PASSWORD_HASH=$(keyed_hash_of "$SECRETS_DIR/grafana_password")
MONITORING_HASH=$(cat prometheus.yml ../alertmanager/*.yml ../prometheus/rules/*.yml ../grafana/*/*/*.yml ../grafana/dashboards/*.json | sha256sum | cut -c1-12)
export GRAFANA_PASSWORD_HASH MONITORING_HASH
export LOAD_BALANCER_CONFIG_HASH DB_ENTRYPOINT_HASH DB_HEALTHCHECK_HASH DB_SQLCMD_HASH DB_PASSWORD_HASH
export DB_MIGRATOR_PASSWORD_HASH DB_APP_PASSWORD_HASH JWT_SECRET_HASH LB_ADMIN_TOKEN_HASH

# What only some installations have, laid over stack.yml.
outside() {
  local file secrets=()
  for file in "$SECRETS_DIR"/{oidc,smtp,webhook}_*; do
    [[ ! -s $file ]] || secrets+=("${file##*/}")
  done
  printf 'version: "3.9"\nservices:\n  backend:\n    env_file: [%s]\n    secrets: [%s]\n' \
    "$([[ ! -s $OIDC_ENV_FILE ]] || printf '"%s"' "$OIDC_ENV_FILE")" "$(IFS=, && echo "${secrets[*]}")"
  ((${#secrets[@]} == 0)) || echo "secrets:"
  for file in "${secrets[@]}"; do
    printf '  %s: { name: "%s-%s", file: "%s" }\n' "$file" "$file" "$(keyed_hash_of "$SECRETS_DIR/$file")" "$SECRETS_DIR/$file"
  done
}

OIDC_ENV_FILE=$(realpath -m "${OIDC_ENV_FILE:-../compose/oidc.env}")
outside_yml=$(mktemp)
trap 'rm -f "$outside_yml"' EXIT
outside >"$outside_yml"
files=(-c stack.yml -c "$outside_yml" "$@")
if [[ $stack == --print ]]; then
  docker stack config "${files[@]}"
else
  docker stack deploy --prune "${files[@]}" "$stack"
fi

# Sourced by containers.sh: staging under Compose, and what may happen to it.

compose() {
  docker compose --project-name user-onboarding-test -f docker-compose.scale.yml -f deploy/compose/embedded.yml "$@"
}

compose_up() {
  swarm_down
  [[ -n ${told:-} ]] || show "skipped: SQL Server in containers (no image of it here; replaced by deploy/compose/embedded.yml)"
  told=yes
  compose up --detach --wait --no-build || { compose ps --all >&2; compose logs --tail 20 >&2; fail "staging did not come up"; }
  until_true 60 "three backends are up" backends_up "$LOAD_BALANCER_PORT" 3 || fail "the balancer does not see three backends"
}

compose_down() {
  compose --profile "*" down --volumes --timeout 35 >/dev/null 2>&1 || true
  compose_dev down --volumes --timeout 35 >/dev/null 2>&1 || true
}

compose_dev() {
  docker compose --project-name user-onboarding-dev-test -f docker-compose.yml -f deploy/compose/embedded.dev.yml "$@"
}

# Development: one backend, whose own port is there, too.
development_works() {
  compose_dev up --detach --wait --no-build >/dev/null 2>&1 || { compose_dev logs --tail 20 >&2; fail "development did not come up"; }
  until_true 30 "the backend is up" backends_up "$LOAD_BALANCER_PORT" 1 || fail "the balancer does not see the backend"
  compose_onboards
  curl -fsS "http://127.0.0.1:${BACKEND_PORT:-5000}/health" | grep '"instance":"backend-1"' >/dev/null || fail "the backend's own port does not answer"
  compose_dev down --volumes >/dev/null 2>&1
  show "development (docker compose up): one backend, its own port"
}

# A person comes by the page's port and goes all the way.
compose_onboards() {
  local page=${1:-http://127.0.0.1:$FRONTEND_PORT} seen
  until_true 60 "the page finds the balancer" curl -fsS "$page/api/health" || fail "the page does not find the balancer"
  curl -fsS "$page/" | grep '<div id="root">' >/dev/null || fail "$page serves no page"
  seen=$(python3 deploy/test/onboard.py "$page") || fail "nobody could be onboarded"
  show "a person was onboarded through $page: $seen"
}

# HTTPS in front of both the page and the balancer, by a certificate that is checked; a new one is taken without a stop.
tls_works() {
  local ca=$TLS_DIR/site.crt page=https://localhost:${TLS_FRONTEND_PORT:-3443}
  deploy/compose/certificates.sh "$TLS_DIR" >/dev/null
  compose --profile tls up --detach --no-build --no-recreate --wait >/dev/null 2>&1 ||
    { compose --profile tls logs --tail 20 load-balancer-tls frontend-tls >&2; fail "the profile tls did not start"; }
  local -x CURL_CA_BUNDLE=$ca SSL_CERT_FILE=$ca
  until_true 30 "8443 has three backends" tls_backends_up
  compose_onboards "$page"
  https_stays_https "$page"
  rm "$TLS_DIR"/site.*
  deploy/compose/certificates.sh "$TLS_DIR" >/dev/null
  docker kill --signal HUP user-onboarding-load-balancer-tls user-onboarding-frontend-tls >/dev/null
  # curl knows only the new certificate by now, so both fail as long as the old one is in use.
  until_true 10 "8443 uses the new certificate" tls_backends_up || fail "the balancer keeps the old certificate"
  until_true 10 "3443 uses the new certificate" curl -fsS "$page" || fail "the page keeps the old certificate"
  compose --profile tls rm --stop --force load-balancer-tls frontend-tls >/dev/null 2>&1
  show "TLS on 8443 and 3443, with HSTS and cookies for HTTPS only; a changed certificate is taken at SIGHUP"
}

# By HTTPS people are told to stay there, and cookies are for HTTPS only; by plain HTTP neither.
https_stays_https() {
  local person seen
  for path in / /assets/none.js /api/health; do
    curl -fsS -D - -o /dev/null "$1$path" 2>/dev/null | grep -i '^strict-transport-security: max-age=31536000' >/dev/null ||
      [[ $path == /assets/* ]] || fail "$1$path does not tell people to stay with HTTPS"
    ! curl -sS -D - -o /dev/null "http://127.0.0.1:$FRONTEND_PORT$path" | grep -i '^strict-transport-security' >/dev/null ||
      fail "plain HTTP speaks of HTTPS at $path"
  done
  person=$(printf '{"email":"%s@example.com","password":"correct horse battery staple","full_name":"Ada","session":"cookie"}' "$RANDOM$RANDOM")
  seen=$(curl -sS -D - -o /dev/null -H 'Content-Type: application/json' -d "$person" "$1/api/auth/register" | grep -i '^set-cookie:') ||
    fail "no cookie at $1"
  grep -qi '; *secure' <<<"$seen" || fail "a cookie that came by HTTPS goes by plain HTTP, too: $seen"
}

# curl checks the certificate, so this fails until the one in the folder is in use.
tls_backends_up() {
  curl -fsS "https://localhost:${TLS_LOAD_BALANCER_PORT:-8443}/health" | grep '"status":"healthy"' >/dev/null
}

# What docker itself says about each container: user, root file system, limits, health check, secrets.
compose_is_hardened() {
  local service
  for service in backend-1 backend-2 backend-3; do
    container_is "user-onboarding-$service" 10001:10001 500000000 536870912
    expect "INSTANCE_ID of $service" "$service" "$(variable "user-onboarding-$service" INSTANCE_ID)"
  done
  container_is user-onboarding-load-balancer 10001:10001 1000000000 268435456
  container_is user-onboarding-load-balancer-2 10001:10001 1000000000 268435456
  container_is user-onboarding-frontend 101:101 500000000 134217728
  expect "the addresses of the name backend" 3 "$(addresses_of backend)"
  show "users, read-only roots, limits, health checks and secrets are as declared"
}

# container_is NAME USER NANO_CPUS MEMORY
container_is() {
  local format='{{.Config.User}} {{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}'
  expect "$1" "$2 $3 $4 true [ALL] [no-new-privileges:true]" "$(docker inspect --format "$format" "$1")"
  expect "health check of $1" "30s 10s 3 40s healthy" "$(docker inspect --format \
    '{{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Timeout}} {{.Config.Healthcheck.Retries}} {{.Config.Healthcheck.StartPeriod}} {{.State.Health.Status}}' "$1")"
  ! { docker inspect "$1" && docker logs "$1" 2>&1; } | grep -F -f <(all_secrets) >/dev/null || fail "a secret is in the environment or the log of $1"
}

# secret_of READER NAME, as its reader has it.
secret_of() { docker cp "user-onboarding-$1:/run/secrets/$2" - | tar -xO; }
all_secrets() { secret_of backend-1 jwt_secret && echo && secret_of load-balancer lb_admin_token && echo; }
names_of_secrets() { docker cp "user-onboarding-$1:/run/secrets" - | tar -t | grep -v '/$' | sed 's/.*\///' | sort | xargs; }

# The first start makes them, the next one keeps them, and what somebody puts there wins.
secrets_are_made() {
  local first token="given-by-somebody-0123456789" log
  rm -rf "${SECRETS_DIR:?}"/*
  compose_down
  compose_up
  expect "what backend-1 can read" jwt_secret "$(names_of_secrets backend-1)"
  expect "what the balancer can read" lb_admin_token "$(names_of_secrets load-balancer)"
  first=$(all_secrets)
  ((${#first} == 96 + 1 + 48)) || fail "the secrets that were made have ${#first} characters"
  compose up --detach --no-build >/dev/null 2>&1
  expect "the secrets after a second start" "$first" "$(all_secrets)"
  printf '%s' "$token" >"$SECRETS_DIR/lb_admin_token"
  compose up --detach --no-build --force-recreate --wait >/dev/null 2>&1 || fail "staging did not come up with a secret of somebody's own"
  expect "the token that somebody gave" "$token" "$(secret_of load-balancer lb_admin_token)"
  expect "the answer of the admin port to it" 200 "$(curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: Bearer $token" \
    "http://127.0.0.1:$ADMIN_PORT/api/reload")"
  log=$(compose logs --no-log-prefix secrets)
  ! grep -qF -e "$token" -e "$(secret_of backend-1 jwt_secret)" <<<"$log" || fail "a secret is in the log"
  rm "$SECRETS_DIR/lb_admin_token"
  show "secrets: made by the first start, kept by the next, given ones win; each service has its own"
}

# SQL Server's image is not here, so its program is a stand-in that tells how it was called.
sqlcmd_has_its_path() {
  local said expected call
  mkdir -p "$work/sqlcmd"
  printf '#!/bin/sh\necho "$SQLCMDPASSWORD $*"\n' >"$work/sqlcmd/sqlcmd"
  printf 'the-real-one' >"$work/sqlcmd/db_password"
  chmod -R a+rX "$work" "$work/sqlcmd" && chmod 0755 "$work/sqlcmd/sqlcmd"
  for call in "-P password" "-Ppassword" "" "-P Other1-password"; do
    # shellcheck disable=SC2086
    said=$(docker run --rm --network none -v "$PWD/deploy/compose/sqlserver/sqlcmd.sh:/opt/mssql-tools/bin/sqlcmd:ro" \
      -v "$work/sqlcmd/sqlcmd:/opt/mssql-tools18/bin/sqlcmd:ro" -v "$work/sqlcmd/db_password:/run/secrets/db_password:ro" \
      nginx:1.30 /opt/mssql-tools/bin/sqlcmd -S localhost -U sa $call -Q "SELECT * FROM sys.dm_exec_sessions WHERE is_user_process = 1")
    expected=the-real-one
    [[ $call != *Other1* ]] || expected=Other1-password
    expect "sqlcmd $call" "$expected -C -S localhost -U sa -Q SELECT * FROM sys.dm_exec_sessions WHERE is_user_process = 1" "$said"
  done
  show "the guide's path of sqlcmd leads to the one that the image has, with the password of this server"
}

variable() {
  docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$1" | sed -n "s/^$2=//p"
}

# How many addresses a name has on the balancer's network, asked from the page's base image.
addresses_of() {
  docker run --rm --network user-onboarding-test_services "$(sed -nE 's/^ARG NGINX_IMAGE=//p' deploy/docker/frontend/Dockerfile)" \
    getent ahostsv4 "$1" | awk '{ print $1 }' | sort -u | wc -l
}

# Another part may have left less of it, other images, or a swarm in its place.
staging_is_up() {
  if staging_runs && backends_up "$LOAD_BALANCER_PORT" 3 2>/dev/null; then return; fi
  compose_up
}
staging_runs() {
  local service
  for service in load-balancer load-balancer-2 frontend; do
    [[ $(docker inspect --format '{{.State.Status}} {{.Config.Image}}' "user-onboarding-$service" 2>/dev/null) == "running $IMAGE_PREFIX/${service%-2}:$VERSION" ]] || return
  done
}

all_up() { until_true 90 "three backends are up" backends_up "$LOAD_BALANCER_PORT" 3; }

fault_kill() {
  docker kill user-onboarding-backend-2 >/dev/null
  sleep 3
  docker start user-onboarding-backend-2 >/dev/null
  all_up
}

fault_pause() {
  docker pause user-onboarding-backend-3 >/dev/null
  sleep 10
  docker unpause user-onboarding-backend-3 >/dev/null
  all_up
}

fault_disconnect() {
  docker network disconnect user-onboarding-test_services user-onboarding-backend-1
  sleep 5
  docker network connect --alias backend --alias backend-1 user-onboarding-test_services user-onboarding-backend-1
  all_up
}

fault_restart_each() {
  local n
  for n in 1 2 3; do
    docker restart --time 35 "user-onboarding-backend-$n" >/dev/null
    all_up || return
  done
}

# What cannot be started here is at least read by Compose.
compose_is_valid() {
  local files logs
  for files in docker-compose.yml docker-compose.scale.yml "docker-compose.yml deploy/compose/embedded.dev.yml" \
    "docker-compose.scale.yml deploy/compose/embedded.yml"; do
    for logs in files forward; do
      # shellcheck disable=SC2046,SC2086
      LOGS=$logs docker compose $(printf -- '-f %s ' $files) --profile '*' config --format json | python3 deploy/test/compose.py ||
        fail "$files (LOGS=$logs)"
    done
  done
  show "Compose takes every file and profile, with no secret there; each service mounts its own and nobody else's"
}

# Every task of the project. `./justw RECIPE` does the same on a machine without just.

set shell := ["bash", "-euo", "pipefail", "-c"]

# A test checks our tokens against an implementation on OpenSSL, which is built from source where it is not installed.
export OPENSSL_NO_VENDOR := `pkg-config --exists openssl 2>/dev/null && echo 1 || echo 0`

# list the recipes
default:
    @"{{just_executable()}}" --list --unsorted --justfile "{{justfile()}}"

# build what it needs and run the whole system on this machine: page on 3000, balancer on 8080
up *options: build-up
    exec target/quick/local-cluster up {{options}}

# every test that this machine can run; what it cannot run is named, with the reason
test: test-rust test-bench test-frontend test-browser
    @echo
    @echo "All tests passed. Lines that begin with 'skipped:' above name what this machine could not run."

# binaries in release mode and the page
build: page
    cargo build --release --locked --bins

# what CI runs before the tests: formats, lints, types, licences
check: check-rust check-frontend

# the figures of a minute of faults: kill, stop and restart backends or upgrade the balancer under load; lost or doubled work fails
chaos fault="kill" duration="60s" clients="20" *options: build
    #!/usr/bin/env bash
    set -euo pipefail
    source crates/local-cluster/scripts/with-cluster.sh
    with_cluster release 400 target/release/chaos --cluster '$CLUSTER_JSON' --fault {{fault}} \
      --duration {{duration}} --clients {{clients}} {{options}}

# 2,000 mails and then 2,000 events through three instances while two are killed every 2 s: each mail comes once, each event
# at least once and in order (about ten minutes)
test-outbox:
    cargo test --locked -p backend --test it -- --ignored --exact --test-threads 1 mail::exactly_once::each_of_2000_mails_comes_once_while_two_of_three_instances_are_killed_every_2_s webhook::killed::each_of_2000_events_is_told_in_order_while_two_of_three_instances_are_killed_every_2_s

# a template of one's own and its next version in the whole system: 30 people are under way for a minute while the backends are
# restarted with it, one by one, and one is killed every 2 s; no answer is lost and no request fails
test-roll-out:
    cargo build --workspace --bins --locked
    cargo test --locked -p local-cluster --test it -- --ignored --exact --nocapture templates::for_a_minute_too

# a thousand wrong passwords at three instances: how many are let in, and what that costs
test-guesses:
    cargo test --locked -p backend --test it -- --ignored --exact --nocapture api::guessing::a_thousand_guesses

# development in containers: SQL Server, one backend, balancer, page; what you edit is rebuilt
dev *options:
    docker compose {{options}} up --build --watch

# staging in containers: SQL Server, three backends, two balancers, page; --profile monitoring sends it traces, logs and cloud the logs
staging *options:
    {{ if options =~ "profile[ =](logs|cloud)" { "LOGS=forward" } else { "" } }} \
    {{ if options =~ "monitoring" { "TRACES_ENDPOINT=${TRACES_ENDPOINT:-http://jaeger:4318}" } else { "" } }} \
      docker compose -f docker-compose.scale.yml {{options}} up -d --build --wait

# more or fewer backends on the running staging system: 1 to 10, nothing dropped
scale backends:
    @deploy/compose/scale.sh {{quote(backends)}}

# back up the database of `just up`, while it runs or not, into .backups; `--every 15m` goes on
backup *options="--keep 96": build-backend
    DATABASE_URL="${DATABASE_URL:-sqlite://.data/onboarding.db}" target/quick/onboarding-backend backup --to "${BACKUP_DIR:-.backups}" {{options}}

# put the newest backup, or `just restore --from FILE`, in the place of the database of `just up`, which must not run
restore *options="--from ${BACKUP_DIR:-.backups}": build-backend
    DATABASE_URL="${DATABASE_URL:-sqlite://.data/onboarding.db}" target/quick/onboarding-backend restore {{options}}

# restore the newest backup to a scratch place, start an instance on it, and say how long that took
restore-drill from="${BACKUP_DIR:-.backups}": build-backend
    deploy/backup/drill.sh "{{from}}"

# back up staging while it runs; `-f deploy/compose/embedded.yml` as for `just staging`
backup-staging *files:
    deploy/backup/staging.sh backup {{files}}

# put a backup (deploy/backup/staging.sh says where they are) in the place of staging's database
restore-staging backup *files:
    deploy/backup/staging.sh restore "{{backup}}" {{files}}

# end staging; its data stays
staging-down:
    docker compose -f docker-compose.scale.yml --profile '*' down

# the commands of README.md and docs/*.md, as they stand there, in a fresh copy
test-commands *pages:
    deploy/test/commands.sh {{pages}}

# what needs a container engine: images, Compose, faults and scaling under load, TLS, monitoring, nginx, Swarm, Kubernetes
test-containers *parts:
    deploy/test/containers.sh {{parts}}

# the balancer beside nginx and HAProxy in one run; --quick takes two minutes
bench *options: build-bench
    python3 bench/run.py {{options}}

# the backend in a storm of log-ins: reads beside it, memory before, during and after, and what failed log-ins leave in the database
bench-backend *options:
    cargo build --release --locked -p backend -p load-balancer -p testkit --bins
    python3 bench/backend.py {{options}}

# what admins ask for with a million people: time and bytes of each call, and the funnel beside a recount
bench-funnel *options:
    cargo build --profile quick --locked -p backend -p testkit --bins
    python3 bench/funnel.py {{options}}

# the page on a slow phone, through nginx: LCP, INP, CLS, TBT, and the sizes of its files (bench/reports/page.md)
bench-page: build
    #!/usr/bin/env bash
    set -euo pipefail
    source crates/local-cluster/scripts/with-cluster.sh
    with_cluster release 600 npm --prefix frontend run vitals

# where the CPU time of one of the benchmark's cases goes
profile case: build-bench
    python3 bench/profile.py {{case}}

# instructions per request beside those of the last commit that kept them; --keep keeps the new ones
instructions *options: build-bench
    python3 bench/instructions.py {{options}}

# Neither the benchmark's nor the tests' programs. The page needs the network first and the compiler the processor, so
# they are built side by side.
[private]
build-up:
    #!/usr/bin/env bash
    set -euo pipefail
    if [[ ! -x target/quick/local-cluster ]]; then
      echo "Building the page, the balancer, the backend and local-cluster: about five minutes on two cores that do nothing else, once; then seconds."
    fi
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    "{{just_executable()}}" --justfile "{{justfile()}}" page >"$log" 2>&1 &
    page=$!
    cargo build --profile quick --locked --package local-cluster --package backend --package load-balancer --bins
    wait "$page" || { cat "$log" >&2; echo "The page cannot be built, see above." >&2; exit 1; }

# The packages of build-up, whose features its dependencies have: there is nothing to compile after it.
[private]
build-backend:
    cargo build --profile quick --locked --package local-cluster --package backend --package load-balancer --bin onboarding-backend

[private]
build-bench:
    cargo build --release --locked -p load-balancer -p testkit --bins

# the page, built for production
page: node-modules
    cd frontend && npm run --silent build

[private]
node-modules:
    #!/usr/bin/env bash
    set -euo pipefail
    cd frontend
    if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
      npm ci --no-audit --no-fund
      touch node_modules/.package-lock.json
    fi

# the provider of OpenID Connect that the backend's tests log in by
[private]
oidc-provider:
    #!/usr/bin/env bash
    set -euo pipefail
    command -v npm >/dev/null || exit 0
    cd crates/backend/tests/oidc-provider
    if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
      npm ci --no-audit --no-fund
      touch node_modules/.package-lock.json
    fi

[private]
test-rust: oidc-provider
    cargo build --workspace --bins --locked
    cargo test --workspace --locked

# the benchmark's own arithmetic, and nginx with our configurations where nginx is installed
[private]
test-bench:
    python3 -m unittest discover -s bench/tests

[private]
test-frontend: node-modules
    cd frontend && npm test

# a real browser signs a person up through the whole running system
[private]
test-browser: page
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --workspace --bins --locked
    source crates/local-cluster/scripts/with-cluster.sh
    with_cluster debug 300 npm --prefix frontend run e2e

[private]
check-rust:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
    python3 -m unittest discover --quiet -s .ci/tests
    .ci/module_circles.py
    .ci/cargo-tool machete
    .ci/cargo-tool deny --all-features check bans licenses sources
    .ci/advisories
    .ci/check-workflows

[private]
check-frontend: node-modules
    cd frontend && npm run check

# each fuzz target for so many seconds; what it finds is kept in crates/load-balancer/fuzz/artifacts
fuzz seconds="30":
    .ci/fuzz {{seconds}}

# renew the digests of the base images (deploy/docker/base-images.lock) from the registry; needs docker with buildx
update-images:
    deploy/docker/update-images.sh

# take the pictures of docs/pictures anew, from the system as it runs
screenshots *options: build
    #!/usr/bin/env bash
    set -euo pipefail
    source crates/local-cluster/scripts/with-cluster.sh
    BACKEND=target/release/onboarding-backend with_cluster release 500 node frontend/scripts/screenshots.mjs {{options}}

# format all code
fmt:
    cargo fmt --all
    cd frontend && npx prettier --write --log-level warn .

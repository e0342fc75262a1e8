#!/usr/bin/env bash
# Holds every Grafana dashboard against the schema of the Grafana that shows it, by the types that Grafana publishes of it
# on npm, under the version of deploy/compose/monitoring.yml. Then a fault of each kind, which has to be found.
#
#   deploy/test/dashboards.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

version=$(sed -nE 's|^ +image: grafana/grafana:(.*)$|\1|p' deploy/compose/monitoring.yml)
typescript=$(sed -nE 's/^ +"typescript": "([^"]+)".*/\1/p' frontend/package.json)
tools=$PWD/.tools/grafana-$version

main() {
  local board
  [[ -d $tools/node_modules/@grafana/schema && -d $tools/node_modules/typescript ]] || {
    mkdir -p "$tools"
    npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$tools" "@grafana/schema@$version" "typescript@$typescript"
  }
  ln -sfn node_modules/@grafana/schema/dist/types "$tools/schema"
  fits deploy/grafana/dashboards/*.json || fail "a dashboard does not fit Grafana $version"
  board=deploy/grafana/dashboards/overview.json
  misses 's/"graphMode"/"graphMood"/' "$board"
  misses 's/"colorMode": "background"/"colorMode": "loud"/' "$board"
  misses 's/"fillOpacity": [0-9]+/"fillOpacity": "much"/' "$board"
  misses 's/"refId"/"id"/' "$board"
  say "every dashboard fits the schema of Grafana $version, and four faults do not"
}

fits() {
  node deploy/test/dashboards.mjs "$@" >"$tools/checked.ts"
  (cd "$tools" && node_modules/.bin/tsc --ignoreConfig --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler checked.ts) >"$tools/said" ||
    { [[ -n ${quiet:-} ]] || head -n 20 "$tools/said" >&2; return 1; }
}

# misses SED FILE: the file so changed does not fit.
misses() {
  local changed=$tools/overview.json quiet=yes
  sed -E "$1" "$2" >"$changed"
  ! cmp -s "$changed" "$2" || fail "nothing to change: $1"
  ! fits "$changed" || fail "a dashboard with a fault fits: $1"
}

main

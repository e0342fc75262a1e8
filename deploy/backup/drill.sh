#!/usr/bin/env bash
# A restore drill on this machine: takes the newest backup, or the one that is named, to a scratch place, starts an
# instance on it, asks it whether it is ready, and says how old the backup is and how long all of it took. Nothing that
# runs is touched. SQLite; for SQL Server see docs/operations.md, "Restore".
#
#   deploy/backup/drill.sh FILE|DIR      BACKEND=target/quick/onboarding-backend
set -euo pipefail

from=${1:?usage: deploy/backup/drill.sh FILE|DIR}
backend=${BACKEND:-target/quick/onboarding-backend}
scratch=$(mktemp -d)
trap '[[ -z ${instance:-} ]] || kill "$instance" 2>/dev/null || true; rm -rf "$scratch"' EXIT

export DATABASE_URL=sqlite://$scratch/onboarding.db LOG_FORMAT=text RUST_LOG=info
# Tokens of the drill are worth nothing afterwards.
JWT_SECRET=$(head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n')
export JWT_SECRET

started=$(date +%s.%N)
told=$("$backend" restore --from "$from")
BIND_ADDRESS=127.0.0.1:0 "$backend" serve >"$scratch/log" 2>&1 &
instance=$!
until address=$(sed -nE 's/.*listening.*address=([0-9.:]+).*/\1/p' "$scratch/log") && [[ -n $address ]]; do
  kill -0 "$instance" 2>/dev/null || { cat "$scratch/log" >&2; echo "error: no instance starts on the backup" >&2; exit 1; }
  sleep 0.05
done
curl -fsS "http://$address/ready" >/dev/null
ended=$(date +%s.%N)

backup=${told##* from }
taken=$(sed -nE 's/.*"taken_at": "([^"]+)".*/\1/p' "$backup.json")
echo "$told" | sed 's/^/· /'
echo "· holds $(sed -nE 's/.*"users": ([0-9]+).*/\1/p' "$backup.json") users, schema $(sed -nE 's/.*"schema_version": ([0-9]+).*/\1/p' "$backup.json")"
awk -v a="$started" -v b="$ended" 'BEGIN { printf "· restored, started and ready in %.2f s (RTO, but for finding out and deciding)\n", b - a }'
echo "· the backup is $(($(date +%s) - $(date -d "$taken" +%s))) s old: what a loss at this moment would cost (RPO)"

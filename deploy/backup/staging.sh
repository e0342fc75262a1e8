#!/usr/bin/env bash
# Backs up or restores staging as it runs under Compose.
#
#   deploy/backup/staging.sh backup [-f MORE.yml]...
#   deploy/backup/staging.sh restore BACKUP [-f MORE.yml]...
#
# With SQL Server, backups lie in /var/opt/mssql/backup of the container `db`; with the embedded store
# (-f deploy/compose/embedded.yml), in the volume `backups`. BACKUP is a file there, or its name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() { sed -nE '2,9s/^# ?//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
what=${1:-}
shift || usage
if [[ $what == restore ]]; then
  [[ -n ${1:-} && $1 != -f ]] || usage
  backup=$1
  shift
fi

compose() { docker compose -f docker-compose.scale.yml "${files[@]}" "$@"; }
files=("$@")
folder=/backups
if compose --profile backup config --services | grep -x db >/dev/null; then folder=/var/opt/mssql/backup; fi

case $what in
  backup) compose --profile backup run --rm --no-deps backup backup --to "$folder" ;;
  restore)
    [[ $backup == /* ]] || backup=$folder/$backup
    # All that use the database; started again whatever comes of it: a restore that fails leaves what was there.
    mapfile -t users < <(compose --profile '*' ps --services --status running | grep -E '^(backend-[0-9]+|backup|backup-log)$')
    ((${#users[@]} == 0)) || { compose --profile '*' stop "${users[@]}"; trap 'compose --profile "*" start "${users[@]}"' EXIT; }
    compose --profile backup run --rm --no-deps backup restore --from "$backup"
    ;;
  *) usage ;;
esac

# Sourced by containers.sh: staging is backed up while people come and go, loses its data, and gets it back.

staging_backup() {
  COMPOSE_PROJECT_NAME=user-onboarding-test deploy/backup/staging.sh "$@" -f deploy/compose/embedded.yml
}

take_backup() { staging_backup backup >"$work/backup.out" || { cat "$work/backup.out" >&2; return 1; }; }

# The users in the newest report of a backup.
users_in_backup() { sed -nE 's/.* ([0-9]+) users, as of .*/\1/p' "$work/backup.out" | tail -n 1; }

# The status of a call of /api/auth with a body.
auth() {
  curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d "$2" \
    "http://127.0.0.1:$LOAD_BALANCER_PORT/api/auth/$1"
}

register() { auth register "{\"email\":\"$1\",\"password\":\"correct horse battery staple\",\"full_name\":\"Ada Lovelace\"}"; }
log_in() { auth login "{\"email\":\"$1\",\"password\":\"correct horse battery staple\"}"; }

restore_drill() {
  # Other parts may have been here before.
  local backup started before=before-$RANDOM$RANDOM@example.com after=after-$RANDOM$RANDOM@example.com
  expect "a registration" 201 "$(register "$before")"
  under_load backup take_backup
  backup=$(sed -nE 's/^(\/backups\/[^:]+): .*/\1/p' "$work/backup.out" | tail -n 1)
  [[ -n $backup && $(users_in_backup) -gt 1 ]] || { cat "$work/backup.out" >&2; fail "the backup holds nobody"; }
  expect "a registration" 201 "$(register "$after")"
  started=$SECONDS
  staging_backup restore "$backup" >"$work/restore.out" 2>&1 || { cat "$work/restore.out" >&2; fail "the backup was not restored"; }
  all_up
  expect "a log-in from before the backup" 200 "$(log_in "$before")"
  expect "a log-in from after the backup" 401 "$(log_in "$after")"
  show "restore drill: $(users_in_backup) users backed up under load, restored and serving again in $((SECONDS - started)) s"
}

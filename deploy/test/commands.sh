#!/usr/bin/env bash
# Runs the commands of README.md and docs/*.md as they stand, in a copy of what is checked in, which has nothing else:
#
#   deploy/test/commands.sh [PAGE]...
#
# commands.py says how a page marks its blocks. Where there is no image of SQL Server, `docker compose` gets the file of
# the embedded store laid over the one that it is told; nothing else of a command is changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

status=0
deploy/test/engine.sh || status=$?
if ((status == 3)); then
  echo "skipped: the commands of the pages (no container engine, see above)"
  exit
fi
((status == 0)) || fail "there is no container engine"
deploy/test/base-images.sh
# A fresh clone has no images of an earlier state, which `up -d` would take as they are; layers stay.
for image in backend:debug load-balancer:debug backend:dev load-balancer:dev frontend:dev; do
  docker image rm "user-onboarding/$image" >/dev/null 2>&1 || true
done

work=$(mktemp -d)
clean_up() {
  (cd "$work/clone" && eval "$(sed -n 's/^NOTHING = "\(.*\)"$/\1/p' deploy/test/commands.py | sed 's/down/down --volumes/g')") >/dev/null 2>&1 || true
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# A clone has what is checked in; what is changed here and not yet checked in comes along.
mkdir "$work/clone" "$work/bin" "$work/just"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
  tar --null --files-from - --create | tar --directory "$work/clone" --extract

DOCKER=$(command -v docker)
export DOCKER DOCKER_BUILDKIT=1
cat >"$work/bin/docker" <<'SHIM'
#!/usr/bin/env bash
# The embedded store in SQL Server's place; who names files already, in another way than a person types, knows it.
[[ $1 == compose && " $* " != *" --file="* ]] || exec "$DOCKER" "$@"
shift
files=()
while [[ ${1:-} == -f || ${1:-} == --file ]]; do files+=(-f "$2") && shift 2; done
if [[ ${files[*]} == *docker-compose.scale.yml* ]]; then files+=(-f deploy/compose/embedded.yml); fi
if ((${#files[@]} == 0)); then files=(-f docker-compose.yml -f deploy/compose/embedded.dev.yml); fi
exec "$DOCKER" compose "${files[@]}" "$@"
SHIM
# `just` is ./justw where it is not installed; that one must not find this one again.
printf '#!/bin/sh\nPATH=$(echo "$PATH" | sed "s|%s:||") exec ./justw "$@"\n' "$work/just" >"$work/just/just"
chmod +x "$work"/bin/* "$work/just/just"
if docker image inspect "$(sed -n 's/^ *image: \(mcr[^ ]*\)$/\1/p' deploy/compose/services.yml)" >/dev/null 2>&1; then
  rm "$work/bin/docker"
else
  echo "skipped: SQL Server in these commands (no image of it here; the embedded store stands in for it)"
fi

cd "$work/clone"
PATH=$work/just:$work/bin:$PATH python3 deploy/test/commands.py "$@"

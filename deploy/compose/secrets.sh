#!/usr/bin/env bash
# Makes the secrets that are missing; those that are there are left alone.
#
#   deploy/compose/secrets.sh [DIR]                       each a file in DIR, default deploy/compose/secrets
#   deploy/compose/secrets.sh --share READER=UID:NAME,…   for each reader a folder below /readers with what it reads
#
# Compose needs no call of the first kind: its service `secrets` makes the second one at each start, where every reader's
# folder is a volume that only this reader mounts. A NAME that ends in `*` stands for all files that begin so: they are handed
# over where they are given, and never made. A file that somebody put into deploy/compose/secrets (or SECRETS_DIR)
# wins over what was made at random. For Swarm and Kubernetes, whose own secrets these become, make the files first.
set -euo pipefail

given=${SECRETS_GIVEN:-/given}
readers=${SECRETS_READERS:-/readers}

main() {
  if [[ ${1:-} == --share ]]; then
    shift
    share "$@"
  else
    make_files "${1:-$(dirname "${BASH_SOURCE[0]}")/secrets}"
  fi
}

make_files() {
  local name
  install -d -m 0700 "$1"
  for name in jwt_secret lb_admin_token grafana_password db_password db_migrator_password db_app_password; do
    [[ -s $1/$name ]] || { write "$1/$name" 0600 "$(new "$name")" && echo "made $1/$name"; }
  done
}

# new NAME: a new value at random.
new() {
  case $1 in
    jwt_secret) random 48 ;;
    lb_admin_token) random 24 ;;
    # SQL Server wants three of: upper case, lower case, digits, signs.
    db_*password) printf 'Aa1-%s' "$(random 16)" ;;
    *) random 16 ;;
  esac
}

random() { head -c "$1" /dev/urandom | od -An -vtx1 | tr -d ' \n'; }

# write FILE MODE VALUE [UID]: at once or not at all.
write() {
  (umask 077 && printf '%s' "$3" >"$1.new")
  [[ -z ${4:-} ]] || chown "$4" "$1.new"
  chmod "$2" "$1.new"
  mv "$1.new" "$1"
}

share() {
  local reader folder uid names name
  for reader in "$@"; do
    [[ $reader =~ ^([a-z-]+)=([0-9]+):([a-z_,*]+)$ ]] || { echo "secrets: '$reader' is not READER=UID:NAME,…" >&2; exit 2; }
    folder=${BASH_REMATCH[1]} uid=${BASH_REMATCH[2]} names=$(all_of "${BASH_REMATCH[3]}")
    for name in ${names//,/ }; do give "$folder" "$uid" "$name"; done
    take_back "$folder" "$names"
  done
}

# all_of NAMES: the same, with what is given in the place of each name that ends in `*`.
all_of() {
  local name file all=
  while IFS= read -r -d , name; do
    if [[ $name != *'*' ]]; then all+=,$name && continue; fi
    for file in "$given/${name%'*'}"*; do
      if [[ -s $file ]]; then all+=,${file##*/}; fi
    done
  done <<<"$1,"
  echo "${all#,}"
}

# give READER UID NAME: what was given, else what a reader has already, else a new one.
give() {
  local file=$readers/$1/$3 source value
  source=$(first_of "$given/$3" "$readers"/*/"$3")
  value=$(if [[ -n $source ]]; then cat "$source"; else new "$3"; fi)
  [[ -e $file && $(<"$file") == "$value" ]] || { write "$file" 0400 "$value" "$2" && echo "$3: ready for $1"; }
}

# take_back READER NAMES: what was given to a reader that does not read it any more.
take_back() {
  local file
  for file in "$readers/$1"/*; do
    [[ ! -e $file || ,$2, == *,${file##*/},* ]] || rm -f "$file"
  done
}

# The first of these files that has something in it.
first_of() {
  local file
  for file in "$@"; do
    if [[ -s $file ]]; then echo "$file" && return; fi
  done
}

main "$@"

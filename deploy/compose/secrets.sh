#!/usr/bin/env bash
# Makes the secrets that are missing, each in a file of its own; those that are there are left alone.
#
#   deploy/compose/secrets.sh [DIR]      default: deploy/compose/secrets
#
# Compose binds the files into the containers as they are, whose users are not yours: so they are readable, in a
# folder that only you can enter.
set -euo pipefail
dir=${1:-$(dirname "${BASH_SOURCE[0]}")/secrets}

install -d -m 0700 "$dir"

make() {
  local file=$dir/$1
  [[ -s $file ]] || { (umask 022 && printf '%s' "$2" >"$file.new" && mv "$file.new" "$file") && echo "made $file"; }
}
random() { head -c "$1" /dev/urandom | od -An -vtx1 | tr -d ' \n'; }

make jwt_secret "$(random 48)"
make lb_admin_token "$(random 24)"
make grafana_password "$(random 16)"
# SQL Server wants three of: upper case, lower case, digits, signs.
make db_password "Aa1-$(random 16)"

#!/usr/bin/env bash
# Makes a certificate for trying TLS out, signed by itself, which browsers warn of. One that is there is left alone, so
# for real use put your own there: site.crt with its chain, site.key.
#
#   deploy/compose/certificates.sh [DIR] [NAME]...      default: deploy/compose/tls/live, localhost
#
# Compose binds DIR into containers whose users are not yours: so what is in it is readable, and the folder around it is
# one that only you can enter.
set -euo pipefail
dir=${1:-$(dirname "${BASH_SOURCE[0]}")/tls/live}
shift || true
names=("${@:-localhost}")

command -v openssl >/dev/null || { echo "certificates: openssl is not installed" >&2; exit 1; }
install -d -m 0700 "$(dirname "$dir")"
install -d -m 0755 "$dir"
if [[ -e $dir/site.crt && -e $dir/site.key ]]; then
  echo "there already: $(openssl x509 -in "$dir/site.crt" -noout -subject -enddate | xargs)"
  exit
fi
[[ ! -e $dir/site.crt && ! -e $dir/site.key ]] || { echo "certificates: $dir has only one of site.crt and site.key" >&2; exit 1; }

for name in "${names[@]}"; do
  [[ $name =~ ^[A-Za-z0-9*.-]+$ ]] || { echo "certificates: '$name' is no host name" >&2; exit 2; }
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -keyout "$dir/site.key" -out "$dir/site.crt" \
  -subj "/CN=${names[0]}" -addext "subjectAltName=$(printf 'DNS:%s,' "${names[@]}")IP:127.0.0.1" 2>/dev/null
chmod 0644 "$dir/site.crt" "$dir/site.key"
echo "made $dir/site.crt and $dir/site.key for ${names[*]}, for 90 days"

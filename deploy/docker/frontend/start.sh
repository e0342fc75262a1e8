#!/bin/sh
# Puts into the site's configuration what only the running container knows, then becomes nginx.
#
#   LOAD_BALANCER     host:port that /api goes to; a whole name, since nginx knows no search domains
#   DNS_SERVER        default: the first one of /etc/resolv.conf
#   TLS_CERTIFICATE   a file with the certificate and its chain; with it the page is on 3443 by HTTPS, too
#   TLS_KEY           the file with its key
set -eu

dns=${DNS_SERVER:-$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)}
case $dns in
  *:*) dns="[$dns]" ;;
esac

listen='listen 3000;'
if [ -n "${TLS_CERTIFICATE:-}" ]; then
  for file in "$TLS_CERTIFICATE" "${TLS_KEY:?names no file with the key of TLS_CERTIFICATE}"; do
    [ -r "$file" ] || { echo "start-frontend: cannot read $file" >&2; exit 2; }
  done
  listen="$listen listen 3443 ssl; http2 on; ssl_protocols TLSv1.2 TLSv1.3;"
  listen="$listen ssl_certificate $TLS_CERTIFICATE; ssl_certificate_key $TLS_KEY; ssl_session_cache shared:tls:2m;"
fi

# The balancer's name is looked up anew every second, so that a balancer may be replaced at any time.
mkdir -p /tmp/sites
sed -e "s|server load-balancer:8080 |resolver $dns valid=1s; server $LOAD_BALANCER resolve |" -e "s|listen 3000;|$listen|" \
  /etc/nginx/frontend.conf > /tmp/sites/frontend.conf

exec nginx -g 'daemon off;' "$@"

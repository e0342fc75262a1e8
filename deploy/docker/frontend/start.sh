#!/bin/sh
# Tells nginx what only the running container knows, then becomes nginx.
#
#   LOAD_BALANCER   host:port that /api goes to; a whole name, since nginx knows no search domains
#   DNS_SERVER      default: the first one of /etc/resolv.conf
set -eu

dns=${DNS_SERVER:-$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)}
case $dns in
  *:*) dns="[$dns]" ;;
esac

cat > /tmp/frontend.conf <<END
resolver $dns valid=1s;
map \$host \$load_balancer { default "$LOAD_BALANCER"; }
END

exec nginx -g 'daemon off;' "$@"

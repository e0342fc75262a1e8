#!/bin/sh
# Puts into the site's configuration what only the running container knows, then becomes nginx.
#
#   LOAD_BALANCER     host:port that /api goes to, one or more with blanks between; whole names, since nginx knows no
#                     search domains
#   DNS_SERVER        default: the first one of /etc/resolv.conf
#   TLS_CERTIFICATE   a file with the certificate and its chain; with it the page is on 3443 by HTTPS, too
#   TLS_KEY           the file with its key
#   PUBLIC_SCHEME     https, where TLS ends in front of this server, such as at an ingress: what people come by
#   TRUSTED_PROXIES   addresses and networks of proxies in front of this server, with commas or spaces between them, such
#                     as an ingress controller's: their X-Forwarded-For and -Proto are believed; nobody's by default
#   OTEL_EXPORTER_OTLP_ENDPOINT   collector for the traces of the page, by plain HTTP; without it they are off
#   OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG   which share of its calls the page traces; all by default
set -eu

refuse() { echo "start-frontend: $1" >&2; exit 2; }

dns=${DNS_SERVER:-$(awk '$1 == "nameserver" { print $2; exit }' /etc/resolv.conf)}
case $dns in
  *:*) dns="[$dns]" ;;
esac

listen='listen 3000;'
if [ -n "${TLS_CERTIFICATE:-}" ]; then
  for file in "$TLS_CERTIFICATE" "${TLS_KEY:?names no file with the key of TLS_CERTIFICATE}"; do
    [ -r "$file" ] || refuse "cannot read $file"
  done
  listen="$listen listen 3443 ssl; http2 on; ssl_protocols TLSv1.2 TLSv1.3;"
  listen="$listen ssl_certificate $TLS_CERTIFICATE; ssl_certificate_key $TLS_KEY; ssl_session_cache shared:tls:2m;"
fi

case ${PUBLIC_SCHEME:-} in
  '') scheme=\$scheme ;;
  http | https) scheme=$PUBLIC_SCHEME ;;
  *) refuse "PUBLIC_SCHEME is neither http nor https" ;;
esac

real_ip=
from_trusted=
for proxy in $(echo "${TRUSTED_PROXIES:-}" | tr ',' ' '); do
  case $proxy in
    *[!0-9A-Fa-f.:/]*) refuse "TRUSTED_PROXIES has $proxy, which is neither an address nor a network" ;;
  esac
  real_ip="$real_ip set_real_ip_from $proxy;"
  from_trusted="$from_trusted $proxy 1;"
done

collector=${OTEL_EXPORTER_OTLP_ENDPOINT:-}
share=
case $collector in
  '') ;;
  *[!A-Za-z0-9:/._-]*) refuse "OTEL_EXPORTER_OTLP_ENDPOINT is no address such as http://collector:4318" ;;
  http://?*)
    case ${OTEL_TRACES_SAMPLER:-} in
      *always_off) share=0 ;;
      *traceidratio) share=${OTEL_TRACES_SAMPLER_ARG:-1} ;;
      *) share=1 ;;
    esac
    case $share in *[!0-9.]*) refuse "OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1" ;; esac ;;
  https://?*)
    echo "start-frontend: traces of the page are off: they go by plain HTTP to a collector in this network" >&2
    collector= ;;
  *) refuse "OTEL_EXPORTER_OTLP_ENDPOINT is no address such as http://collector:4318" ;;
esac

# The balancers' names are looked up anew every second, so that any of them may be replaced at any time; one that has no
# address is left out.
balancers="resolver $dns valid=1s; resolver_timeout 2s;"
for balancer in $LOAD_BALANCER; do
  case $balancer in
    *[!A-Za-z0-9:._-]* | *:*:* | :* | *:) refuse "LOAD_BALANCER: '$balancer' is not host:port" ;;
    *:*) balancers="$balancers server $balancer resolve max_fails=0;" ;;
    *) refuse "LOAD_BALANCER: '$balancer' is not host:port" ;;
  esac
done
case $balancers in *server*) ;; *) refuse "LOAD_BALANCER names no balancer" ;; esac

mkdir -p /tmp/sites
sed -e "s|server load-balancer:8080 max_fails=0;|$balancers|" -e "s|listen 3000;|$listen|" \
  -e "s|set \$traces_collector '';|resolver $dns valid=10s; set \$traces_collector '${collector%/}';|" \
  -e "s|real_ip_header X-Forwarded-For;|&$real_ip|" -e "s|^    default 0;|&$from_trusted|" \
  -e "s|default \$scheme;|default $scheme;|" \
  -e "s|set \$traces_share '';|set \$traces_share '$share';|" \
  /etc/nginx/frontend.conf > /tmp/sites/frontend.conf

exec nginx -g 'daemon off;' "$@"

#!/usr/bin/env bash
# The base images of the Dockerfiles:
#
#   base-images.sh names                names as the Dockerfiles give them, one a line
#   base-images.sh build-args SERVICE   build arguments that pin the images of one service to the digests of the lock
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

names() {
  sed -nE 's/^ARG [A-Z]+_IMAGE=(.+)$/\1/p' ./*/Dockerfile | sort -u
}

build_args() {
  local argument image digest
  [[ -f $1/Dockerfile ]] || { echo "error: no service '$1' in deploy/docker" >&2; exit 2; }
  while read -r argument; do
    image=${argument#*=}
    digest=$(awk -v image="$image" '$1 == image { print $2 }' base-images.lock)
    [[ $digest == sha256:* ]] || { echo "error: base-images.lock has no digest for $image: run just update-images" >&2; exit 1; }
    echo "$argument@$digest"
  done < <(sed -nE 's/^ARG ([A-Z]+_IMAGE=.+)$/\1/p' "$1/Dockerfile")
}

case ${1:-} in
  names) names ;;
  build-args) build_args "${2:?a service is missing}" ;;
  *) echo "usage: base-images.sh names | build-args SERVICE" >&2; exit 2 ;;
esac

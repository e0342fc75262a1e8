#!/usr/bin/env bash
# Asks the registry for the digest of each base image that the Dockerfiles name, and writes base-images.lock anew.
# Needs docker with buildx and a way to the registry. The lock stays as it was when one digest cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

lock=base-images.lock
new=$(mktemp)
trap 'rm -f "$new"' EXIT

grep '^#' "$lock" >"$new"
for image in $(./base-images.sh names); do
  digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image") ||
    { echo "error: the registry gives no digest for $image; $lock is unchanged" >&2; exit 1; }
  echo "$image $digest" >>"$new"
done
cat "$new" >"$lock"
echo "$lock is written:"
grep -v '^#' "$lock"

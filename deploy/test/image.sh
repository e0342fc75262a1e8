#!/usr/bin/env bash
# Looks into the image of a service of ours: no shell, its labels, and the list of crates that cargo-auditable put into
# its binary, from which scanners know what it is made of.
#
#   deploy/test/image.sh IMAGE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

image=${1:?which image?}
dir=$(mktemp -d)
container=$(docker create "$image")
trap 'docker rm "$container" >/dev/null; rm -rf "$dir"' EXIT

docker export "$container" | tar -C "$dir" -x
shells=$(find "$dir" -name '*sh' -path '*bin/*' -o -name busybox)
[[ -z $shells ]] || fail "$image holds a shell: $shells"

for label in title description licenses version revision created; do
  [[ -n $(docker image inspect --format "{{index .Config.Labels \"org.opencontainers.image.$label\"}}" "$image") ]] ||
    fail "$image bears no label org.opencontainers.image.$label"
done

binary=$(docker image inspect --format '{{index .Config.Entrypoint 0}}' "$image")
objcopy --dump-section ".dep-v0=$dir/crates" "$dir/usr/local/bin/$binary" /dev/null || fail "$binary holds no list of crates"
python3 - "$dir/crates" <<'END' || fail "the list of crates in $binary is not complete"
import json, sys, zlib
crates = {c["name"]: c["version"] for c in json.loads(zlib.decompress(open(sys.argv[1], "rb").read()))["packages"]}
locked = open("Cargo.lock").read()
wrong = [f"{n} {v}" for n, v in crates.items() if f'name = "{n}"\nversion = "{v}"' not in locked]
print(f"· {len(crates)} crates listed in the binary, tokio {crates.get('tokio')} among them", file=sys.stderr)
sys.exit(f"not in Cargo.lock: {wrong}" if wrong or "tokio" not in crates else 0)
END

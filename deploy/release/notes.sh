#!/usr/bin/env bash
# Prints what CHANGELOG.md says of one version, for the notes of its release:
#
#   deploy/release/notes.sh 0.2.0        a leading v, as in a tag, may be there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=${1:?usage: deploy/release/notes.sh VERSION}
version=${version#v}
notes=$(awk -v heading="## [$version]" '
  index($0, "## [") == 1 { inside = index($0, heading) == 1; next }
  inside { print }' CHANGELOG.md)
[[ -n ${notes//[[:space:]]/} ]] || { echo "error: CHANGELOG.md says nothing of version $version" >&2; exit 1; }
printf '%s\n' "$notes"

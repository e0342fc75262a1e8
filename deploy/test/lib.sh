# Sourced by the scripts of deploy/test: small words that all of them use.

say() { printf '%s\n' "· $*" >&2; }
fail() { printf '%s\n' "error: $*" >&2; exit 1; }

# The mirror from which this machine's own apt takes SUITE (or, where it has none, the one of its main source).
apt_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$1" '$1 == suite { print $2; exit }')
  [[ -n $uri ]] && printf '%s\n' "$uri"
}

# Size of an image in MB.
size_of() {
  docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%.1f MB\n", $1 / 1e6 }'
}

# Sourced by the scripts of deploy/test: small words that all of them use.

say() { printf '%s\n' "· $*" >&2; }
fail() { printf '%s\n' "error: $*" >&2; exit 1; }

# show TEXT: what has been shown to work, said now and again at the end.
shown=()
show() {
  say "$*"
  shown+=("$*")
}

# until_true SECONDS WHAT COMMAND...: waits for the command to succeed; says what it waited for when it never does.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      say "waited in vain until $what"
      return 1
    fi
    sleep 0.2
  done
}

# expect WHAT EXPECTED ACTUAL
expect() {
  [[ $2 == "$3" ]] || fail "$1: expected '$2', found '$3'"
}

# The mirror from which this machine's own apt takes Debian; it has the other suites, too.
apt_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "bookworm" { print $2; exit }')
  [[ -n $uri ]] && printf '%s\n' "$uri"
}

# from_debian SUITE DIR PACKAGE...: unpacks packages of that suite into DIR, their dependencies not; with lists of its
# own, so that nothing of this machine's apt changes.
from_debian() {
  local suite=$1 into=$2 dir mirror package
  shift 2
  dir=$(mktemp -d)
  mirror=$(apt_mirror) || fail "apt has no source for Debian"
  mkdir -p "$dir"/{lists/partial,cache/archives/partial} "$into"
  touch "$dir/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$dir/sources.list"
  local options=(-qq -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$dir/lists"
    -o "Dir::Cache=$dir/cache" -o "Dir::State::status=$dir/status" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$dir" && apt-get "${options[@]}" download "$@" >/dev/null)
  for package in "$dir"/*.deb; do dpkg -x "$package" "$into"; done
  rm -rf "$dir"
}

# Size of an image in MB.
size_of() {
  docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%.1f MB\n", $1 / 1e6 }'
}

# Whether the balancer on port $1 can use exactly $2 backends, and no other is known to be out; one that has left its
# name is no longer counted.
backends_up() {
  curl -fsS --max-time 5 "http://127.0.0.1:$1/health" | python3 -c '
import json, sys
states = [i["state"] for i in json.load(sys.stdin)["instances"] if i["state"] != "leaving"]
sys.exit(states != ["up"] * int(sys.argv[1]))' "$2"
}

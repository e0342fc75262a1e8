#!/usr/bin/env bash
# Makes sure that there is a container engine with Compose v2 and BuildKit: Docker from Debian's own packages.
#
#   deploy/test/engine.sh
#
# What is there is left alone. Debian 12 has the engine but neither Compose v2 nor buildx; those two programs are taken
# out of Debian 13's packages, with lists of their own, so that nothing of this machine's apt changes. What it cannot
# bring for want of root or of Debian makes it exit with 3, and say so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

plugins=/usr/local/lib/docker/cli-plugins
newer=trixie

main() {
  docker info >/dev/null 2>&1 || bring_engine
  docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1 || install_plugins
  for tool in debootstrap openssl objcopy curl python3 jq; do
    command -v "$tool" >/dev/null || install_tools
  done
  say "$(docker version --format 'Docker engine {{.Server.Version}}'), Compose $(docker compose version --short)"
}

# can_bring WHAT: whether this machine lets us; exits with 3 where it does not.
can_bring() {
  [[ $EUID == 0 ]] || { say "$1 is lacking, and who is not root cannot bring it"; exit 3; }
  command -v apt-get >/dev/null && apt_mirror >/dev/null || { say "$1 is lacking, and comes from Debian only"; exit 3; }
}

bring_engine() {
  can_bring "a running container engine"
  command -v dockerd >/dev/null || from_apt docker.io iptables
  start_engine
}

install_tools() {
  can_bring "$tool"
  from_apt debootstrap openssl binutils curl python3 jq
}

from_apt() {
  say "installing $* from Debian's packages"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

start_engine() {
  if [[ -d /run/systemd/system ]]; then
    systemctl start docker
  else
    say "starting dockerd"
    mkdir -p .data
    # One that was ended by force leaves its number behind, which may be another's by now.
    [[ $(cat "/proc/$(cat /var/run/docker.pid 2>/dev/null)/comm" 2>/dev/null) == dockerd ]] || rm -f /var/run/docker.pid
    setsid dockerd >.data/dockerd.log 2>&1 </dev/null &
  fi
  until_true 60 "the engine answers" docker info || { tail -n 20 .data/dockerd.log >&2; fail "the engine does not start"; }
}

install_plugins() {
  local dir
  can_bring "Compose v2 or buildx"
  say "taking Compose and buildx out of Debian $newer's packages"
  dir=$(mktemp -d)
  from_debian "$newer" "$dir" docker-compose docker-buildx
  install -D -t "$plugins" "$dir"/usr/libexec/docker/cli-plugins/*
  rm -rf "$dir"
}

main

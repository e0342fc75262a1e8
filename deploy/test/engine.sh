#!/usr/bin/env bash
# Makes sure that there is a container engine with Compose v2 and BuildKit: Docker from Debian's own packages.
#
#   deploy/test/engine.sh
#
# What is there is left alone. Debian 12 has the engine but neither Compose v2 nor buildx; those two programs are taken
# out of Debian 13's packages, with lists of their own, so that nothing of this machine's apt changes. Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

plugins=/usr/local/lib/docker/cli-plugins
newer=trixie

main() {
  command -v dockerd >/dev/null && command -v debootstrap >/dev/null || install_engine
  docker info >/dev/null 2>&1 || start_engine
  docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1 || install_plugins
  say "$(docker version --format 'Docker engine {{.Server.Version}}'), Compose $(docker compose version --short)"
}

install_engine() {
  say "installing Docker from Debian's packages"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io debootstrap iptables >/dev/null
}

start_engine() {
  if [[ -d /run/systemd/system ]]; then
    systemctl start docker
  else
    say "starting dockerd"
    mkdir -p .data
    setsid dockerd >.data/dockerd.log 2>&1 </dev/null &
    echo $! >.data/dockerd.pid
  fi
  until_true 60 "the engine answers" docker info || { tail -n 20 .data/dockerd.log >&2; exit 1; }
}

install_plugins() {
  local dir
  say "taking Compose and buildx out of Debian $newer's packages"
  dir=$(mktemp -d)
  from_debian "$newer" "$dir" docker-compose docker-buildx
  install -D -t "$plugins" "$dir"/usr/libexec/docker/cli-plugins/*
  rm -rf "$dir"
}

main

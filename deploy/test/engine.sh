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
  local dir mirror
  say "taking Compose and buildx out of Debian $newer's packages"
  dir=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$dir'" EXIT
  mirror=$(apt_mirror bookworm) || fail "apt has no source for Debian"
  mkdir -p "$dir"/{lists/partial,cache/archives/partial}
  touch "$dir/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $newer main" >"$dir/sources.list"
  local options=(-qq -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$dir/lists"
    -o "Dir::Cache=$dir/cache" -o "Dir::State::status=$dir/status" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$dir" && apt-get "${options[@]}" download docker-compose docker-buildx >/dev/null)
  for package in "$dir"/*.deb; do dpkg -x "$package" "$dir/root"; done
  install -D -t "$plugins" "$dir"/root/usr/libexec/docker/cli-plugins/*
}

main

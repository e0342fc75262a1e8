#!/usr/bin/env bash
# Makes the base images of deploy/docker/ on a machine without an image registry, under the very names that the
# Dockerfiles use, so that the Dockerfiles that we ship are the ones that are tested.
#
#   deploy/test/base-images.sh [--force | --list]      --list only names them
#
# Packages come from this machine's own apt sources, the Rust toolchain from this machine itself, Node too
# or from npm's package of its binaries.
# An image that is there, pulled or made, is left alone. Needs root, docker and debootstrap.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

work=
force=

main() {
  case ${1:-} in
    "") ;;
    --force) force=yes ;;
    --list) base_images; return ;;
    *) fail "base-images.sh takes --force or --list, not $1" ;;
  esac
  local missing=() image
  for image in $(base_images); do
    if [[ -n $force ]] || ! docker image inspect "$image" >/dev/null 2>&1; then missing+=("$image"); fi
  done
  ((${#missing[@]})) || { say "base images are there: $(base_images | xargs)"; return; }

  work=$(mktemp -d)
  trap 'rm -rf --one-file-system "$work"' EXIT
  say "base images to make: ${missing[*]}"
  for image in "${missing[@]}"; do make_image "$image"; done
}

# The images that our Dockerfiles start from, and those of the monitoring that can be made of Debian's packages.
base_images() {
  sed -nE 's/^(FROM|ARG [A-Z_]+=)[[:space:]]*([a-z]+:[^[:space:]]+).*/\2/p' deploy/docker/*/Dockerfile | sort -u
  sed -nE 's/^ +image: (prom\/[^[:space:]]+)$/\1/p' deploy/compose/monitoring.yml
}

make_image() {
  local image=$1 root=$work/root options=() suite
  suite=$(suite_of "$image")
  [[ -d $work/$suite ]] || make_root "$suite" "$work/$suite"
  rm -rf "$root"
  cp -a "$work/$suite" "$root"
  case $image in
    rust:*)
      add_rust "$root"
      options=(--change 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=/usr/local/cargo')
      ;;
    node:*)
      add_node "$root" "$image"
      # Node brings authorities of its own; here it is to trust those of this machine.
      options=(--change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt')
      ;;
    nginx:*)
      add_nginx "$root"
      options=(--change 'CMD ["nginx", "-g", "daemon off;"]')
      ;;
    prom/prometheus:*)
      add_prom "$root" prometheus promtool
      options=(--change 'ENTRYPOINT ["/bin/prometheus"]' --change 'USER 65534:65534' --change 'VOLUME /prometheus')
      ;;
    prom/alertmanager:*)
      add_prom "$root" prometheus-alertmanager
      mv "$root/bin/prometheus-alertmanager" "$root/bin/alertmanager"
      options=(--change 'ENTRYPOINT ["/bin/alertmanager"]' --change 'USER 65534:65534')
      ;;
    *) fail "no recipe for the base image $image" ;;
  esac
  tar -C "$root" --one-file-system -c . | docker import "${options[@]}" - "$image" >/dev/null
  say "made $image ($(size_of "$image"))"
}

# What our binaries are built on is Debian 12; nginx and Prometheus are to be the versions that the names say.
suite_of() {
  case $1 in
    nginx:* | prom/*) echo forky ;;
    *) echo bookworm ;;
  esac
}

# A minimal Debian with the certificates of this machine.
make_root() {
  local suite=$1 root=$2 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(apt_mirror) || fail "apt has no source for Debian"
  # All suites are bootstrapped alike; a Debian 12 does not know the later ones by name.
  debootstrap --variant=minbase --keyring="$keyring" --include=ca-certificates \
    "$suite" "$root" "$mirror" /usr/share/debootstrap/scripts/sid >"$work/log" ||
    { tail -n 20 "$work/log" >&2; fail "debootstrap failed"; }
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}/*
}

install_into() {
  local root=$1
  shift
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y -qq --no-install-recommends "$@" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; fail "apt-get install $* failed"; }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}/*
}

add_rust() {
  local root=$1 sysroot
  sysroot=$(rustc --print sysroot)
  install_into "$root" build-essential cmake git perl pkg-config
  mkdir -p "$root/usr/local/toolchain" "$root/usr/local/cargo/bin"
  tar -C "$sysroot" --exclude=./share -c . | tar -C "$root/usr/local/toolchain" -x
  (cd "$root/usr/local/toolchain/bin" && for tool in *; do
    ln -sfn "/usr/local/toolchain/bin/$tool" "$root/usr/local/cargo/bin/$tool"
  done)
}

# add_node ROOT IMAGE: Node of the major version that the image's name says, with this machine's npm.
add_node() {
  local root=$1 npm
  npm=$(dirname "$(readlink -f "$(command -v npm)")")/..
  install_into "$root" libstdc++6
  install "$(node_of "$(sed -E 's/^node:([0-9]+).*/\1/' <<<"$2")")" "$root/usr/local/bin/node"
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -a "$(readlink -f "$npm")" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
}

# node_of MAJOR: where a program of that Node is: this machine's own, or the one that npm's package of binaries holds.
node_of() {
  local architecture=x64
  [[ $(node --version) != "v$1."* ]] || { node -p process.execPath; return; }
  [[ $(uname -m) != aarch64 ]] || architecture=arm64
  npm install --silent --no-save --no-audit --no-fund --prefix "$work/node" "node-linux-$architecture@$1" >&2 ||
    fail "npm has no Node $1 for this machine"
  echo "$work/node/node_modules/node-linux-$architecture/bin/node"
}

# As in the official image: user nginx is 101, and curl is there for health checks.
add_nginx() {
  local root=$1
  chroot "$root" groupadd --system --gid 101 nginx
  chroot "$root" useradd --system --uid 101 --gid 101 --no-create-home --home-dir /nonexistent --shell /bin/false nginx
  install_into "$root" nginx-light curl
}

# add_prom ROOT PACKAGE...: the programs of Debian's packages, where the official images have them.
add_prom() {
  local root=$1 unpacked=$work/unpacked
  shift
  rm -rf "$unpacked"
  from_debian forky "$unpacked" "$@"
  install -t "$root/bin" "$unpacked"/usr/bin/*
  install -d -o 65534 -g 65534 "$root/prometheus"
  [[ ! -d $unpacked/usr/share/prometheus ]] || cp -r "$unpacked/usr/share/prometheus" "$root/usr/share/"
}

main "$@"

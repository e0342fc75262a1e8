#!/bin/sh
# Brings the nginx and HAProxy of a newer Debian into DIR, for `bench/run.py --peers DIR`.
#
#   bench/peers.sh [DIR] [SUITE]      default: .tools/peers trixie
#
# Needs debootstrap, root, and about 400 MB. MIRROR names another Debian mirror than apt's.
# The programs are run by the chroot's own loader and libraries, so the benchmark itself needs neither chroot nor root.
set -eu

dir=${1:-$(dirname "$0")/../.tools/peers}
suite=${2:-trixie}
# The mirror that this machine's own apt takes Debian from; it has the other suites, too.
mirror=${MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' | awk '$1 == "Debian" { print $2; exit }')}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

if [ -x "$dir/usr/sbin/nginx" ] && [ -x "$dir/usr/sbin/haproxy" ]; then
    echo "peers are there: $dir"
    exit 0
fi
command -v debootstrap >/dev/null || { echo "peers.sh: debootstrap is missing (apt-get install debootstrap)" >&2; exit 1; }
[ -n "$mirror" ] || { echo "peers.sh: apt has no source for Debian: set MIRROR" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo "peers.sh: debootstrap needs root" >&2; exit 1; }

mkdir -p "$dir"
debootstrap --variant=minbase --keyring="$keyring" --include=nginx,haproxy "$suite" "$dir" "$mirror"
echo "peers are there: $dir"

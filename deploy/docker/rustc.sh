#!/bin/sh
# Runs rustc for the images' builds (Cargo's RUSTC_WRAPPER): rustc.sh RUSTC ARGUMENTS...
#
# The balancer's binary alone is optimized across crates, which spares it a tenth of its instructions for each request. The
# backend gains nothing that can be measured, and would take minutes longer with each change. Cargo has one such setting
# for all binaries of a profile, so the balancer's is given here.
set -eu

rustc=$1
shift
case "$PROFILE: $* " in
"release: "*"--crate-name load_balancer "*"--crate-type bin "*) exec "$rustc" "$@" -C lto=thin ;;
*) exec "$rustc" "$@" ;;
esac

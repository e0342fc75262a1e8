#!/usr/bin/env bash
# Rolls images out to a cluster: the schema first, then the services; what does not become ready is taken back.
#
#   deploy/kubernetes/roll-out.sh [--render] OVERLAY IMAGE...
#
#   OVERLAY   dev, staging or production
#   IMAGE     SERVICE=NAME@sha256:DIGEST or SERVICE=NAME:TAG, for each of backend, load-balancer and frontend
#   --render  only prints what would be applied
#
# kubectl's current context says which cluster. Digests are what was tested and signed; tags may move.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

services=(backend load-balancer frontend)

main() {
  local render=
  if [[ ${1:-} == --render ]]; then
    render=yes
    shift
  fi
  overlay=${1:-}
  shift || true
  [[ -n $overlay && -f overlays/$overlay/kustomization.yaml ]] ||
    fail "no overlay '$overlay'; there are: $(ls overlays | xargs)"
  namespace=$(sed -nE 's/^namespace: //p' "overlays/$overlay/kustomization.yaml")

  # Kustomize reads only what is below a common root, so the generated overlay lies among the others for a moment.
  work=$(mktemp -d "overlays/.roll-out.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  write_overlay "$@" >"$work/kustomization.yaml"
  if [[ -n $render ]]; then
    kubectl kustomize "$work"
  else
    roll_out
  fi
}

fail() {
  echo "roll-out: $*" >&2
  exit 1
}

write_overlay() {
  local service image
  printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../%s]\nimages:\n' "$overlay"
  for service in "${services[@]}"; do
    image=$(printf '%s\n' "$@" | sed -n "s/^$service=//p")
    case $image in
      *@sha256:*) printf '  - { name: user-onboarding/%s, newName: "%s", digest: "%s" }\n' "$service" "${image%@*}" "${image#*@}" ;;
      *:*) printf '  - { name: user-onboarding/%s, newName: "%s", newTag: "%s" }\n' "$service" "${image%:*}" "${image##*:}" ;;
      *) fail "which image for $service? $service=NAME@sha256:DIGEST or $service=NAME:TAG, not '$image'" ;;
    esac
  done
}

roll_out() {
  local in=(kubectl --namespace "$namespace") service
  declare -gA before
  for service in "${services[@]}"; do before[$service]=$(revision "$service"); done
  # A job cannot be changed; the one of the last roll-out may still be there.
  "${in[@]}" delete job migrate --ignore-not-found --wait
  kubectl apply --kustomize "$work"
  # The embedded store has no such job: its one backend does the same at its start.
  [[ -z $("${in[@]}" get job migrate --ignore-not-found --output name) ]] ||
    "${in[@]}" wait --for=condition=complete --timeout=10m job/migrate ||
    { "${in[@]}" logs job/migrate --tail=50 || true; take_back; fail "the migration did not succeed"; }
  for service in "${services[@]}"; do
    "${in[@]}" rollout status "deployment/$service" --timeout=10m || { take_back; fail "$service did not become ready"; }
  done
}

revision() {
  kubectl --namespace "$namespace" get "deployment/$1" --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}'
}

# What this roll-out has changed goes back. Pods that are not ready have got no traffic, so nothing was lost so far;
# migrations only ever add, so they stay.
take_back() {
  local service
  for service in "${services[@]}"; do
    [[ -z ${before[$service]} || ${before[$service]} == "$(revision "$service")" ]] ||
      kubectl --namespace "$namespace" rollout undo "deployment/$service" --to-revision "${before[$service]}" || true
  done
}

main "$@"

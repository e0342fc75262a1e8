#!/usr/bin/env bash
# Renders every overlay and validates every object against the schema of its API version; checks the connection budget.
#
#   deploy/test/kubernetes.sh
#
# kubectl comes from Debian, the schemas from the packages kubernetes-validate (PyPI) and
# @kubernetes-models/prometheus-operator (npm), all kept in .tools/. No cluster is needed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/test/lib.sh

tools=$PWD/.tools/kubernetes
schemas=1.32

kubectl=$(command -v kubectl || true)
if [[ -z $kubectl ]]; then
  kubectl=$tools/debian/usr/bin/kubectl
  [[ -x $kubectl ]] || from_debian trixie "$tools/debian" kubectl
fi
if [[ ! -x $tools/python/bin/kubernetes-validate ]]; then
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
fi
[[ -d $tools/npm/node_modules ]] ||
  npm install --silent --no-save --no-audit --no-fund --prefix "$tools/npm" @kubernetes-models/prometheus-operator@6.0.0

PATH=$(dirname "$kubectl"):$PATH
export PATH

# validate NAME: what comes in, whole.
validate() {
  cat >"$tools/$1.yaml"
  "$tools/python/bin/python" deploy/test/kubernetes.py "$schemas" "$tools/$1.yaml" |
    node deploy/test/kubernetes-crds.mjs "$tools/npm/node_modules"
}

for overlay in deploy/kubernetes/overlays/*/; do
  kubectl kustomize "$overlay" | validate "$(basename "$overlay")"
done

# And with traces.
mkdir -p "$tools/traces"
cat >"$tools/traces/kustomization.yaml" <<'END'
namespace: onboarding
resources: [../../../deploy/kubernetes/overlays/production]
components: [../../../deploy/kubernetes/components/traces]
END
kubectl kustomize "$tools/traces" | validate traces
expect "deployments that are told of a collector" 3 "$(grep -A1 'configMapRef:' "$tools/traces.yaml" | grep -c 'name: traces-')"

# And as the roll-out of images that are named by their digests applies it.
digest=sha256:$(printf '0%.0s' {1..64})
images=()
for service in backend load-balancer frontend; do images+=("$service=registry.example.com/onboarding/$service@$digest"); done
deploy/kubernetes/roll-out.sh --render production "${images[@]}" | validate roll-out
expect "images of the roll-out that are not named by digest" 0 "$(grep image: "$tools/roll-out.yaml" | grep -vc "@$digest")"

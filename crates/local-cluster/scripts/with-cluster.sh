# Sourced by recipes: with_cluster PROFILE PORT_OFFSET COMMAND... runs COMMAND beside a cluster of its own.
# COMMAND sees CLUSTER_JSON and BASE_URL. The cluster and its data are gone afterwards, whatever happened.

with_cluster() {
  local profile=$1 offset=$2
  shift 2
  local dir status=0
  dir=$(mktemp -d)
  "target/$profile/local-cluster" up --data-dir "$dir" --port-offset "$offset" 2>"$dir/cluster.out" &
  local cluster=$!
  trap 'kill "$cluster" 2>/dev/null || true' EXIT

  until [[ -s $dir/cluster.json ]]; do
    if ! kill -0 "$cluster" 2>/dev/null; then
      cat "$dir/cluster.out" >&2
      echo "the cluster did not start" >&2
      return 1
    fi
    sleep 0.2
  done

  CLUSTER_JSON=$dir/cluster.json BASE_URL=http://127.0.0.1:$((3000 + offset)) with_set "$@" || status=$?
  kill -TERM "$cluster"
  wait "$cluster" || status=$?
  if ((status != 0)); then
    echo "--- what the cluster said:" >&2
    tail -n 60 "$dir/cluster.out" >&2
  fi
  rm -rf "$dir"
  trap - EXIT
  return "$status"
}

# Runs its arguments with the variables before it in their environment, expanding $CLUSTER_JSON among them.
with_set() {
  export CLUSTER_JSON BASE_URL
  "${@//\$CLUSTER_JSON/$CLUSTER_JSON}"
}

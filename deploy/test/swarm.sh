# Sourced by containers.sh: the stack on a swarm of one node.

stack=onboarding-test
# On the node, where we have made the swarm.
mark=user-onboarding-test

swarm_up() {
  if [[ $(docker info --format '{{.Swarm.LocalNodeState}}') != active ]]; then
    docker swarm init --advertise-addr 127.0.0.1 >/dev/null
    docker node update --label-add "$mark=yes" "$(docker info --format '{{.Swarm.NodeID}}')" >/dev/null
  fi
  show "skipped: SQL Server on a swarm (no image of it here; replaced by deploy/swarm/embedded.yml)"
  deploy/compose/secrets.sh "$SECRETS_DIR" >/dev/null
  deploy/swarm/deploy.sh "$stack" -c embedded.yml --resolve-image never >/dev/null 2>&1 ||
    fail "the stack could not be deployed"
  until_true 150 "three backends are up" backends_up "$LOAD_BALANCER_PORT" 3 ||
    { docker stack ps --no-trunc "$stack" >&2; fail "the stack did not come up"; }
}

swarm_down() {
  [[ $(docker info --format '{{.Swarm.LocalNodeState}}') == active ]] || return 0
  if docker stack ls --format '{{.Name}}' | grep -x "$stack" >/dev/null; then
    docker stack rm "$stack" >/dev/null 2>&1 || true
    until_true 90 "the stack is gone" stack_is_gone || true
    docker volume rm "${stack}_sqlite" "${stack}_prometheus" "${stack}_grafana" >/dev/null 2>&1 || true
  fi
  if docker node inspect self --format '{{.Spec.Labels}}' | grep "$mark" >/dev/null; then docker swarm leave --force >/dev/null; fi
}

# Prometheus and Alertmanager as monitoring.yml deploys them. Grafana's image is not made here; that service has no task.
swarm_monitoring_sees_all() {
  local began
  docker node update --label-add monitoring=true "$(docker info --format '{{.Swarm.NodeID}}')" >/dev/null
  printf 'version: "3.9"\nservices:\n  grafana: { deploy: { replicas: 0 } }\n' >"$work/no-grafana.yml"
  deploy/swarm/deploy.sh "$stack" -c embedded.yml -c monitoring.yml -c "$work/no-grafana.yml" --resolve-image never >/dev/null 2>&1 ||
    fail "the stack with monitoring could not be deployed"
  until_true 120 "every target of the swarm was scraped" swarm_targets_up ||
    { docker stack ps --no-trunc "$stack" >&2; swarm_asks up >&2; fail "Prometheus on the swarm does not see all"; }
  swarm_asks 'prometheus_notifications_alertmanagers_discovered > 0' >/dev/null || fail "Prometheus on the swarm finds no Alertmanager"
  began=$SECONDS
  docker service scale --detach "${stack}_backend=2" >/dev/null
  until_true 90 "the alert InstancesMissing fires on the swarm" swarm_asks 'ALERTS{alertname="InstancesMissing",alertstate="firing"}' ||
    fail "a missing instance of the swarm is not told within 90 s"
  show "Swarm with monitoring.yml: every target is scraped; two backends where three are expected are told after $((SECONDS - began)) s"
  docker service scale --detach "${stack}_backend=3" >/dev/null
  until_true 90 "three backends are up" backends_up "$LOAD_BALANCER_PORT" 3 || fail "the third backend does not come back"
}

# swarm_asks QUERY: whether Prometheus finds something, and what.
swarm_asks() {
  docker exec "$(docker ps --quiet --filter "name=^${stack}_prometheus")" promtool query instant http://localhost:9090 "$1" | grep .
}

swarm_targets_up() {
  swarm_asks 'count by (job) (up == 1)' | sed -E 's/^\{job="([^"]+)"\} => ([0-9]+) .*/\1 \2/' | sort |
    diff - <(printf '%s\n' 'backend 3' 'load-balancer 2' 'prometheus 1')
}

stack_is_gone() {
  [[ -z $(docker ps -aq --filter "label=com.docker.stack.namespace=$stack")$(docker network ls -q --filter "label=com.docker.stack.namespace=$stack") ]]
}

# variant_of TAG DOCKERFILE_LINE: the backend's image with one line more.
variant_of() {
  printf 'FROM %s\n%s\n' "$IMAGE_PREFIX/backend:$VERSION" "$2" | docker build --quiet -t "$IMAGE_PREFIX/backend:$1" - >/dev/null
}

# update_to TAG: waits until the swarm has made up its mind.
update_to() {
  docker service update --quiet --detach --no-resolve-image --image "$IMAGE_PREFIX/backend:$1" "${stack}_backend" >/dev/null
  until_true 300 "the update to $1 is over" update_is_over
}

update_state() { docker service inspect --format '{{.UpdateStatus.State}}' "${stack}_backend"; }
update_is_over() { [[ $(update_state) =~ ^(completed|rollback_completed|paused|rollback_paused)$ ]]; }
image_now() { docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' "${stack}_backend"; }

each_swarm_balancer() {
  local service
  for service in load-balancer load-balancer-2; do
    docker service update --quiet --detach --force "${stack}_$service" >/dev/null
    until_true 120 "$service is updated" swarm_service_is "$service" || return
  done
}

swarm_service_is() { [[ $(docker service inspect --format '{{.UpdateStatus.State}}' "${stack}_$1") == completed ]]; }

roll_out() {
  update_to "$VERSION-next" && [[ $(update_state) == completed ]] && backends_up "$LOAD_BALANCER_PORT" 3
}

roll_back_by_itself() {
  update_to "$VERSION-broken" && [[ $(update_state) == rollback_completed ]]
}

up_and_down() {
  local n
  for n in 5 3; do
    docker service scale --detach "${stack}_backend=$n" >/dev/null
    until_true 90 "$n backends are up" backends_up "$LOAD_BALANCER_PORT" "$n" || return
  done
}

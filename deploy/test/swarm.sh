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
  if docker stack ls --format '{{.Name}}' | grep -qx "$stack"; then
    docker stack rm "$stack" >/dev/null 2>&1 || true
    until_true 90 "the stack is gone" stack_is_gone || true
    docker volume rm "${stack}_sqlite" >/dev/null 2>&1 || true
  fi
  if docker node inspect self --format '{{.Spec.Labels}}' | grep -q "$mark"; then docker swarm leave --force >/dev/null; fi
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

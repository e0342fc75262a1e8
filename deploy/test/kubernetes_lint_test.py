"""Breaks a good environment once for each thing that kubernetes_lint.py asks: kubernetes_lint_test.py FILE.

FILE is the production overlay, rendered. Each mutation has to be found by its own rule.
"""

import copy
import sys

import yaml

import kubernetes_lint as lint

good = [o for o in yaml.safe_load_all(open(sys.argv[1])) if o]


def one(objects, kind, name):
    return next(o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name))


def pod(objects, name="load-balancer"):
    return one(objects, "Deployment", name)["spec"]["template"]["spec"]


def container(objects, name="load-balancer"):
    return pod(objects, name)["containers"][0]


def without(kind, name):
    return lambda o: o.remove(one(o, kind, name))


def liveness_like_readiness(objects):
    container(objects, "backend")["livenessProbe"] = container(objects, "backend")["readinessProbe"]


def short_grace(objects):
    data = next(o["data"] for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"].startswith("backend-"))
    data["DRAIN_TIMEOUT"] = "1m"


def memory(objects):
    target = {"type": "Utilization", "averageUtilization": 80}
    metrics = one(objects, "HorizontalPodAutoscaler", "backend")["spec"]["metrics"]
    metrics.append({"type": "Resource", "resource": {"name": "memory", "target": target}})


MUTATIONS = [
    (lint.images_have_a_version, lambda o: container(o).update(image="user-onboarding/load-balancer")),
    (lint.images_have_a_version, lambda o: container(o).update(image="registry.example.com:5000/load-balancer:latest")),
    (lint.images_have_a_version, lambda o: container(o).update(image="registry.example.com:5000/load-balancer")),
    (lint.resources_fit, lambda o: container(o)["resources"].pop("limits")),
    (lint.resources_fit, lambda o: container(o)["resources"]["requests"].update(memory="1Gi")),
    (lint.resources_fit, lambda o: container(o)["resources"]["requests"].update(cpu=2)),
    (lint.probes_differ, lambda o: container(o).pop("startupProbe")),
    (lint.probes_differ, liveness_like_readiness),
    (lint.probes_differ, lambda o: container(o, "backend")["livenessProbe"].update(periodSeconds=1)),
    (lint.copies_lie_apart, lambda o: pod(o).pop("affinity")),
    (lint.copies_lie_apart, lambda o: pod(o, "backend").pop("affinity")),
    (lint.copies_lie_apart, lambda o: pod(o).update(affinity=pod(o, "backend")["affinity"])),
    (lint.disruptions_are_limited, without("PodDisruptionBudget", "load-balancer")),
    (lint.disruptions_are_limited, without("PodDisruptionBudget", "backend")),
    (lint.disruptions_are_limited, lambda o: one(o, "PodDisruptionBudget", "frontend")["spec"].update(maxUnavailable=0)),
    (lint.containers_are_confined, lambda o: pod(o)["securityContext"].pop("runAsUser")),
    (lint.containers_are_confined, lambda o: pod(o).update(hostNetwork=True)),
    (lint.containers_are_confined, lambda o: container(o)["securityContext"].update(privileged=True)),
    (lint.containers_are_confined, lambda o: container(o)["securityContext"].pop("readOnlyRootFilesystem")),
    (lint.containers_are_confined, lambda o: pod(o)["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
    (lint.accounts_are_own, lambda o: pod(o).pop("serviceAccountName")),
    (lint.accounts_are_own, lambda o: pod(o).pop("automountServiceAccountToken")),
    (lint.pods_have_policies, without("NetworkPolicy", "default-deny")),
    (lint.pods_have_policies, without("NetworkPolicy", "load-balancer")),
    (lint.pods_have_policies, without("NetworkPolicy", "database")),
    (lint.there_is_time_to_end, lambda o: container(o).pop("lifecycle")),
    (lint.there_is_time_to_end, lambda o: pod(o).update(terminationGracePeriodSeconds=42)),
    (lint.there_is_time_to_end, short_grace),
    (lint.scaling_is_by_work, memory),
    (lint.scaling_is_by_work, lambda o: one(o, "Deployment", "backend")["spec"].update(replicas=3)),
]

failed = [f"good: {problem}" for rule in lint.RULES for problem in rule(good)]
for number, (rule, break_it) in enumerate(MUTATIONS, 1):
    broken = copy.deepcopy(good)
    break_it(broken)
    if not list(rule(broken)):
        failed.append(f"mutation {number}: {rule.__name__} finds nothing")
untested = {rule.__name__ for rule in lint.RULES} - {rule.__name__ for rule, _ in MUTATIONS}
failed += [f"no mutation for {name}" for name in sorted(untested)]
for text in failed:
    print(text, file=sys.stderr)
print(f"· {len(MUTATIONS)} mutations of a good environment, {len(failed)} not found by their rules", file=sys.stderr)
sys.exit(bool(failed))

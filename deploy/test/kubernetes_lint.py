"""What kube-score and kube-linter ask of objects, as rules: each takes all objects of an environment and yields problems.

kubernetes.py applies them to whatever is rendered; kubernetes_lint_test.py breaks a good environment once for each rule.
"""

import re

LONG_RUNNING = ("Deployment", "StatefulSet", "DaemonSet")


def seconds(text):
    """A duration as our settings have it, in seconds."""
    amount, unit = re.fullmatch(r"([0-9.]+)(ms|s|m)", text).groups()
    return float(amount) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def pods(objects):
    """Every pod template with what makes it."""
    for o in objects:
        if o["kind"] in (*LONG_RUNNING, "Job"):
            yield f"{o['kind']}/{o['metadata']['name']}", o, o["spec"]["template"]
        if o["kind"] == "CronJob":
            yield f"CronJob/{o['metadata']['name']}", o, o["spec"]["jobTemplate"]["spec"]["template"]


def containers(objects):
    for name, _, template in pods(objects):
        for container in template["spec"].get("initContainers", []) + template["spec"]["containers"]:
            yield name, container


def copies(o, objects):
    """How many pods of it there are at least."""
    for scaler in (s for s in objects if s["kind"] == "HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == o["metadata"]["name"]:
            return scaler["spec"].get("minReplicas", 1)
    return o["spec"].get("replicas", 1)


def selects(selector, labels):
    """Whether a label selector, with its expressions, finds these labels."""
    for e in selector.get("matchExpressions", []):
        if {"In": labels.get(e["key"]) not in e.get("values", []), "Exists": e["key"] not in labels}[e["operator"]]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def images_have_a_version(objects):
    for name, container in containers(objects):
        image = container["image"]
        tag = image.rsplit("/", 1)[-1].partition(":")[2]
        if "@sha256:" not in image and tag in ("", "latest"):
            yield f"{name}: the image {image} has no version"


def resources_fit(objects):
    """Requests and limits are there, and no limit is below its request."""
    for name, container in containers(objects):
        given = container.get("resources", {})
        for what in ("cpu", "memory"):
            low, high = given.get("requests", {}).get(what), given.get("limits", {}).get(what)
            if low is None or high is None:
                yield f"{name}: no request or limit of {what}"
            elif amount(low) > amount(high):
                yield f"{name}: the request of {what} is above its limit"


def amount(quantity):
    """A quantity of Kubernetes as a number."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()
    return float(number) * {"": 1, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}[unit]


def probes_differ(objects):
    """Liveness asks for less than readiness: the same question with the same patience would kill what only waits."""
    for name, o, template in pods(objects):
        for container in template["spec"]["containers"] if o["kind"] in LONG_RUNNING else []:
            probes = [container.get(f"{kind}Probe") for kind in ("startup", "liveness", "readiness")]
            if not all(probes):
                yield f"{name}: a probe is missing"
            elif probes[1] == probes[2]:
                yield f"{name}: liveness and readiness are the same"
            elif patience(probes[1]) < patience(probes[2]):
                yield f"{name}: it is killed before it is taken out of traffic"


def patience(probe):
    return probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def copies_lie_apart(objects):
    for name, o, template in pods(objects):
        if o["kind"] in LONG_RUNNING and copies(o, objects) > 1:
            anti = template["spec"].get("affinity", {}).get("podAntiAffinity", {})
            terms = anti.get("requiredDuringSchedulingIgnoredDuringExecution", [])
            terms = terms + [t["podAffinityTerm"] for t in anti.get("preferredDuringSchedulingIgnoredDuringExecution", [])]
            own = template["metadata"]["labels"]
            hosts = [t for t in terms if t["topologyKey"] == "kubernetes.io/hostname" and selects(t["labelSelector"], own)]
            if not hosts:
                yield f"{name}: its pods may all lie on one node"


def disruptions_are_limited(objects):
    """Who has several copies has a budget, and none forbids a node to be emptied."""
    budgets = [o for o in objects if o["kind"] == "PodDisruptionBudget"]
    for name, o, template in pods(objects):
        own = [b["spec"] for b in budgets if selects(b["spec"]["selector"], template["metadata"]["labels"])]
        if o["kind"] in LONG_RUNNING and copies(o, objects) > 1 and not own:
            yield f"{name}: no PodDisruptionBudget"
        for budget in own:
            if budget.get("maxUnavailable") == 0 or budget.get("minAvailable", 0) in ("100%", copies(o, objects)):
                yield f"{name}: its PodDisruptionBudget lets no node be emptied"


def containers_are_confined(objects):
    for name, _, template in pods(objects):
        pod = template["spec"].get("securityContext", {})
        if pod.get("runAsUser", 0) < 100 or pod.get("runAsGroup", 0) < 100:
            yield f"{name}: no user and group of its own"
        for host in ("hostNetwork", "hostPID", "hostIPC"):
            if template["spec"].get(host):
                yield f"{name}: {host}"
        if any("hostPath" in volume for volume in template["spec"].get("volumes", [])):
            yield f"{name}: a folder of the node"
    for name, container in containers(objects):
        if container.get("securityContext", {}).get("privileged"):
            yield f"{name}: privileged"
        if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
            yield f"{name}: writable root"


def accounts_are_own(objects):
    for name, _, template in pods(objects):
        if template["spec"].get("serviceAccountName", "default") == "default":
            yield f"{name}: the default service account"
        if template["spec"].get("automountServiceAccountToken") is not False:
            yield f"{name}: a token of the cluster"


def pods_have_policies(objects):
    """Each pod has a policy that names it for what goes out, beside the one that denies by default."""
    policies = [o["spec"] for o in objects if o["kind"] == "NetworkPolicy"]
    denied = {t for p in policies if not p["podSelector"] for t in p["policyTypes"]}
    if denied != {"Ingress", "Egress"}:
        yield "no NetworkPolicy denies what comes in and goes out by default"
    for name, o, template in pods(objects):
        labels = template["metadata"]["labels"]
        own = [p for p in policies if p["podSelector"] and selects(p["podSelector"], labels)]
        if not own:
            yield f"{name}: no NetworkPolicy names it"
        if o["kind"] in LONG_RUNNING and not any(p.get("ingress") for p in own):
            yield f"{name}: no NetworkPolicy says who may come in"


def there_is_time_to_end(objects):
    """preStop, the grace and what is under way: all of it before the cluster kills."""
    settings = {n: o["data"] for o in objects if o["kind"] == "ConfigMap" for n in [o["metadata"]["name"]]}
    for name, o, template in pods(objects):
        if o["kind"] not in LONG_RUNNING:
            continue
        wait = template["spec"].get("terminationGracePeriodSeconds", 30)
        ending = sum(ending_of(template, settings))
        if wait < ending:
            yield f"{name}: killed after {wait} s, but its end may take {ending:g} s"
        for container in template["spec"]["containers"]:
            if not container.get("lifecycle", {}).get("preStop"):
                yield f"{name}: no preStop: it ends before the cluster has told everyone"


def ending_of(template, settings):
    """preStop, grace and drain of a pod in seconds, as its ConfigMap says or by our services' defaults."""
    for container in template["spec"]["containers"]:
        yield container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    own = template["metadata"]["labels"]["app.kubernetes.io/name"]
    data = next((d for n, d in settings.items() if re.fullmatch(own + r"(-[a-z0-9]{10})?", n)), {})
    if own == "backend":
        yield seconds(data.get("DRAIN_GRACE", "1s"))
        yield seconds(data.get("DRAIN_TIMEOUT", "20s"))
    toml = data.get("load-balancer.toml", "")
    for key, default in (("drain_grace", "2s"), ("drain_timeout", "30s")) if toml else ():
        found = re.search(rf'^{key} = "([^"]+)"', toml, re.MULTILINE)
        yield seconds(found.group(1) if found else default)


def scaling_is_by_work(objects):
    """Memory that a process keeps is no measure of what there is to do."""
    for scaler in (o for o in objects if o["kind"] == "HorizontalPodAutoscaler"):
        name, spec = f"HorizontalPodAutoscaler/{scaler['metadata']['name']}", scaler["spec"]
        if any(m.get("resource", {}).get("name") == "memory" for m in spec["metrics"]):
            yield f"{name}: scales on memory"
        target = [o for o in objects if o["kind"] == "Deployment" and o["metadata"]["name"] == spec["scaleTargetRef"]["name"]]
        if not target or "replicas" in target[0]["spec"]:
            yield f"{name}: scales nothing, or what counts its replicas itself"


RULES = [
    images_have_a_version,
    resources_fit,
    probes_differ,
    copies_lie_apart,
    disruptions_are_limited,
    containers_are_confined,
    accounts_are_own,
    pods_have_policies,
    there_is_time_to_end,
    scaling_is_by_work,
]

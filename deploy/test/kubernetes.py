"""Validates rendered Kubernetes objects: kubernetes.py KUBERNETES_VERSION[,…] FILE.

Each object of Kubernetes' own kinds is held against the schema of its API version, strictly (unknown fields fail), of
each of these versions of Kubernetes. Then what no schema knows: the rules of kubernetes_lint.py, security contexts,
references between objects, the connection budget.
Objects of other kinds go to standard output as JSON, for kubernetes-crds.mjs.
"""

import json
import sys
import tomllib

import kubernetes_validate
import yaml

import kubernetes_lint

versions, path = sys.argv[1].split(","), sys.argv[2]
objects = [o for o in yaml.safe_load_all(open(path)) if o]
problems = []


def named(kind):
    return {o["metadata"]["name"]: o for o in objects if o["kind"] == kind}


def pods():
    """Every pod template with the name of what makes it."""
    return [(name, template) for name, _, template in kubernetes_lint.pods(objects)]


def backend_settings():
    """The backends' ConfigMap; kustomize puts a hash after its name."""
    return next(o["data"] for n, o in named("ConfigMap").items() if n.partition("-")[0] == "backend")


def embedded():
    return backend_settings().get("DATABASE_URL", "").startswith("sqlite:")


def check(ok, text):
    if not ok:
        problems.append(text)
    return ok


CUSTOM = ("monitoring.coreos.com", "external-secrets.io")


def check_schemas():
    """Returns the objects of operators, whose schemas are elsewhere."""
    custom = [o for o in objects if o["apiVersion"].partition("/")[0] in CUSTOM]
    for o in (o for o in objects if o not in custom):
        for version in versions:
            try:
                kubernetes_validate.validate(o, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = "/".join(str(part) for part in getattr(error, "path", []))
                what = getattr(error, "message", error)
                problems.append(f"{o['kind']}/{o['metadata']['name']}: Kubernetes {version}: {where}: {what}")
            except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.VersionNotSupportedError) as error:
                problems.append(f"{o['kind']}/{o['metadata']['name']}: Kubernetes {version}: {error}")
    return custom


def check_restricted():
    """The 'restricted' Pod Security Standard; the rest of it is in kubernetes_lint.py."""
    for name, template in pods():
        pod = template["spec"].get("securityContext", {})
        check(pod.get("runAsNonRoot") is True, f"{name}: runs as root")
        check(pod.get("seccompProfile", {}).get("type") == "RuntimeDefault", f"{name}: no seccomp profile")
        for container in template["spec"]["containers"]:
            own = container.get("securityContext", {})
            check(own.get("allowPrivilegeEscalation") is False, f"{name}: may escalate privileges")
            check(own.get("capabilities", {}).get("drop") == ["ALL"], f"{name}: keeps capabilities")


# What each kind of pod reads; whoever else mounts a secret is a mistake.
READS = {
    "Deployment/backend": {"jwt_secret", "db_app_password"},
    "Deployment/load-balancer": {"lb_admin_token"},
    "Job/migrate": {"db_password", "db_migrator_password", "db_app_password"},
    "CronJob/backup": {"db_password"},
    "CronJob/backup-log": {"db_password"},
}


def check_secrets():
    """Each pod mounts its own secrets, by name, and none as environment."""
    for name, template in pods():
        mounted = set()
        for volume in template["spec"].get("volumes", []):
            # How many providers there are, and their names, is whoever installs it's choice.
            if (name, volume.get("secret", {}).get("secretName")) == ("Deployment/backend", "oidc"):
                continue
            if "secret" in volume and check("items" in volume["secret"], f"{name}: mounts a whole secret"):
                mounted |= {item["key"] for item in volume["secret"]["items"]}
        wanted = {key for key in READS.get(name, set()) if not (embedded() and key.startswith("db_"))}
        check(mounted == wanted, f"{name}: mounts {mounted}, not {wanted}")
        for container in template["spec"]["containers"]:
            sources = container.get("envFrom", []) + [v.get("valueFrom", {}) for v in container.get("env", [])]
            check(not any("secretRef" in s or "secretKeyRef" in s for s in sources), f"{name}: a secret in the environment")


def check_egress():
    """Whatever may go out may go to somebody, not to everybody."""
    private = {"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}

    def is_narrow(peer, rule):
        block = peer.get("ipBlock", {})
        # Providers are anywhere outside, so all that is public, and nothing else, by HTTPS.
        outside = private <= set(block.get("except", [])) and [p.get("port") for p in rule.get("ports", [])] == [443]
        return peer and (block.get("cidr") not in {"0.0.0.0/0", "::/0"} or outside)

    for name, o in named("NetworkPolicy").items():
        for rule in o["spec"].get("egress", []):
            peers = rule.get("to", [])
            narrow = all(is_narrow(peer, rule) for peer in peers)
            check(peers and narrow and rule.get("ports"), f"NetworkPolicy/{name}: lets out to anywhere")
    reached = {name for name, o in named("NetworkPolicy").items() if not o["spec"]["podSelector"]}
    check("default-deny" in reached, "no NetworkPolicy denies by default")


def check_cookies():
    """Where TLS ends at an ingress, cookies are for HTTPS only."""
    settings = backend_settings()
    tls = any("tls" in o["spec"] for o in named("Ingress").values())
    secure = settings.get("COOKIE_SECURE")
    check(secure == ("true" if tls else "false"), f"COOKIE_SECURE is {secure}, TLS: {tls}")


def check_balancers():
    """The page knows two balancers or more, each by its own address."""
    replicas = named("Deployment")["load-balancer"]["spec"]["replicas"]
    check(replicas >= 2 or not named("Ingress"), f"{replicas} balancer")
    variables = {v["name"]: v.get("value") for v in named("Deployment")["frontend"]["spec"]["template"]["spec"]["containers"][0]["env"]}
    service = named("Service").get(variables["LOAD_BALANCER"].split(".")[0], {}).get("spec", {})
    check(service.get("clusterIP") == "None", "the page does not see the balancers one by one")


def check_references():
    """Selectors find pods, and what is mounted or read from is there."""
    templates = [t["metadata"]["labels"] for _, t in pods()]
    finds = lambda selector: any(selector.items() <= labels.items() for labels in templates)
    for kind, key in (("Service", lambda s: s["selector"]), ("PodDisruptionBudget", lambda s: s["selector"]["matchLabels"])):
        for name, o in named(kind).items():
            check(finds(key(o["spec"])), f"{kind}/{name}: selects no pod")
    for name, o in named("NetworkPolicy").items():
        selector = o["spec"]["podSelector"].get("matchLabels", {})
        check(finds(selector), f"NetworkPolicy/{name}: selects no pod")
    for name, template in pods():
        for volume in template["spec"].get("volumes", []):
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                check(claim in named("PersistentVolumeClaim"), f"{name}: no PersistentVolumeClaim {claim}")
            if "configMap" in volume:
                check(volume["configMap"]["name"] in named("ConfigMap"), f"{name}: no ConfigMap {volume['configMap']['name']}")
        for container in template["spec"]["containers"]:
            for source in (source["configMapRef"]["name"] for source in container.get("envFrom", [])):
                check(source in named("ConfigMap"), f"{name}: no ConfigMap {source}")
        check(template["spec"]["serviceAccountName"] in named("ServiceAccount"), f"{name}: no such ServiceAccount")
    for name, o in named("Ingress").items():
        for path in (path for rule in o["spec"]["rules"] for path in rule["http"]["paths"]):
            service, port = path["backend"]["service"]["name"], path["backend"]["service"]["port"]["name"]
            ports = named("Service").get(service, {}).get("spec", {}).get("ports", [])
            check(port in [p["name"] for p in ports], f"Ingress/{name}: no port {port} of a Service {service}")
    services = [o["metadata"]["labels"] for o in named("Service").values()]
    for name, o in named("ServiceMonitor").items():
        wanted = o["spec"]["selector"]["matchLabels"].items()
        check(any(wanted <= labels.items() for labels in services), f"ServiceMonitor/{name}: selects no Service")


def check_discovery():
    """What the balancer looks up is a headless Service, whose name gives the pods' addresses."""
    for name, o in named("ConfigMap").items():
        for config in (c for f, c in o.get("data", {}).items() if f.endswith(".toml")):
            for pool in tomllib.loads(config)["pools"]:
                if not check("discover" in pool, f"ConfigMap/{name}: pool {pool['name']} discovers nothing"):
                    continue
                service = pool["discover"]["dns"].split(".")[0]
                spec = named("Service").get(service, {}).get("spec", {})
                check(spec.get("clusterIP") == "None", f"ConfigMap/{name}: {service} is no headless Service")
                ports = [port["port"] for port in spec.get("ports", [])]
                check(pool["discover"]["port"] in ports, f"ConfigMap/{name}: {service} has the ports {ports}")


def check_connection_budget():
    """All instances that may run at once, each with its whole pool, the migration and the backups: under the limit."""
    settings = backend_settings()
    each = int(settings.get("DB_POOL_MAX", 10))
    for name, scaler in named("HorizontalPodAutoscaler").items():
        surge = named("Deployment")["backend"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
        limit = int(scaler["metadata"]["annotations"]["user-onboarding/database-connection-limit"])
        most = (scaler["spec"]["maxReplicas"] + surge) * each + 1 + len(named("CronJob"))
        check(most <= limit, f"HorizontalPodAutoscaler/{name}: up to {most} connections, the database allows {limit}")
        print(f"· {path.rsplit('/', 1)[-1]}: at most {most} of {limit} database connections", file=sys.stderr)


def check_embedded():
    """One file has one writer at a time."""
    if embedded():
        backend = named("Deployment")["backend"]["spec"]
        check(backend.get("replicas") == 1 and not named("HorizontalPodAutoscaler"), "several backends on one SQLite file")
        check(backend["strategy"]["type"] == "Recreate", "two backends on one SQLite file during a roll-out")


def check_rules():
    for rule in kubernetes_lint.RULES:
        problems.extend(rule(objects))


custom = check_schemas()
check_rules()
check_restricted()
check_embedded()
check_secrets()
check_egress()
check_cookies()
check_balancers()
check_references()
check_discovery()
check_connection_budget()
for problem in problems:
    print(f"{path}: {problem}", file=sys.stderr)
print(f"· {path.rsplit('/', 1)[-1]}: {len(objects)} objects, {len(problems)} problems", file=sys.stderr)
json.dump(custom, sys.stdout)
sys.exit(bool(problems))

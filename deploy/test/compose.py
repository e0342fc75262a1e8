"""Holds what Compose makes of a file against what docs/security.md promises: compose.py < `docker compose config --format json`.

Each service mounts the secrets that it reads, nobody's environment has one, nobody is root but the one that makes them
(and SQL Server's, Elasticsearch's, Kibana's images as their publishers made them), and backends reach nothing outside.
"""

import json
import re
import sys

config = json.load(sys.stdin)
services = config["services"]
staging = "load-balancer-2" in services
problems = []

READS = [
    (r"backend-\d+", "secrets-backend"),
    (r"load-balancer(-2|-tls)?", "secrets-load-balancer"),
    (r"db|backup|backup-log", "secrets-database"),
    (r"migrate", "secrets-migrator"),
    (r"grafana", "secrets-grafana"),
]


def check(ok, text):
    if not ok:
        problems.append(text)


def volumes(service):
    return [v["source"] for v in services[service].get("volumes", []) if v["source"].startswith("secrets-")]


def check_temporary_folders():
    """Nobody runs what lies in /tmp, but for Elasticsearch, whose native code is unpacked there."""
    for name, service in services.items():
        options = [m.partition(":")[2].split(",") for m in service.get("tmpfs", []) if m.startswith("/tmp:")]
        if name == "elasticsearch":
            runs = all("exec" in o for o in options) if options else not service.get("read_only")
            check(runs, f"{name} may not run what it unpacks in /tmp: {options}")
        else:
            check(all("noexec" in o for o in options), f"{name} may run what lies in /tmp")


def check_secrets():
    check("secrets" not in config, "Compose's own secrets bind files that have to be there first")
    for name, service in services.items():
        own = [volume for pattern, volume in READS if re.fullmatch(pattern, name)]
        # With the embedded store, nobody knows a password of a database.
        if name in ("migrate", "backup") and "db" not in services:
            own = []
        if name != "secrets":
            check(volumes(name) == own, f"{name} mounts {volumes(name)}, not {own}")
            waits = service.get("depends_on", {}).keys() & {"secrets", "migrate"}
            check(not own or waits, f"{name} does not wait for its secrets")
        for mount in service.get("volumes", []):
            if mount["source"].startswith("secrets-") and name != "secrets":
                check(mount.get("read_only"), f"{name} may write {mount['source']}")
        for variable, value in (service.get("environment") or {}).items():
            secret = re.search(r"(PASSWORD|SECRET|TOKEN)S?$", variable)
            check(not (secret and value), f"{name} bears {variable} in its environment")
    maker = services.get("secrets", {"command": "db_password"})
    check(maker.get("network_mode") == "none", "whoever makes the secrets is on a network")
    if "db" not in services:
        check("db_" not in str(maker["command"]), "a password is made for a database that is not there")


def check_users():
    for name, service in services.items():
        user = str(service.get("user", ""))
        check(name == "secrets" or not re.match(r"(0|root)(:|$)", user), f"{name} runs as root")
        check(name == "db" or service.get("cap_drop") == ["ALL"], f"{name} keeps capabilities")
        check(name == "secrets" or not service.get("cap_add"), f"{name} has capabilities")
        check("/var/run/docker.sock" not in json.dumps(service), f"{name} has the engine's socket")
        check("/var/lib/docker" not in json.dumps(service), f"{name} sees the engine's folders")
        check("max-size" in json.dumps(service.get("logging", {})), f"{name} can fill the disk with its log")


def check_networks():
    for name in services:
        if staging and re.fullmatch(r"backend-\d+|db|migrate|backup(-log)?", name):
            reached = services[name].get("networks") or {}
            open_ones = [n for n in reached if not config["networks"][n].get("internal")]
            check(not open_ones, f"{name} reaches the world by {open_ones}")


def check_balancers():
    if staging:
        known = services["frontend"]["environment"]["LOAD_BALANCER"].split()
        check(known == ["load-balancer-1:8080", "load-balancer-2:8080"], f"the page knows {known}")


check_temporary_folders()
check_secrets()
check_users()
check_networks()
check_balancers()
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))

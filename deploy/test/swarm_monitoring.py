"""Holds the Swarm's monitoring against Compose's: swarm_monitoring.py FILE, as `docker stack config` writes it.

The same images, every rule and every dashboard; limits for everything, and a port for Grafana alone. Without PyYAML, so
the output's form is read, which is always the same.
"""

import glob
import os
import re
import sys

text = open(sys.argv[1]).read()
sections = dict(re.findall(r"^(\w+):\n((?:[ \n].*\n?)*)", text, re.MULTILINE))
services = dict(re.findall(r"^  ([\w-]+):\n((?:    .*\n)*)", sections["services"], re.MULTILINE))
compose = open("deploy/compose/monitoring.yml").read()
problems = []


def check(ok, problem):
    if not ok:
        problems.append(problem)


def mounted(pattern, service, folder):
    for file in glob.glob(pattern):
        target = f"{folder}/{os.path.basename(file)}"
        check(f"target: {target}\n" in services[service], f"{service} does not have {file}")
        check(re.search(rf"file: .*/{re.escape(file)}\n", sections["configs"]), f"{file} is no config")


for name in ("prometheus", "alertmanager", "grafana"):
    image = re.search(r"image: (\S+)", services[name]).group(1)
    check(f"image: {image}\n" in compose, f"{name} is {image} here, but not in Compose")
    check("memory:" in services[name] and "read_only: true" in services[name], f"{name} has no limit or a writable root")
    check(("ports:" in services[name]) == (name == "grafana"), f"{name}: port")
mounted("deploy/prometheus/rules/*.yml", "prometheus", "/etc/prometheus/rules")
mounted("deploy/grafana/dashboards/*.json", "grafana", "/var/lib/grafana/dashboards")
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))

"""Compares what the Helm chart makes with what the overlay makes: kubernetes_equal.py CHART OVERLAY.

What may differ: labels and annotations of the packaging, the hashes in names of ConfigMaps, the namespace, comments in
the balancer's configuration.
"""

import difflib
import json
import re
import sys

import yaml

PACKAGING = re.compile(r"helm\.sh/|checksum/|app\.kubernetes\.io/(instance|managed-by|part-of)$")


def plain(value):
    """Without packaging and hashes, recursively; what is empty counts as absent."""
    if isinstance(value, dict):
        kept = {k: plain(v) for k, v in value.items() if not PACKAGING.match(k) and k not in ("namespace", "imagePullPolicy")}
        return {k: v for k, v in kept.items() if v not in ({}, None)}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, str):
        # The balancer's configuration: what is said in it, not its comments.
        value = re.sub(r" *#.*", "", value) if "[[pools]]" in value else value
        return re.sub(r"^(backend|load-balancer|traces)-[a-z0-9]{10}$", r"\1", value).strip()
    return value


def by_name(path):
    """Each object as text; lists of names are sorted, as their order means nothing."""
    objects = [plain(o) for o in yaml.safe_load_all(open(path)) if o and o["kind"] != "Namespace"]
    return {f"{o['kind']}/{o['metadata']['name']}": json.dumps(o, indent=1, sort_keys=True) for o in objects}


chart, overlay = (by_name(path) for path in sys.argv[1:])
differences = 0
for name in sorted(chart.keys() | overlay.keys()):
    ours, theirs = chart.get(name, ""), overlay.get(name, "")
    if ours != theirs:
        differences += 1
        print(f"{name} differs:", file=sys.stderr)
        lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "overlay", "chart", lineterm="", n=2)
        print("\n".join(lines), file=sys.stderr)
print(f"· the chart's {len(chart)} objects and the overlay's {len(overlay)}: {differences} differences", file=sys.stderr)
sys.exit(bool(differences))

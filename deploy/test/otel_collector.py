"""Holds deploy/otel-collector against itself: common.yml with each cloud's file, merged as the collector merges them.

Every part that a pipeline names must be there, every part that is there must be used, and each pipeline must lead from
somewhere to somewhere. Whether a cloud takes what comes is for the collector's own `validate` and the cloud to say.
"""

import sys
from pathlib import Path

try:
    import yaml
except ImportError:
    print("skipped: the collector's configurations (no PyYAML for this Python)")
    sys.exit(0)

FOLDER = Path("deploy/otel-collector")
KINDS = ("receivers", "processors", "exporters")


def merged(below, above):
    """Maps are merged, all else is replaced."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    shared = {key: merged(below[key], above[key]) for key in below.keys() & above.keys()}
    return {**below, **above, **shared}


def problems(config):
    service = config["service"]
    used = {kind: set() for kind in (*KINDS, "extensions")}
    used["extensions"].update(service.get("extensions", []))
    for name, pipeline in service["pipelines"].items():
        for kind in KINDS:
            used[kind].update(pipeline.get(kind, []))
        for kind in ("receivers", "exporters"):
            if not pipeline.get(kind):
                yield f"the pipeline {name} has no {kind}"
    for kind, names in used.items():
        defined = set(config.get(kind, {}))
        yield from (f"{name} is among no {kind}" for name in names - defined)
        yield from (f"{name} of {kind} is not used" for name in defined - names)
    for name, exporter in config["exporters"].items():
        authenticator = (exporter or {}).get("auth", {}).get("authenticator")
        if authenticator and authenticator not in used["extensions"]:
            yield f"{name} is authenticated by {authenticator}, which is no extension in use"


common = yaml.safe_load((FOLDER / "common.yml").read_text())
clouds = sorted(path for path in FOLDER.glob("*.yml") if path.name != "common.yml")
found = [
    f"{path}: {problem}"
    for path in clouds
    for problem in problems(merged(common, yaml.safe_load(path.read_text())))
]
print("\n".join(found) or f"the collector's configurations for {', '.join(path.stem for path in clouds)} fit together")
sys.exit(bool(found))

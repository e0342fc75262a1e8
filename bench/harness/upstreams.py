"""The servers behind the contenders: one bench-upstream for all of a run."""

import json
import subprocess
from pathlib import Path
from urllib.request import urlopen

from .load import pinned


class Upstreams:
    """Three servers and a log sink, on free ports, until the block ends."""

    def __init__(self, binary: Path, cores: set[int]) -> None:
        self._child = subprocess.Popen([*pinned(cores), str(binary)], stdout=subprocess.PIPE, text=True)
        line = self._child.stdout.readline()
        if not line:
            raise SystemExit(f"{binary} did not start")
        told = json.loads(line)
        self.servers: list[str] = told["servers"]
        self.log_sink: str = told["log_sink"]

    def __enter__(self) -> "Upstreams":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()

    def counters(self) -> dict[str, int]:
        """What has arrived so far."""
        with urlopen(f"http://{self.servers[0]}/bench/stats", timeout=5) as answer:
            return json.load(answer)

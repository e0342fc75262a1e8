"""What picking a server costs: the micro benchmark of the balancer's own crate, and its promise."""

import json
import re
import subprocess
from dataclasses import dataclass

from .load import pinned
from .machine import ROOT
from .report import table

NAME = "pick"
# Nanoseconds between the dearest and the cheapest algorithm with 3 and 100 servers.
PROMISED = 1000
BUILD = ["cargo", "bench", "-p", "load-balancer", "--bench", NAME, "--no-run", "--message-format=json"]


@dataclass(frozen=True)
class Picks:
    """Nanoseconds for one pick by algorithm, with 3, 100 and 10,000 servers."""

    costs: dict[str, tuple[float, float, float]]

    @property
    def range(self) -> float:
        """Between the dearest and the cheapest with 3 and 100 servers."""
        usual = [cost for three, hundred, _ in self.costs.values() for cost in (three, hundred)]
        return max(usual) - min(usual)

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return self.range <= PROMISED

    def markdown(self) -> str:
        """The table, and the promise."""
        rows = [[name, *(f"{cost:,.0f} ns" for cost in costs)] for name, costs in self.costs.items()]
        verdict = f"With 3 and 100 servers all are within {self.range:,.0f} ns, promised {PROMISED:,}: "
        verdict += "met" if self.met else "MISSED"
        return f"### pick\n\n{table(['', '3 servers', '100', '10,000'], rows)}\n\n{verdict}.\n"


def run(core: int) -> Picks:
    """Builds it, and runs it on one core."""
    built = subprocess.run(BUILD, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    command = [*pinned({core}), executable(built.stdout), "--bench"]
    return parse(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def executable(messages: str) -> str:
    """The program that cargo's JSON messages tell of."""
    for line in messages.splitlines():
        told = json.loads(line)
        if told.get("executable") and told["target"]["name"] == NAME:
            return told["executable"]
    raise ValueError("cargo built no such benchmark")


def parse(text: str) -> Picks:
    """Lines of a name and three numbers."""
    lines = (re.match(r"^(\w.*?)\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*$", line) for line in text.splitlines())
    costs = {found[1]: (float(found[2]), float(found[3]), float(found[4])) for found in lines if found}
    if not costs:
        raise ValueError(f"no figures in: {text!r}")
    return Picks(costs)

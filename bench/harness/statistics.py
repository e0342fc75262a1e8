"""Medians, spreads and ratios of interleaved rounds."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Summary:
    """The median of some rounds, and the whole range they cover."""

    median: float
    low: float
    high: float
    rounds: int

    @property
    def spread(self) -> float:
        """Half of the range, as a share of the median."""
        return (self.high - self.low) / 2 / self.median if self.median else 0.0


def summarize(values: list[float]) -> Summary:
    """The summary of at least one value."""
    return Summary(median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Ratio:
    """One contender beside the best of its peers: median and range of the ratios round by round.

    What runs in one round runs within seconds, so that a machine that changes its pace changes it for both."""

    peer: str
    median: float
    low: float
    high: float


def against_best(own: list[float], peers: dict[str, list[float]]) -> Ratio | None:
    """The ratio to the peer with the least median; rounds are paired in the order in which they ran."""
    peers = {name: values for name, values in peers.items() if values}
    if not own or not peers:
        return None
    best = min(peers, key=lambda name: median(peers[name]))
    paired = [mine / theirs for mine, theirs in zip(own, peers[best])]
    return Ratio(best, median(paired), min(paired), max(paired))

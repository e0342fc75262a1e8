"""The ratios as an SVG: for each case one bar per contender, the best peer being 1."""

from html import escape
from statistics import median

from .cases import Case
from .contenders import OURS
from .report import Samples, measured, show_figure

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 900, 270, 110, 13, 16, 50
COLOURS = {"nginx": "#8fb8a0", "nginx-new": "#b9d3c2", "haproxy": "#9db4d6", "haproxy-new": "#c4d2e8", OURS: "#c8553d"}
LIMIT = 2.5


def draw(samples: Samples, title: str) -> str:
    """The whole picture."""
    parts, top = [], TOP
    for case in measured(samples):
        figures = {name: median(it.figure for it in found) for name, found in samples[case.name].items() if found}
        piece, height = group(case, figures, top)
        parts.append(piece)
        top += height + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" font-family="sans-serif" font-size="11">'
    background = f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>'
    return "\n".join([head, background, text(LEFT, 20, title, size=13), legend(samples), *parts, "</svg>\n"])


def group(case: Case, figures: dict[str, float], top: int) -> tuple[str, int]:
    """One case, and how high it is."""
    peers = [value for name, value in figures.items() if name != OURS]
    best = min(peers or figures.values())
    height = BAR * len(figures)
    parts = [text(LEFT - 8, top + height / 2 + 4, case.title, anchor="end")]
    rows = [(name, value / best, top + index * BAR) for index, (name, value) in enumerate(figures.items())]
    parts += [bar(name, ratio, at) for name, ratio, at in rows]
    parts += [mark(place(1), top, height, "#888"), mark(place(case.target), top, height, "#c8553d", dash=True)]
    parts += [label(case, figures[name], ratio, at) for name, ratio, at in rows]
    return "\n".join(parts), height


def bar(name: str, ratio: float, top: int) -> str:
    """One contender of one case."""
    width = place(min(ratio, LIMIT)) - LEFT
    return f'<rect x="{LEFT}" y="{top + 1}" width="{width:.1f}" height="{BAR - 2}" fill="{colour(name)}"/>'


def label(case: Case, value: float, ratio: float, top: int) -> str:
    """A bar's figures, on a halo that keeps them readable on lines."""
    words = text(place(min(ratio, LIMIT)) + 5, top + BAR - 3, f"{ratio:.2f}  ({show_figure(case, value)})", size=9)
    return f'<g stroke="#fff" stroke-width="3" paint-order="stroke">{words}</g>'


def mark(x: float, top: int, height: int, stroke: str, dash: bool = False) -> str:
    """A line over a group: the best peer, or what is promised."""
    style = ' stroke-dasharray="3 2"' if dash else ""
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 2}" y2="{top + height + 2}" stroke="{stroke}"{style}/>'


def legend(samples: Samples) -> str:
    """The contenders' colours."""
    names = list(dict.fromkeys(name for case in samples.values() for name in case))
    parts = []
    for index, name in enumerate(names):
        x = LEFT + index * 110
        parts.append(f'<rect x="{x}" y="29" width="10" height="10" fill="{colour(name)}"/>' + text(x + 14, 38, name))
    return "\n".join([*parts, text(LEFT - 8, 38, "lower is better; dashed: promised", anchor="end", size=9)])


def place(ratio: float) -> float:
    """Where a ratio is, from the left."""
    return LEFT + ratio / LIMIT * (WIDTH - LEFT - RIGHT)


def colour(name: str) -> str:
    """A contender's colour; grey for one that is not known."""
    return COLOURS.get(name, "#bbbbbb")


def text(x: float, y: float, content: str, anchor: str = "start", size: int = 11) -> str:
    """A piece of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(content)}</text>'

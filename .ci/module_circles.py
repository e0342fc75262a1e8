#!/usr/bin/env python3
"""Fails where modules of a crate import each other, directly or by a way round.

    .ci/module_circles.py [SRC ...]

Without arguments, every crate of the workspace is checked. Modules are compared with their siblings: an import counts
for the two modules that part it, so that `crate::a::x` importing `crate::b::y` is an import of `b` by `a`. A module and
the modules inside of it may import each other; a module that is compiled for tests only is left out.

The script of the repo is used because the ready tool (cargo-modules with --acyclic) takes an import of a parent's item
for a circle and needs the whole crate compiled.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

Module = tuple[str, ...]


class Import(NamedTuple):
    """One place where a file names another module."""

    importer: Module
    imported: Module
    place: str


def main(arguments: list[str]) -> int:
    root = Path(__file__).resolve().parent.parent
    sources = [Path(argument) for argument in arguments] or sorted(root.glob("crates/*/src"))
    circles = 0
    for source in sources:
        found = circles_of(source)
        for level, circle in found:
            circles += 1
            print(f"{source}: modules of {'::'.join(('crate', *level))} import each other:")
            for imported in circle:
                print(f"  {imported.place} imports {'::'.join(('crate', *imported.imported))}")
        if not found:
            print(f"{source}: no circle between modules")
    return 1 if circles else 0


def circles_of(source: Path) -> list[tuple[Module, list[Import]]]:
    """The shortest circle of each level of modules that has one, with an import for each of its steps."""
    files = {module_of(source, path): path for path in sorted(source.rglob("*.rs"))}
    imports = [each for module, path in files.items() for each in imports_of(module, path, files.keys())]
    levels = sorted({module[:depth] for module in files for depth in range(len(module))})
    circles = [(level, shortest_circle(steps_at(level, imports))) for level in levels]
    return [(level, circle) for level, circle in circles if circle]


def module_of(source: Path, path: Path) -> Module:
    parts = list(path.relative_to(source).with_suffix("").parts)
    return tuple(parts[:-1] if parts[-1] in ("mod", "lib", "main") else parts)


def imports_of(module: Module, path: Path, known) -> list[Import]:
    """All modules of the crate that a file names, in `use` and in paths."""
    if is_for_tests(module, path):
        return []
    text = without_tests(without_comments(path.read_text()))
    found = []
    for statement in re.finditer(r"\buse\s+([^;]+);", text):
        found += [(statement.start(), leaf) for leaf in leaves(statement[1])]
    blanked = re.sub(r"\buse\s+[^;]+;", lambda use: re.sub(r"[^\n]", " ", use[0]), text)
    for named in re.finditer(r"\b(?:crate|super)(?:\s*::\s*\w+)+", blanked):
        found.append((named.start(), re.split(r"\s*::\s*", named[0])))
    imports = []
    for start, names in found:
        imported = resolve(module, names, known)
        if imported and imported != module:
            imports.append(Import(module, imported, f"{path}:{text.count(chr(10), 0, start) + 1}"))
    return imports


def is_for_tests(module: Module, path: Path) -> bool:
    return "tests" in module or path.name.endswith("_tests.rs")


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def without_tests(text: str) -> str:
    """Cuts the modules out that are compiled for tests only; lines stay where they are."""
    while found := re.search(r"#\[cfg\(test\)\]\s*(?:pub\S*\s+)?mod \w+ \{", text):
        end = closing_brace(text, found.end() - 1)
        text = text[: found.start()] + "\n" * text.count("\n", found.start(), end) + text[end:]
    return text


def closing_brace(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return len(text)


def leaves(tree: str) -> list[list[str]]:
    """`a::{b, c::d}` as `[[a, b], [a, c, d]]`."""
    head, brace, rest = tree.partition("{")
    names = [name.strip() for name in head.split(" as ")[0].split("::") if name.strip()]
    if not brace:
        return [names]
    return [names + leaf for part in parts_of(rest[: rest.rfind("}")]) for leaf in leaves(part)]


def parts_of(list_of_trees: str) -> list[str]:
    parts, depth = [""], 0
    for character in list_of_trees:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]


def resolve(module: Module, names: list[str], known) -> Module | None:
    """The module that a path leads into; None where it leads out of the crate."""
    if names[0] == "crate":
        full = names[1:]
    elif names[0] in ("self", "super"):
        above = sum(1 for name in names if name == "super")
        full = [*module[: len(module) - above], *(name for name in names if name not in ("self", "super"))]
    else:
        return None
    for length in range(len(full), 0, -1):
        if tuple(full[:length]) in known:
            return tuple(full[:length])
    return None


def steps_at(level: Module, imports: list[Import]) -> dict[str, dict[str, Import]]:
    """Which of the modules inside of `level` imports which, with one import as the proof."""
    depth = len(level)
    steps: dict[str, dict[str, Import]] = defaultdict(dict)
    for each in imports:
        inside = each.importer[:depth] == level == each.imported[:depth]
        if inside and min(len(each.importer), len(each.imported)) > depth:
            importer, imported = each.importer[depth], each.imported[depth]
            if importer != imported:
                steps[importer].setdefault(imported, each)
    return steps


def shortest_circle(steps: dict[str, dict[str, Import]]) -> list[Import]:
    """The imports of the shortest way from a module to itself; empty where there is none."""
    ways = [way for start in sorted(steps) if (way := way_back(start, steps))]
    return min(ways, key=len, default=[])


def way_back(start: str, steps: dict[str, dict[str, Import]]) -> list[Import]:
    waiting, seen = [(start, [])], set()
    for module, way in waiting:
        for imported, proof in sorted(steps.get(module, {}).items()):
            if imported == start:
                return [*way, proof]
            if imported not in seen:
                seen.add(imported)
                waiting.append((imported, [*way, proof]))
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

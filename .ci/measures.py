#!/usr/bin/env python3
"""Prints the measures of docs/architecture.md for a commit.

    .ci/measures.py [COMMIT]

Tests are left out: files of modules that are compiled for tests only, and items behind `#[cfg(test)]`. Lines are all
other lines of a file, comments included. A function is a `fn` with a name; `self` counts as a parameter.
"""

import re
import subprocess
import sys

SOURCES = {"balancer": "crates/load-balancer/src", "backend": "crates/backend/src"}
TEST_MODULE = re.compile(r"#\[cfg\(test\)\]\n(?:\s*#\[[^\n]*\]\n)*\s*mod (\w+);")


def main(commit: str = "HEAD") -> None:
    print("| | files | lines | functions | parameters | functions with more than five |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, source in SOURCES.items():
        codes = [without_tests(text) for text in shipped_files(commit, source).values()]
        counts = [len(parameters) for code in codes for parameters in functions(code)]
        lines = sum(code.count("\n") for code in codes)
        average, many = sum(counts) / len(counts), sum(count > 5 for count in counts)
        print(f"| {name} | {len(codes)} | {lines:,} | {len(counts):,} | {average:.2f} | {many} |")


def shipped_files(commit: str, source: str) -> dict[str, str]:
    """The files of a crate by path, without those of modules that are compiled for tests only."""
    paths = git("ls-tree", "-r", "--name-only", commit, source).splitlines()
    texts = {path: git("show", f"{commit}:{path}") for path in paths if path.endswith(".rs")}
    tests = {f"{folder_of(path)}/{name}" for path, text in texts.items() for name in TEST_MODULE.findall(text)}
    is_test = lambda path: any(path.startswith((f"{test}.rs", f"{test}/")) for test in tests)
    return {path: text for path, text in texts.items() if not is_test(path)}


def folder_of(path: str) -> str:
    """The folder of the modules that the file `path` declares."""
    folder, _, file = path.removesuffix(".rs").rpartition("/")
    return folder if file in ("mod", "lib", "main") else f"{folder}/{file}"


def without_tests(text: str) -> str:
    """The text of a file without the items behind `#[cfg(test)]`."""
    kept, lines = [], iter(text.splitlines(keepends=True))
    for line in lines:
        if line.strip() == "#[cfg(test)]":
            depth = 0
            for item in lines:
                depth += item.count("{") - item.count("}")
                if depth <= 0 and item.rstrip().endswith(("}", ";")):
                    break
        else:
            kept.append(line)
    return "".join(kept)


def functions(code: str) -> list[list[str]]:
    """The parameters of each function."""
    code = re.sub(r"^\s*//.*$", "", code, flags=re.M)
    found = []
    for name in re.finditer(r"\bfn \w+", code):
        begin = name.end() if code[name.end()] != "<" else closing(code, name.end())
        if code[begin] == "(":
            found.append(split(code[begin + 1 : closing(code, begin) - 1]))
    return found


def closing(code: str, begin: int) -> int:
    """Where the bracket that opens at `begin` has been closed."""
    depth = 0
    for at in range(begin, len(code)):
        depth += step(code, at)
        if depth == 0:
            return at + 1
    return len(code)


def split(text: str) -> list[str]:
    """The texts between the commas that are in no bracket."""
    depth, parts = 0, [""]
    for at, character in enumerate(text):
        depth += step(text, at)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]


def step(code: str, at: int) -> int:
    """Whether a bracket opens (1) or closes (-1). The `>` of an arrow is none."""
    if code[at] in "([{<":
        return 1
    return -1 if code[at] in ")]}" or (code[at] == ">" and code[at - 1] not in "-=") else 0


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])

"""No script lets a reader of a pipe end before its writer.

With `pipefail`, a writer that is ended by SIGPIPE fails the pipe although the reader has found what it looked for: at
random, and behind `!` a fault that was found counts as none.
"""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENDS_EARLY = re.compile(r"(?<!\|)\|\s*(grep\s+-[A-Za-z]*[qm]|head\b)")


def scripts():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if not path.is_file() or path.suffix not in {"", ".sh"}:
            continue
        # Those that are sourced say nothing of `pipefail`.
        if path.suffix == ".sh" or path.name == "justfile" or b"bash" in path.read_bytes().partition(b"\n")[0]:
            yield path


def early_ends(text):
    return [line for line in text.splitlines() if ENDS_EARLY.search(line) and not line.lstrip().startswith("#")]


class Pipes(unittest.TestCase):
    def test_readers_read_to_the_end(self):
        found = [f"{path.relative_to(ROOT)}: {line.strip()}" for path in scripts() for line in early_ends(path.read_text())]
        self.assertEqual([], found, "write `grep … >/dev/null` or `sed -n 1p`")

    def test_the_kind(self):
        for line in ["docker ps | grep -q x", "a | grep -m1 b", "a | grep -qx b", "a | head -n 1", "a |head"]:
            self.assertTrue(early_ends(line), line)
        for line in ["grep -q x file", "a | grep x >/dev/null", "a | sed -n 1p", "# a | head", "a | grep -c x"]:
            self.assertFalse(early_ends(line), line)

    def test_scripts_are_found(self):
        self.assertIn(ROOT / "deploy/test/providers.sh", list(scripts()))


if __name__ == "__main__":
    unittest.main()

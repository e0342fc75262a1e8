"""The tables of docs/architecture.md name what is in the code."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / ".ci"))
from module_circles import imports_of, module_of, steps_at

PAGE = (ROOT / "docs/architecture.md").read_text()
BALANCER, BACKEND = ROOT / "crates/load-balancer/src", ROOT / "crates/backend/src"


def section(title: str) -> str:
    """What stands below a heading, up to the next one."""
    return re.split(r"^##+ ", PAGE.partition(f" {title}\n")[2], maxsplit=1, flags=re.M)[0]


def floors() -> dict[str, int]:
    """The floor of each module by the page. A row of two floors has the modules of each between semicolons."""
    found = {}
    for numbers, modules in re.findall(r"^\| ([\d, ]+) \| ([^|]+) \|", section("The floors of the balancer"), re.M):
        floors_of_row = [int(number) for number in numbers.split(",")]
        for floor, group in zip(floors_of_row, modules.split(";"), strict=True):
            found |= dict.fromkeys(re.findall(r"`(\w+)`", group), floor)
    return found


class Architecture(unittest.TestCase):
    def test_each_module_of_the_balancer_has_a_floor_and_imports_from_below(self):
        files = {module_of(BALANCER, path): path for path in sorted(BALANCER.rglob("*.rs"))}
        floor = floors()
        self.assertEqual({module[0] for module in files if module}, floor.keys())
        imports = [each for module, path in files.items() for each in imports_of(module, path, files.keys())]
        for importer, imported in steps_at((), imports).items():
            for module, proof in imported.items():
                self.assertLess(floor[module], floor[importer], proof.place)

    def test_each_walk_has_files_that_are_there_and_is_short(self):
        for title, source in [("one request", BALANCER), ("one registration", BACKEND)]:
            walk = section(f"The walk of {title}, file by file")
            files = re.findall(r"^\| (\d+) \| `([^`]+)` \|", walk, re.M)
            self.assertEqual([int(number) for number, _ in files], list(range(1, len(files) + 1)))
            self.assertEqual([path for _, path in files if not (source / path).is_file()], [])
            self.assertLessEqual(len(files), 22, title)
            self.assertLessEqual(len(re.findall(r"^\| \| back to \d+ \|", walk, re.M)), 4, title)


if __name__ == "__main__":
    unittest.main()

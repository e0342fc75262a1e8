"""The figures of the README are those of the report that is kept."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def cells(text: str) -> list[list[str]]:
    """The rows of every Markdown table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


class Readme(unittest.TestCase):
    def test_every_share_is_the_ratio_of_the_report(self):
        report = (ROOT / "bench/reports/full.md").read_text()
        ratios = {row[0]: row[2] for row in cells(report) if len(row) == 6}
        shares = [row for row in cells((ROOT / "README.md").read_text()) if re.fullmatch(r"\d\.\d\d", row[-1])]
        self.assertGreater(len(shares), 8, "the README has a table of shares")
        for title, *_, share in shares:
            self.assertEqual(share, ratios.get(title), title)

    def test_how_many_limits_are_met_is_said(self):
        verdicts = [row[-1] for row in cells((ROOT / "bench/reports/full.md").read_text()) if len(row) == 6]
        found = re.search(r"(\d+) of the (\d+) limits that we have set ourselves are met", (ROOT / "README.md").read_text())
        met, missed = verdicts.count("met"), verdicts.count("MISSED")
        self.assertEqual(found.groups(), (str(met), str(met + missed)))

    def test_the_peers_are_those_of_the_report(self):
        report = (ROOT / "bench/reports/full.md").read_text()
        readme = (ROOT / "README.md").read_text()
        versions = re.findall(r"(?:nginx|haproxy)(?:-new)? (\d+\.\d+)\.\d+", report.split("\n| ")[0])
        self.assertEqual(len(versions), 4)
        for version in versions:
            self.assertIn(version, readme)


if __name__ == "__main__":
    unittest.main()

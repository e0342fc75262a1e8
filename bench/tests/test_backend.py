"""What the benchmark of the backend makes of its figures, without running anything."""

import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from harness import backend, procfs  # noqa: E402
from harness.backend import MB  # noqa: E402

READS = {"good": 1000, "failed": 0, "p50_us": 400, "p99_us": 1000, "max_us": 5000}
RESULTS = {
    "about": {"processor": "P", "cores": 2, "system": "S", "kernel": "6", "time": "T", "commit": "C"},
    "instances": 1,
    "logins": 500,
    "reads": 100,
    "threads": 1,
    "memory": {"start": [14 * MB], "peak": [50 * MB], "after": [30 * MB]},
    "unloaded": READS,
    "loaded": {**READS, "p99_us": 1900},
    "storm": {
        "first": {"200": 150, "503": 350},
        "all": {"200": 500, "503": 360},
        "let_in_at_try": {"1": 150, "2": 340, "3": 10},
        "longest_ms": {"200": 3100, "503": 40},
        "retry_after": [3, 10],
        "took_ms": 10_500,
    },
    "records": {"none": 0, "own": 60_000},
}


def missed(**changes: object) -> list[str]:
    """What is missed where the figures at these paths are others; `__` stands between the parts of a path."""
    results = copy.deepcopy(RESULTS)
    for path, value in changes.items():
        *way, last = path.split("__")
        place = results
        for key in way:
            place = place[key]
        place[last] = value
    return [it.what for it in backend.promises(results) if not it.kept]


class Promises(unittest.TestCase):
    def test_all_are_kept_by_good_figures(self):
        self.assertEqual(missed(), [])

    def test_each_is_missed_by_a_bad_one(self):
        table = [
            ({"storm__all": {"200": 500, "504": 1}}, "answers that are neither"),
            ({"storm__let_in_at_try": {"1": 150, "2": 200, "3": 150}}, "let in at the first try or when told"),
            ({"storm__let_in_at_try": {"1": 150, "2": 340}}, "all are let in"),
            ({"loaded__p99_us": 2001}, "p99 of reads"),
            ({"loaded__failed": 1}, "reads that failed"),
            ({"memory__peak": [65 * MB]}, "memory at the peak"),
            ({"memory__after": [35 * MB]}, "memory 10 s after"),
            ({"records__own": 100_001}, "bytes in the database"),
        ]
        for changes, beginning in table:
            with self.subTest(beginning):
                self.assertEqual([what.startswith(beginning) for what in missed(**changes)], [True])

    def test_the_report_has_every_figure(self):
        text = backend.markdown(RESULTS, backend.promises(RESULTS))
        for figure in ("1.90", "200: 500, 503: 360", "1: 150, 2: 340, 3: 10", "3 to 10 s", "36.0 MB", "16.0 MB", "60,000"):
            self.assertIn(figure, text)
        self.assertNotIn("MISSED", text)

    def test_sizes_of_status(self):
        text = "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n"
        self.assertEqual(procfs.parse_status(text, "VmRSS"), 1024 * 1024)
        with self.assertRaises(ValueError):
            procfs.parse_status(text, "VmPin")


if __name__ == "__main__":
    unittest.main()

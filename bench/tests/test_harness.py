"""What the harness computes, without running anything."""

import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from harness import callgrind, contenders, load, measure, pick, plot, procfs, report  # noqa: E402
from harness.cases import CASES, Case, Log, Mode, select  # noqa: E402
from harness.contenders import OURS, Contender, Setting  # noqa: E402
from harness.measure import Sample  # noqa: E402
from harness.statistics import against_best, summarize  # noqa: E402

STAT = "4711 (odd) name) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 150 3 4 20 0 3 0 12345"


def case(name: str) -> Case:
    return select([name])[0]


class Parsers(unittest.TestCase):
    def test_stat_is_read_after_the_last_parenthesis(self):
        user, system = procfs.parse_stat(STAT)
        self.assertEqual((user * procfs.TICK, system * procfs.TICK), (250, 150))

    def test_pss_is_the_line_of_that_name(self):
        text = "00400000-7ff0 ---p 00000000 00:00 0 [rollup]\nRss:  4096 kB\nPss:  1024 kB\nPss_Anon:  512 kB\n"
        self.assertEqual(procfs.parse_pss(text), 1024 * 1024)
        with self.assertRaises(ValueError):
            procfs.parse_pss("Rss: 1 kB\n")

    def test_system_calls_of_perf_and_strace(self):
        self.assertEqual(procfs.parse_perf("12345,,raw_syscalls:sys_enter,1000,100.00,,\n"), 12345)
        strace = " 60.00    0.000300           3       100           recvfrom\n------\n100.00    0.000500           3       160         4 total\n"
        self.assertEqual(procfs.parse_strace(strace), 160)
        for parse in (procfs.parse_perf, procfs.parse_strace):
            with self.assertRaises(ValueError):
                parse("attach: Operation not permitted")

    def test_another_process_has_a_cpu_clock(self):
        import os

        own = procfs.cpu([os.getpid()])
        self.assertGreater(own.total, 0)
        self.assertAlmostEqual(own.total, own.user + own.system, delta=0.2)


class Callgrind(unittest.TestCase):
    ANNOTATED = """
12,445 PROGRAM TOTALS

     Ir       file:function

  10,000  /src/crates/load-balancer/src/http1/mod.rs:load_balancer::http1::serve::{{closure}} [/opt/load-balancer]
     100  /src/crates/load-balancer/src/forward/mod.rs:load_balancer::http1::serve::{{closure}} [/opt/load-balancer]
   2,000  ./string/../sysdeps/memmove.S:__memcpy_avx_unaligned_erms [/usr/lib/libc.so.6]
     300  /home/a/.cargo/registry/src/index-1949cf/memchr-2.8.3/src/x.rs:<memchr::Memchr as core::iter::Iterator>::next
      45  ???:0x0000000000001234 [/usr/lib/ld.so]
"""

    def test_inlined_code_counts_where_it_was_written(self):
        found = callgrind.functions(self.ANNOTATED)
        self.assertEqual(sum(it.count for it in found), 12_445, "the total is no function")
        places = callgrind.total(found, callgrind.place)
        expected = {"http1": 10_000, "forward": 100, "copies": 2_000, "memchr": 300, "system": 45}
        self.assertEqual(places, expected)
        self.assertEqual(callgrind.total(found, lambda it: it.symbol)["load_balancer::http1::serve::{{closure}}"], 10_100)


class Statistics(unittest.TestCase):
    def test_a_summary_is_the_median_and_the_range(self):
        found = summarize([3.0, 1.0, 2.0, 10.0, 2.5])
        self.assertEqual((found.median, found.low, found.high, found.rounds), (2.5, 1.0, 10.0, 5))
        self.assertAlmostEqual(found.spread, 4.5 / 2.5)

    def test_the_best_peer_is_the_one_with_the_least_median(self):
        ratio = against_best([8, 9, 10], {"nginx": [10, 20, 12], "haproxy": [11, 15, 15]})
        self.assertEqual(ratio.peer, "nginx")
        self.assertAlmostEqual(ratio.median, 8 / 10)
        self.assertAlmostEqual(ratio.low, 9 / 20)
        self.assertAlmostEqual(ratio.high, 10 / 12)

    def test_there_is_no_ratio_without_both_sides(self):
        self.assertIsNone(against_best([], {"nginx": [1]}))
        self.assertIsNone(against_best([1], {"nginx": []}))


class Checks(unittest.TestCase):
    REPORT = {"responses": 10, "failures": {}}

    def arrived(self, **changed):
        return {"requests": 10, "without_client": 0, "without_request_id": 0, "body_bytes": 0} | changed

    def test_work_that_was_done_has_no_problems(self):
        self.assertEqual(measure.problems(case("small"), self.REPORT, self.arrived(), 0), [])

    def test_each_thing_that_is_missing_is_named(self):
        for name, arrived, logged, expected in [
            ("small", {"requests": 11}, 0, "11 requests reached the upstreams for 10 answers"),
            ("small", {"without_request_id": 3}, 0, "3 x without_request_id"),
            ("post", {"body_bytes": 1}, 0, "1 bytes of bodies reached the upstreams"),
            ("log", {}, 9, "9 log lines for 10 requests"),
        ]:
            self.assertEqual(measure.problems(case(name), self.REPORT, self.arrived(**arrived), logged), [expected])
        failed = {"responses": 0, "failures": {"status 502": 7}}
        found = measure.problems(case("small"), failed, self.arrived(requests=0), 0)
        self.assertEqual(found, ["7 x status 502", "no response"])


class Configuration(unittest.TestCase):
    def configure(self, kind: str, chosen: Case) -> tuple[list[str], str]:
        with tempfile.TemporaryDirectory() as name:
            dir = Path(name)
            setting = Setting(dir, dir, "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", ["127.0.0.1:4"], "127.0.0.1:5")
            command = contenders.configure(Contender(kind, kind, (kind,), ""), chosen, setting)
            path = next(Path(word) for word in command if word.endswith((".conf", ".cfg", ".toml")))
            return command, path.read_text()

    def test_every_name_is_filled_in_for_every_case(self):
        for kind in ("nginx", "haproxy", OURS):
            for chosen in CASES:
                _, text = self.configure(kind, chosen)
                left = [line for line in text.splitlines() if "@" in line and not line.lstrip().startswith("#")]
                left = [line for line in left if "ring@requests" not in line]
                self.assertEqual(left, [], f"{kind} {chosen.name}")

    def test_only_the_log_case_logs(self):
        for kind, sign in (("nginx", "access_log off"), (OURS, "enabled = false")):
            self.assertIn(sign, self.configure(kind, case("small"))[1])
            self.assertNotIn(sign, self.configure(kind, case("log"))[1])
        self.assertIn("log-format", self.configure("haproxy", case("log"))[1])
        self.assertNotIn("log-format", self.configure("haproxy", case("small"))[1])

    def test_the_load_of_a_case(self):
        words = load.arguments(case("rate-10k"), "a:1", Path("crt"), 1, 4)
        self.assertEqual(words[0], "rate")
        self.assertIn("10000", words)
        self.assertIn("--tls", load.arguments(case("tls-small"), "a:1", Path("crt"), 1, 4))
        self.assertIn("--burst", load.arguments(case("burst"), "a:1", Path("crt"), 1, 4))

    def test_an_unknown_case_is_refused_by_name(self):
        with self.assertRaisesRegex(SystemExit, "nonsense"):
            select(["small", "nonsense"])


class Picks(unittest.TestCase):
    TEXT = """ns for a pick with             3 servers         100      10,000
RoundRobin                            10          12         100
LeastConn, weights 1 to 5             30         150       20000
"""

    def test_the_promise_is_about_3_and_100_servers(self):
        found = pick.parse(self.TEXT)
        self.assertEqual(found.costs["LeastConn, weights 1 to 5"], (30, 150, 20000))
        self.assertEqual((found.range, found.met), (140, True))
        self.assertFalse(pick.parse("A 3 1004 5").met)
        with self.assertRaises(ValueError):
            pick.parse("nothing")

    def test_cargo_says_where_the_program_is(self):
        lines = ['{"reason":"compiler-artifact","target":{"name":"load_balancer"},"executable":null}']
        with self.assertRaises(ValueError):
            pick.executable(lines[0])
        lines.append('{"reason":"compiler-artifact","target":{"name":"pick"},"executable":"/t/pick-1"}')
        self.assertEqual(pick.executable("\n".join(lines)), "/t/pick-1")


class Reports(unittest.TestCase):
    def samples(self, **figures: list[float]) -> dict[str, list[Sample]]:
        latency = {"p50": 100.0, "p99": 200.0, "p999": 300.0}
        return {name: [Sample(figure, latency_us=latency) for figure in values] for name, values in figures.items()}

    def test_a_promise_is_kept_or_missed(self):
        samples = self.samples(nginx=[10, 10, 10]) | {OURS: [Sample(8.6), Sample(8.4), Sample(8.5)]}
        (verdict,) = report.verdicts(case("small"), samples)
        self.assertTrue(verdict.met)
        samples[OURS] = [Sample(8.6)] * 3
        self.assertFalse(report.verdicts(case("small"), samples)[0].met)

    def test_a_fixed_rate_promises_latencies_too(self):
        samples = self.samples(nginx=[10], haproxy=[9]) | {OURS: self.samples(ours=[8])["ours"]}
        found = [(it.quantity, it.met) for it in report.verdicts(case("rate-10k"), samples)]
        self.assertEqual(found, [("figure", True), ("p50", True), ("p99", True)])

    def test_a_rate_that_was_not_reached_is_said(self):
        chosen = case("rate-40k")
        latency = dict.fromkeys(report.PERCENTILES, 1.0)
        reach = {"nginx": 0.999, "haproxy": 0.9, OURS: 0.97}
        samples = {name: [Sample(1.0, throughput=chosen.rate * it, latency_us=latency)] * 3 for name, it in reach.items()}
        self.assertIn(f"too much for haproxy, {OURS} here", report.case_section(chosen, {chosen.name: samples}, {}))
        fast = {name: samples["nginx"] for name in reach}
        self.assertNotIn("too much", report.case_section(chosen, {chosen.name: fast}, {}))

    def test_the_table_lines_up(self):
        lines = report.table(["a", "bb"], [["long", "x"], ["y", "z"]]).splitlines()
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(lines[0], "| a    | bb  |")

    def test_the_plot_is_well_formed_and_shows_every_case(self):
        samples = {it.name: self.samples(nginx=[1e7, 1e7]) | {OURS: [Sample(8e6)]} for it in CASES}
        root = ElementTree.fromstring(plot.draw(samples, "<title> & more"))
        texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        for chosen in CASES:
            self.assertIn(chosen.title, texts)
        self.assertIn("0.80  (7.6 MiB)", texts)

    def test_modes_are_the_load_generators_commands(self):
        self.assertEqual({it.value for it in Mode}, {"saturate", "rate", "fresh", "idle"})
        self.assertEqual(Log.JSON, "json")


if __name__ == "__main__":
    unittest.main()

"""What the check for circles between modules sees and what it leaves alone."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from module_circles import circles_of


def circles(files: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The level of each circle found in these files, and the modules that its imports lead to."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        for name, text in {"lib.rs": "", **files}.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = circles_of(source)
        return [("::".join(level), ["::".join(step.imported) for step in circle]) for level, circle in found]


class Circles(unittest.TestCase):
    def test_one_direction_is_none(self):
        self.assertEqual(circles({"a.rs": "use crate::b::B;", "b.rs": "use crate::c;", "c.rs": ""}), [])

    def test_each_way_to_import_counts(self):
        for text in [
            "use crate::a::A;",
            "use crate::{c::C, a::{A, X as Y}};",
            "pub(crate) use super::a;",
            "use crate::{\n    // Why.\n    a::A,\n};",
            "fn f() { crate::a::g() }",
            "fn f() { super::a :: g() }",
        ]:
            with self.subTest(text):
                self.assertEqual(circles({"a.rs": "use crate::b::B;", "b.rs": text, "c.rs": ""}), [("", ["b", "a"])])

    def test_a_way_round_is_found(self):
        files = {"a.rs": "use crate::b;", "b/mod.rs": "", "b/x.rs": "use crate::c::C;", "c.rs": "use crate::a;"}
        self.assertEqual(circles(files), [("", ["b", "c", "a"])])

    def test_siblings_inside_of_a_module_are_compared(self):
        files = {"a/mod.rs": "mod x; mod y;", "a/x.rs": "use super::y::Y;", "a/y.rs": "use super::x::X;"}
        self.assertEqual(circles(files), [("a", ["a::y", "a::x"])])

    def test_a_module_and_what_is_in_it_may_import_each_other(self):
        files = {"a/mod.rs": "mod x;\npub use self::x::X;\npub struct A;", "a/x.rs": "use super::A;"}
        self.assertEqual(circles(files), [])

    def test_tests_and_comments_are_left_out(self):
        tests = "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n    fn f() { if x { } }\n}\n"
        for text in [tests, "/// See crate::a::A.\n", "// use crate::a::A;\n"]:
            with self.subTest(text):
                self.assertEqual(circles({"a.rs": "use crate::b::B;", "b.rs": text}), [])
        files = {"a.rs": "use crate::b::B;", "b/mod.rs": "", "b/tests.rs": "use crate::a::A;"}
        self.assertEqual(circles(files), [])

    def test_what_stands_after_the_tests_counts(self):
        text = "#[cfg(test)]\nmod tests { fn f() { } }\nuse crate::a::A;\n"
        self.assertEqual(circles({"a.rs": "use crate::b::B;", "b.rs": text}), [("", ["b", "a"])])


if __name__ == "__main__":
    unittest.main()

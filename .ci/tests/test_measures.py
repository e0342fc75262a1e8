"""The measures of docs/architecture.md are of the code without its tests."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from measures import functions, without_tests

CODE = """\
fn one(self, (a, b): (u8, u8)) -> u8 {
    a
}
// fn none(a: u8)
fn two<F: Fn(u8) -> u8>(make: F, table: &[(u8, u8)]) {}

#[cfg(test)]
mod tests {
    fn three(a: u8) {
        if a > 0 {}
    }
}
fn four() {}
"""


class Measures(unittest.TestCase):
    def test_parameters_are_counted_with_self_and_without_what_is_inside_of_brackets(self):
        self.assertEqual([len(parameters) for parameters in functions(CODE)], [2, 2, 1, 0])

    def test_items_for_tests_only_are_left_out(self):
        self.assertEqual([len(parameters) for parameters in functions(without_tests(CODE))], [2, 2, 0])


if __name__ == "__main__":
    unittest.main()

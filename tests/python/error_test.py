"""Exceptions say what the command line says."""

import os
import unittest

import lutra
from setting import Directory, command


class Error(Directory):
    def assert_same_as_command(self, error, *arguments):
        status, _, message = command(*arguments)
        self.assertEqual(f"lutra: {error}\n", message)
        self.assertEqual(error.exit_code, status)

    def test_a_wrong_value_in_a_file_has_file_line_and_column(self):
        text = lutra.ArchConfig("tiny").to_yaml().replace("rows: 2", "rows: 2000")
        line = text.split("\n").index(next(l for l in text.split("\n") if "rows: 2000" in l)) + 1
        path = self.file("wrong.yaml", text)
        with self.assertRaises(lutra.Error) as caught:
            lutra.ArchConfig(path)
        self.assertEqual((caught.exception.file, caught.exception.line), (path, line))
        self.assertGreater(caught.exception.column, 0)
        self.assert_same_as_command(caught.exception, "gen", "--arch", path, "--out", self.file("core"))

    def test_a_misspelt_machine_is_answered_with_the_nearest_one(self):
        with self.assertRaises(lutra.Error) as caught:
            lutra.ArchConfig("edge_w2a9")
        self.assertEqual((caught.exception.file, caught.exception.line), ("", 0))
        self.assert_same_as_command(caught.exception, "gen", "--arch", "edge_w2a9", "--out", self.file("core"))

    def test_a_misspelt_key_is_answered_with_the_nearest_one(self):
        with self.assertRaisesRegex(lutra.Error, "array.rows"):
            lutra.ArchConfig("tiny")["array.row"]
        with self.assertRaisesRegex(lutra.Error, "array.rows"):
            lutra.ArchConfig("tiny")["array.row"] = 2

    def test_values_of_the_wrong_kind_are_refused(self):
        arch = lutra.ArchConfig("tiny")
        for key, value in (("array.rows", 2.5), ("array.rows", "many"), ("array.rows", None), ("array.rows", 65), ("table.kind", 3)):
            with self.subTest(key=key, value=value), self.assertRaises(lutra.Error):
                arch[key] = value
        self.assertEqual(arch, lutra.ArchConfig("tiny"))

    def test_a_wrong_phase_is_refused_as_on_the_command_line(self):
        with self.assertRaises(lutra.Error) as caught:
            lutra.trace("bitnet_b158_2b4t", phase="decoding")
        self.assert_same_as_command(caught.exception, "trace", "--phase", "decoding", "--out", self.file("t.json"))

    def test_a_program_of_another_machine_is_refused(self):
        program = lutra.compile(lutra.ArchConfig("tiny"), lutra.trace(self.small_model()))
        with self.assertRaisesRegex(lutra.Error, "edge_w2a8"):
            lutra.sim(lutra.ArchConfig("edge_w2a8"), program)

    def test_a_price_names_unknown_boundaries_and_missing_libraries(self):
        arch = lutra.ArchConfig("tiny")
        with self.assertRaises(lutra.Error) as caught:
            lutra.ppa(arch, boundary="cores")
        self.assert_same_as_command(caught.exception, "ppa", "--arch", "tiny", "--boundary", "cores")
        missing = os.path.join(self.directory, "none.lib")
        with self.assertRaises(lutra.Error) as caught:
            lutra.ppa(arch, liberty=[missing])
        self.assertEqual(caught.exception.file, missing)
        self.assert_same_as_command(caught.exception, "ppa", "--arch", "tiny", "--liberty", missing)


if __name__ == "__main__":
    unittest.main()

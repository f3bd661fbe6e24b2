"""Configurations in Python."""

import copy
import unittest

import numpy

import lutra


class ArchConfig(unittest.TestCase):
    def test_the_default_machine_is_that_of_the_command_line(self):
        self.assertEqual(lutra.ArchConfig()["name"], "edge_w2a8")

    def test_fields_have_the_types_of_the_schema(self):
        arch = lutra.ArchConfig("tiny")
        self.assertEqual((arch["array.rows"], arch["clock_mhz"], arch["table.kind"]), (2, 50.0, "planes"))
        self.assertIs(type(arch["array.rows"]), int)
        self.assertIs(type(arch["clock_mhz"]), float)

    def test_a_field_takes_a_number_of_numpy_or_text(self):
        arch = lutra.ArchConfig("tiny")
        arch["array.rows"] = numpy.int64(3)
        arch["clock_mhz"] = numpy.float32(25)
        arch["array.columns"] = "8"
        self.assertEqual((arch["array.rows"], arch["clock_mhz"], arch["array.columns"]), (3, 25.0, 8))

    def test_yaml_and_back_is_the_same_machine(self):
        arch = lutra.ArchConfig("tiny")
        again = lutra.ArchConfig.from_yaml(arch.to_yaml())
        self.assertEqual(again, arch)
        self.assertEqual(again.config_hash, arch.config_hash)

    def test_a_copy_does_not_follow_the_original(self):
        arch = lutra.ArchConfig("tiny")
        copies = [copy.copy(arch), copy.deepcopy(arch), arch.replace({})]
        arch["array.rows"] = 4
        self.assertEqual([c["array.rows"] for c in copies], [2, 2, 2])

    def test_replace_leaves_the_original_and_checks_rules_between_keys(self):
        arch = lutra.ArchConfig("tiny")
        self.assertEqual(arch.replace({"array.rows": 1})["array.rows"], 1)
        self.assertEqual(arch["array.rows"], 2)
        with self.assertRaisesRegex(lutra.Error, "builder_tables"):
            arch.replace({"table.builder_tables": 3})

    def test_broken_rules_are_sentences_and_validate_raises_them(self):
        arch = lutra.ArchConfig("tiny")
        self.assertEqual(arch.violations(), [])
        arch["table.builder_tables"] = 3
        self.assertEqual(len(arch.violations()), 1)
        self.assertRaises(lutra.Error, arch.validate)

    def test_the_schema_lists_every_key_with_its_range(self):
        schema = lutra.schema().set_index("key")
        self.assertEqual(list(schema.index), lutra.ArchConfig.keys())
        self.assertEqual(schema.loc["array.rows", "allowed"], "a whole number 1..64")
        self.assertIsNone(schema.loc["array.rows", "default"])
        self.assertEqual(schema.loc["table.kind", "default"], "planes")


if __name__ == "__main__":
    unittest.main()

"""Prices in Python are those of the command; synthesis takes a minute."""

import json
import os
import subprocess
import sys
import unittest

import lutra
from setting import SOURCE_DIR, Directory, command


class Price(Directory):
    def test_a_price_is_that_of_the_command_and_its_tree_adds_up(self):
        path = self.file("ppa.json")
        self.assertEqual(command("ppa", "--arch", "tiny", "--json", path)[0], 0)
        with open(path, encoding="utf-8") as file:
            expected = json.load(file)
        price = lutra.ppa(lutra.ArchConfig("tiny"))
        self.assertEqual((price.area_um2, price.cells, price.power_mw), (expected["area_um2"], expected["cells"], expected["power_mw"]["total"]))
        self.assertEqual(price.to_dict()["tree"], expected["tree"])
        tree = price.tree
        self.assertEqual(tree.path[0], "lutra_core")
        self.assertEqual(tree.area_um2[0], price.area_um2)
        self.assertTrue((tree.area_um2[1:] <= price.area_um2).all())

    def test_the_example_prints_the_price_by_block(self):
        path = os.path.join(SOURCE_DIR, "python", "examples", "core_price.py")
        done = subprocess.run([sys.executable, path, "--arch", "tiny", "--plot", self.file("price.svg")], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for block in ("array", "control", "scale_unit"):
            self.assertIn(block, done.stdout)


if __name__ == "__main__":
    unittest.main()

"""The examples run as they are."""

import os
import subprocess
import sys
import unittest

from setting import SOURCE_DIR, Directory


class Examples(Directory):
    def run_example(self, name, *arguments):
        path = os.path.join(SOURCE_DIR, "python", "examples", name)
        done = subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True, check=False, cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_decode_step_prints_the_cycles_of_the_readme_and_draws_them(self):
        plot = self.file("decode.svg")
        output = self.run_example("decode_step.py", "--plot", plot)
        with open(os.path.join(SOURCE_DIR, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        for figure in ("13.43 M cycles", "527.70 M cycles"):
            self.assertIn(figure, readme)
            self.assertIn(figure, output)
        self.assertIn("7.45 tokens/s, projections alone", output)
        self.assertIn("7.45 projections alone", readme)
        self.assertGreater(os.path.getsize(plot), 1000)

    def test_design_space_leaves_out_and_names_what_a_machine_cannot_be(self):
        model = self.small_model()
        plot = self.file("space.svg")
        output = self.run_example("design_space.py", "--model", model, "--arch", "tiny", "--columns", "4", "5", "8", "--bandwidths", "0.2",
                                  "0.4", "--plot", plot)
        self.assertIn("5 columns, 0.2 GB/s: ", output)
        self.assertIn("a power of two", output)
        self.assertEqual([line.split()[0] for line in output.splitlines()[-2:]], ["4", "8"])
        self.assertGreater(os.path.getsize(plot), 1000)


if __name__ == "__main__":
    unittest.main()

"""What the tests share: the executable to compare with, a small model, and where the sources are."""

import os
import subprocess
import tempfile
import unittest

SOURCE_DIR = os.environ["LUTRA_SOURCE_DIR"]

SMALL_MODEL = """\
gemms:
  - {name: first, tokens: 3, outputs: 20, depth: 64, weights: ternary}
  - {name: second, tokens: 1, outputs: 8, depth: 128, weights: int4_g128, repeat: 2}
"""


def command(*arguments):
    """Exit status, standard output and standard error of `lutra`."""
    done = subprocess.run([os.environ["LUTRA_EXECUTABLE"], *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Directory(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def file(self, name, text=None):
        path = os.path.join(self.directory, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        return path

    def small_model(self):
        return self.file("small.yaml", SMALL_MODEL)

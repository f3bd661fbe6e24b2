"""Traces and programs in Python."""

import json
import unittest

import lutra
from setting import Directory, command


class Workloads(Directory):
    def test_a_trace_is_the_one_that_the_command_writes(self):
        trace = lutra.trace("bitnet_b158_2b4t", phase="decode", context=128)
        path = self.file("trace.json")
        self.assertEqual(command("trace", "--model", "bitnet_b158_2b4t", "--context", "128", "--out", path)[0], 0)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(trace.to_dict(), json.load(file))

    def test_operators_are_a_frame_with_a_row_each(self):
        trace = lutra.trace("bitnet_b158_2b4t", context=128)
        operators = trace.operators
        self.assertEqual(len(operators), len(trace))
        first = trace.to_dict()["operators"][0]
        self.assertEqual(operators.name[0], first["name"])
        self.assertEqual(int(operators.on_core.sum()), 211)
        self.assertEqual(operators.macs.dtype.kind, "i")

    def test_a_trace_comes_back_from_its_file(self):
        trace = lutra.trace(self.small_model())
        path = self.file("trace.json.gz")
        trace.save(path)
        self.assertEqual(lutra.read_trace(path).to_dict(), trace.to_dict())

    def test_weights_override_the_model(self):
        weights = lutra.trace("bitnet_b158_2b4t", weights="int4_g128").operators.weights
        self.assertIn("int4_g128", set(weights))
        self.assertNotIn("ternary", set(weights))

    def test_the_default_model_is_built_in(self):
        self.assertIn(lutra.trace().model, lutra.models())

    def test_a_program_is_the_one_that_the_command_writes(self):
        arch, trace = lutra.ArchConfig("tiny"), lutra.trace(self.small_model())
        ours, theirs, trace_path = self.file("ours.lutra"), self.file("theirs.lutra"), self.file("trace.json")
        lutra.compile(arch, trace).save(ours)
        trace.save(trace_path)
        self.assertEqual(command("compile", "--arch", "tiny", "--trace", trace_path, "--out", theirs)[0], 0)
        with open(ours, "rb") as a, open(theirs, "rb") as b:
            self.assertEqual(a.read(), b.read())

    def test_a_program_lists_jobs_kernels_and_what_the_compiler_noted(self):
        arch = lutra.ArchConfig("tiny")
        program = lutra.compile(arch, lutra.trace(self.small_model()))
        self.assertEqual(list(program.jobs.op.unique()), ["first", "second.0", "second.1"])
        self.assertEqual(int((program.jobs.macs * program.jobs.repeat).sum()), 3 * 20 * 64 + 2 * 8 * 128)
        self.assertEqual(len(program.kernels), program.jobs.kernel.nunique())
        self.assertEqual(program.program_hash, arch.program_hash)
        self.assertIn("memory", program.metadata)

    def test_a_program_comes_back_from_its_file_where_it_runs(self):
        arch = lutra.ArchConfig("tiny")
        path = self.file("p.lutra")
        lutra.compile(arch, lutra.trace(self.small_model())).save(path)
        self.assertEqual(len(lutra.read_program(path, arch)), len(lutra.read_program(path)))
        with self.assertRaises(lutra.Error):
            lutra.read_program(path, lutra.ArchConfig("edge_w2a8"))


if __name__ == "__main__":
    unittest.main()

"""Simulation in Python."""

import json
import threading
import unittest

import numpy

import lutra
from setting import Directory, command


class Sim(Directory):
    def program(self):
        return lutra.compile(lutra.ArchConfig("tiny"), lutra.trace(self.small_model()))

    def test_cycles_and_counters_are_those_of_the_command(self):
        program, path, result = self.program(), self.file("p.lutra"), self.file("result.json")
        program.save(path)
        self.assertEqual(command("sim", "--arch", "tiny", "--program", path, "--stall", "0.2", "--seed", "7", "--json", result)[0], 0)
        simulation = lutra.sim(lutra.ArchConfig("tiny"), program, stall=0.2, seed=7)
        with open(result, encoding="utf-8") as file:
            expected = json.load(file)
        self.assertEqual(simulation.cycles, expected["cycles"])
        self.assertEqual(simulation.seconds, expected["seconds"])
        jobs = simulation.jobs
        self.assertEqual(list(jobs.cycles), [job["cycles"] for job in expected["jobs"]])
        for counter in ("instructions", "array_steps", "read_beats", "control_stalls"):
            self.assertEqual(list(jobs[counter]), [job["counters"][counter] for job in expected["jobs"]])

    def test_fast_mode_gives_the_cycles_of_the_exact_one(self):
        arch, program = lutra.ArchConfig("tiny"), self.program()
        self.assertEqual(lutra.sim(arch, program, mode="fast").cycles, lutra.sim(arch, program).cycles)

    def test_outputs_are_arrays_of_tokens_by_outputs_and_follow_the_seed(self):
        arch, program = lutra.ArchConfig("tiny"), self.program()
        simulation = lutra.sim(arch, program, values=True, seed=3)
        rows = simulation.jobs
        first = simulation.outputs(int(rows.index[rows.op == "first"][0]))
        self.assertEqual((first.shape, first.dtype), ((3, 20), numpy.int32))
        self.assertTrue(first.any())
        again = lutra.sim(arch, program, values=True, seed=3).outputs(0)
        other = lutra.sim(arch, program, values=True, seed=4).outputs(0)
        self.assertTrue(numpy.array_equal(simulation.outputs(0), again))
        self.assertFalse(numpy.array_equal(again, other))

    def test_fast_mode_gives_the_outputs_of_the_exact_one(self):
        arch, program = lutra.ArchConfig("tiny"), self.program()
        exact, fast = (lutra.sim(arch, program, mode=mode, values=True) for mode in ("exact", "fast"))
        rows = {op: row for row, op in fast.jobs.op.items()}
        for row, op in exact.jobs.op.items():
            self.assertTrue(numpy.array_equal(exact.outputs(row), fast.outputs(rows[op])), op)

    def test_outputs_outlive_the_simulation(self):
        outputs = lutra.sim(lutra.ArchConfig("tiny"), self.program(), values=True).outputs(0)
        self.assertTrue(outputs.flags.owndata and outputs.any())

    def test_without_values_there_are_no_outputs(self):
        simulation = lutra.sim(lutra.ArchConfig("tiny"), self.program())
        self.assertRaisesRegex(lutra.Error, "values=True", simulation.outputs, 0)
        self.assertRaises(IndexError, simulation.outputs, 1000)

    def test_options_that_make_no_sense_are_refused(self):
        arch, program = lutra.ArchConfig("tiny"), self.program()
        for options in ({"mode": "quick"}, {"stall": 1.0}, {"stall": float("nan")}):
            with self.subTest(options), self.assertRaises(lutra.Error):
                lutra.sim(arch, program, **options)

    def test_threads_simulate_one_after_the_other(self):
        arch, program, cycles = lutra.ArchConfig("tiny"), self.program(), []
        threads = [threading.Thread(target=lambda: cycles.append(lutra.sim(arch, program).cycles)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(cycles, 4 * [lutra.sim(arch, program).cycles])


if __name__ == "__main__":
    unittest.main()

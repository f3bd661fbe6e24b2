"""Results of runs and sweeps as frames."""

import copy
import json
import unittest

import lutra
from setting import Directory

SUMMARY = {"lutra_version": "0.1.0", "config_hash": "0a", "model": "m", "tokens_per_s": 6.2,
           "energy_components": [{"component": "memory", "j_per_token": 0.03, "included": True}],
           "not_on_core": [{"operator": "norm", "phase": "decode", "calls": 2, "bytes": 10.0, "seconds": 1e-6}]}
DETAILS = {"operators": [{"name": "q_proj", "phase": "decode", "cycles": 5}, {"name": "k_proj", "phase": "decode", "cycles": 3}],
           "area": [{"block": "array", "area_um2": 2.5, "power_mw": 0.1}]}
SWEEP = {"points": [{"id": 4, "status": "ok", "error": "", "parameters": {"array.rows": 2}, "objectives": {"tokens_per_s": 6.0},
                     "area_um2": {"core/array": 10.0}, "energy_pj": {"dram": 2.0}, "cycles": {"busy": 7}},
                    {"id": 9, "status": "failed", "error": "too small", "parameters": {"array.rows": 3}, "objectives": {}}],
         "front": [4], "hypervolume": [{"evaluated": 1, "value": 0.5}], "references": []}


class Results(Directory):
    def write(self, name, document):
        return self.file(name, json.dumps(document))

    def test_a_run_is_its_summary_and_its_tables(self):
        self.write("summary.json", SUMMARY)
        self.write("details.json", DETAILS)
        run = lutra.read_run(self.directory)
        self.assertEqual(run.summary["tokens_per_s"], 6.2)
        self.assertEqual(int(run.tables["operators"].cycles.sum()), 8)
        self.assertEqual(set(run.tables), {"operators", "area", "energy_components", "not_on_core"})

    def test_a_run_without_details_has_the_tables_of_its_summary(self):
        self.write("summary.json", SUMMARY)
        self.assertEqual(set(lutra.read_run(self.directory).tables), {"energy_components", "not_on_core"})

    def test_a_sweep_has_a_row_a_point_and_its_front(self):
        self.write("sweep.json", SWEEP)
        sweep = lutra.read_sweep(self.directory)
        self.assertEqual(list(sweep.points.index), [4, 9])
        self.assertEqual(sweep.points.loc[4, "area_um2.core/array"], 10.0)
        self.assertEqual(sweep.points.loc[9, "error"], "too small")
        self.assertEqual(list(sweep.front["tokens_per_s"]), [6.0])
        self.assertEqual(list(sweep.hypervolume.value), [0.5])

    def test_a_sweep_without_points_has_no_rows(self):
        self.write("sweep.json", {"points": [], "front": []})
        sweep = lutra.read_sweep(self.directory)
        self.assertEqual((len(sweep.points), len(sweep.front), len(sweep.references)), (0, 0, 0))

    def test_what_is_missing_or_wrong_is_said_with_the_file(self):
        twice, stranger, word = copy.deepcopy(SWEEP), copy.deepcopy(SWEEP), copy.deepcopy(SWEEP)
        twice["points"][1]["id"] = 4
        stranger["front"] = [5]
        word["points"][0] = "none"
        for document, message in ((twice, "twice"), (stranger, "5 is no point"), (word, r"points\[0\]"), ({"front": []}, "points is missing"),
                                  ({"points": 3, "front": []}, "points is a int"), ([], "not a JSON object")):
            with self.subTest(message), self.assertRaisesRegex(lutra.Error, message) as caught:
                path = self.write("sweep.json", document)
                lutra.read_sweep(self.directory)
            self.assertEqual(caught.exception.file, path)
            self.assertTrue(str(caught.exception).startswith(path + ": "))

    def test_broken_json_is_said_with_line_and_column(self):
        path = self.file("summary.json", '{\n"model": ]')
        with self.assertRaises(lutra.Error) as caught:
            lutra.read_run(self.directory)
        self.assertEqual((caught.exception.file, caught.exception.line, caught.exception.column), (path, 2, 10))

    def test_a_directory_without_results_is_an_error(self):
        self.assertRaisesRegex(lutra.Error, "summary.json: cannot read", lutra.read_run, self.directory)


if __name__ == "__main__":
    unittest.main()

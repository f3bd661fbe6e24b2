"""The type stubs name what the native module has: classes, members, parameters, and which of them have defaults."""

import ast
import os
import re
import unittest

import lutra
import lutra._lutra as native

STUBS = os.path.join(os.path.dirname(lutra.__file__), "_lutra.pyi")
# What pybind11 and Python give every class.
COMMON = set(dir(type("Plain", (), {}))) | {"_pybind11_conduit_v1_"}


def parameters_of_stub(function):
    """(name, has a default) of every parameter but self."""
    names = [a.arg for a in function.args.args]
    required = len(names) - len(function.args.defaults)
    pairs = [(name, i >= required) for i, name in enumerate(names)]
    return [p for p in pairs if p[0] != "self"]


def parameters_of_native(function):
    """The same from the signature that pybind11 writes into the first line of the documentation."""
    signature = function.__doc__.split("\n")[0]
    inside = signature[signature.index("(") + 1 : signature.rindex(") ->")]
    depth, part, parts = 0, "", []
    for letter in inside:
        depth += (letter in "[({") - (letter in "])}")
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    parts = [p.strip() for p in [*parts, part] if p.strip()]
    return [(re.split(r"[:=]", p)[0].strip(), "=" in p) for p in parts if not p.startswith("self")]


class Stubs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(STUBS, encoding="utf-8") as file:
            cls.tree = ast.parse(file.read())
        cls.classes = {n.name: n for n in cls.tree.body if isinstance(n, ast.ClassDef)}
        cls.functions = {n.name: n for n in cls.tree.body if isinstance(n, ast.FunctionDef)}

    def test_every_class_and_function_has_a_stub_and_nothing_else_has_one(self):
        public = {name for name in dir(native) if not name.startswith("_")}
        self.assertEqual(public, set(self.classes) | set(self.functions))

    def test_functions_have_the_parameters_of_their_stubs(self):
        for name, stub in self.functions.items():
            with self.subTest(name):
                self.assertEqual(parameters_of_native(getattr(native, name)), parameters_of_stub(stub))

    def test_classes_have_the_members_of_their_stubs(self):
        for name, stub in self.classes.items():
            if name == "Error":
                continue
            members = {n.name: n for n in stub.body if isinstance(n, ast.FunctionDef)}
            own = {m for m, value in vars(getattr(native, name)).items() if m not in COMMON or callable(value) and m in members}
            self.assertEqual(own - {"__hash__"}, set(members) - {"__init__"} | ({"__init__"} & own), name)

    def test_methods_have_the_parameters_of_their_stubs(self):
        for name, stub in self.classes.items():
            for member in (n for n in stub.body if isinstance(n, ast.FunctionDef)):
                kinds = {d.id for d in member.decorator_list if isinstance(d, ast.Name)}
                value = getattr(getattr(native, name), member.name)
                with self.subTest(f"{name}.{member.name}"):
                    self.assertEqual("property" in kinds, isinstance(value, property))
                    if not kinds & {"property"} and member.name not in ("__repr__", "__len__", "__eq__"):
                        self.assertEqual(parameters_of_native(value), parameters_of_stub(member))

    def test_an_error_has_the_attributes_of_its_stub(self):
        for field in (n for n in self.classes["Error"].body if isinstance(n, ast.AnnAssign)):
            self.assertIsInstance(getattr(native.Error("x"), field.target.id), {"int": int, "str": str}[field.annotation.id])

    def test_everything_public_has_documentation(self):
        for name in lutra.__all__:
            if name == "__version__":
                continue
            value = getattr(lutra, name)
            self.assertTrue(value.__doc__, name)

    def test_the_package_shows_all_of_the_native_module(self):
        public = {name for name in dir(native) if not name.startswith("_")}
        self.assertLessEqual(public, set(lutra.__all__))


if __name__ == "__main__":
    unittest.main()

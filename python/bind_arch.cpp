// Configurations and their schema in Python.
#include <fmt/format.h>

#include "cli/arch_input.h"
#include "isa/schema.h"
#include "python/bind.h"
#include "python/convert.h"

namespace lutra::python {
namespace {

const SchemaField& field_of(const ArchConfig& config, const std::string& key) {
  const SchemaField* field = find_schema_field(key);
  if (field == nullptr) get_field(config, key);  // throws with the nearest key
  return *field;
}

py::object get(const ArchConfig& config, const std::string& key) {
  switch (field_of(config, key).kind()) {
    case ValueKind::kInteger:
      return py::int_(static_cast<long long>(get_number(config, key)));
    case ValueKind::kReal:
      return py::float_(get_number(config, key));
    case ValueKind::kText:
      break;
  }
  return py::str(get_field(config, key));
}

void set(ArchConfig& config, const std::string& key, const py::object& value) {
  if (py::isinstance<py::str>(value)) return set_field(config, key, py::str(value).cast<std::string>());
  // NumPy's numbers are numbers too.
  if (field_of(config, key).kind() == ValueKind::kText || !py::hasattr(value, "__float__"))
    return set_field(config, key, py::str(value).cast<std::string>());
  set_number(config, key, py::float_(value).cast<double>());
}

std::vector<std::string> broken_rules(const ArchConfig& config) {
  std::vector<std::string> messages;
  for (const Violation& v : violations(config)) messages.push_back(v.message);
  return messages;
}

ArchConfig replaced(const ArchConfig& config, const py::dict& changes) {
  ArchConfig changed = config;
  for (const auto& [key, value] : changes) set(changed, py::str(key).cast<std::string>(), py::reinterpret_borrow<py::object>(value));
  validate(changed);
  return changed;
}

py::object schema_frame() {
  const auto fields = schema();
  py::dict columns;
  columns["key"] = words(fields, [](const SchemaField& f) { return std::string(f.key); });
  columns["unit"] = words(fields, [](const SchemaField& f) { return std::string(f.unit); });
  columns["allowed"] = words(fields, [](const SchemaField& f) { return field_range(f); });
  columns["default"] =
      words(fields, [](const SchemaField& f) { return f.required ? py::object(py::none()) : py::object(py::str(field_default(f))); });
  columns["meaning"] = words(fields, [](const SchemaField& f) { return std::string(f.doc); });
  return frame(columns);
}

}  // namespace

void bind_arch(py::module_& module) {
  py::class_<ArchConfig>(module, "ArchConfig",
                         "The description of one machine. Fields are read and set by the keys of its YAML: arch[\"array.rows\"].")
      .def(py::init([](const std::string& source) { return cli::load_arch(source); }), py::arg("source") = cli::kDefaultArch,
           "Reads a YAML file, or a built-in architecture by its name.")
      .def_static("from_yaml", &parse_arch_config, py::arg("yaml"), py::arg("file") = "<string>",
                  "Reads YAML text; `file` is its name in messages.")
      .def("to_yaml", &to_yaml, "Canonical YAML: every key.")
      .def("validate", &validate, "Raises Error for a value or a rule between keys that is broken.")
      .def("violations", &broken_rules, "Every broken rule as a sentence; empty for a valid machine.")
      .def("replace", &replaced, py::arg("changes"), "A copy with the fields of the dictionary changed, checked as a whole.")
      .def_static(
          "keys",
          [] {
            std::vector<std::string> keys;
            for (const SchemaField& f : schema()) keys.emplace_back(f.key);
            return keys;
          },
          "All keys in the order of the schema.")
      .def_property_readonly("config_hash", &config_hash, "Hash of all fields: provenance.")
      .def_property_readonly("program_hash", &program_hash, "Hash of the fields that programs depend on.")
      .def("__getitem__", &get, py::arg("key"))
      .def("__setitem__", &set, py::arg("key"), py::arg("value"))
      .def("__copy__", [](const ArchConfig& config) { return config; })
      .def(
          "__deepcopy__", [](const ArchConfig& config, const py::object&) { return config; }, py::arg("memo"))
      .def(
          "__eq__", [](const ArchConfig& a, const ArchConfig& b) { return to_yaml(a) == to_yaml(b); }, py::arg("other"), py::is_operator())
      .def("__repr__",
           [](const ArchConfig& config) { return fmt::format("<lutra.ArchConfig {} ({})>", config.name, config_hash(config)); });
  module.def("schema", &schema_frame, "Every key of a configuration as a pandas.DataFrame: key, unit, allowed, default, meaning.");
}

}  // namespace lutra::python

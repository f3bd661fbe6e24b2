// Descriptions of phones.
#include "sim/flash/phone.h"

#include <fmt/format.h>

#include "workloads/yaml_reader.h"

namespace lutra::flash {
namespace {

Unit parse_unit(const workloads::YamlValue& item) {
  item.only({"name", "kind", "gb_s", "gop_s", "watts", "arch", "cores"});
  Unit unit;
  unit.name = item.text("name");
  const std::string kind = item.text("kind");
  if (kind != "cpu" && kind != "mac" && kind != "lut") item.refuse("kind", fmt::format("given {}, allowed cpu, mac, lut", kind));
  unit.kind = kind == "cpu" ? UnitKind::kCpu : kind == "mac" ? UnitKind::kMac : UnitKind::kLut;
  unit.watts = item.number("watts", 0, 1000);
  if (unit.kind == UnitKind::kLut) {
    unit.arch = item.text("arch");
    unit.cores = item.integer_or("cores", 1, 64, 1);
    for (const char* key : {"gb_s", "gop_s"})
      if (item.has(key)) item.refuse(key, "a lut unit's rates follow from its arch");
  } else {
    unit.gb_s = item.number("gb_s", 1e-3, 1e5);
    unit.gop_s = item.number("gop_s", 1e-3, 1e7);
    for (const char* key : {"arch", "cores"})
      if (item.has(key)) item.refuse(key, fmt::format("a unit of kind {} has none", kind));
  }
  return unit;
}

}  // namespace

Phone parse_phone(const std::string& yaml, const std::string& file) {
  const workloads::YamlValue root = workloads::YamlValue::parse(yaml, file);
  root.only({"name", "description", "storage", "io_core", "io_threads", "available_gb", "dram_gb_s", "dram_pj_per_bit", "base_watts",
             "copy_gb_s", "units"});
  Phone phone;
  phone.name = root.text("name");
  phone.description = root.text_or("description", "");
  phone.storage = root.text("storage");
  phone.io_core = root.text("io_core");
  phone.io_threads = root.integer_or("io_threads", 1, 256, 1);
  phone.available_gb = root.number("available_gb", 1e-3, 1e5);
  phone.dram_gb_s = root.number("dram_gb_s", 1e-3, 1e5);
  phone.dram_pj_per_bit = root.number("dram_pj_per_bit", 0, 1000);
  phone.base_watts = root.number("base_watts", 0, 1000);
  phone.copy_gb_s = root.number("copy_gb_s", 1e-3, 1e5);
  for (const workloads::YamlValue& item : root.list("units")) {
    phone.units.push_back(parse_unit(item));
    for (std::size_t i = 0; i + 1 < phone.units.size(); ++i)
      if (phone.units[i].name == phone.units.back().name)
        item.refuse("name", fmt::format("{} is the name of another unit", phone.units[i].name));
  }
  return phone;
}

const Unit& find_unit(const Phone& phone, const std::string& name) {
  std::vector<std::string> names;
  for (const Unit& unit : phone.units) {
    if (unit.name == name) return unit;
    names.push_back(unit.name);
  }
  throw Error(fmt::format("phone {} has no unit '{}', allowed {}{}", phone.name, name, listed(names), did_you_mean(name, names)));
}

}  // namespace lutra::flash

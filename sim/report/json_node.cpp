// Reads a report's JSON files.
#include "sim/report/json_node.h"

#include "isa/file.h"
#include "isa/json_depth.h"

namespace lutra::report {

Json read_json(const std::string& path) {
  const std::string text = read_file(path);
  if (const std::size_t at = too_deep_json(text); at != std::string::npos)
    throw Error(too_deep_json_message(), {path, 0, 0, static_cast<long long>(at)});
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw Error(fmt::format("not a JSON document: {}", e.what()), {path, 0, 0, static_cast<long long>(e.byte)});
  } catch (const Json::out_of_range& e) {  // a number that no double holds
    throw Error(fmt::format("not a JSON document: {}", e.what()), {path});
  }
}

}  // namespace lutra::report

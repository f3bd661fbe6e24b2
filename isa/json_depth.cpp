// Counts brackets outside of texts.
#include "isa/json_depth.h"

#include <fmt/format.h>

namespace lutra {
namespace {

constexpr int kMaxJsonDepth = 64;

}  // namespace

std::size_t too_deep_json(std::string_view json) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return i;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return std::string_view::npos;
}

std::string too_deep_json_message() { return fmt::format("JSON nested deeper than {} levels", kMaxJsonDepth); }

}  // namespace lutra

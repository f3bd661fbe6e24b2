// The model configurations that come with lutra (workloads/models), compiled in.
#pragma once

#include <span>
#include <string_view>

namespace lutra::workloads {

struct EmbeddedModel {
  std::string_view name;  // stem of the file
  std::string_view json;
};

/// In file-name order.
std::span<const EmbeddedModel> embedded_models();

}  // namespace lutra::workloads

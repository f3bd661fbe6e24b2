// The one way into YAML: a text becomes a document here, whatever describes it.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "isa/error.h"

namespace lutra {

constexpr std::size_t kMaxYamlBytes = std::size_t{1} << 20;

/// The only document of `text`, at most kMaxYamlBytes. Throws Error with file, line and column for text that is too long, is not YAML, or
/// goes on after the first document. `file` is the name used in messages.
YAML::Node yaml_document(const std::string& text, const std::string& file);

/// Where `mark` lies in `file`, counted from one.
SourceLocation yaml_location(const YAML::Mark& mark, const std::string& file);

}  // namespace lutra

// Parses one document and refuses a second.
#include "isa/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <sstream>

namespace lutra {
namespace {

/// Hears a document and keeps nothing of it.
class Unheard : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Asked for all documents, yaml-cpp 0.7 never ends on a text such as ",": each is empty and leaves the comma where it was. So it is asked
/// for two at most.
bool goes_on(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Unheard unheard;
  return parser.HandleNextDocument(unheard) && parser.HandleNextDocument(unheard);
}

}  // namespace

YAML::Node yaml_document(const std::string& text, const std::string& file) {
  if (text.size() > kMaxYamlBytes) throw Error(fmt::format("the file is longer than the {} bytes allowed", kMaxYamlBytes), {file});
  try {
    if (goes_on(text)) throw Error("more follows the first document, allowed one mapping of keys to values", {file});
    return YAML::Load(text);
  } catch (const YAML::Exception& error) {
    throw Error(fmt::format("not valid YAML: {}", error.msg), yaml_location(error.mark, file));
  }
}

SourceLocation yaml_location(const YAML::Mark& mark, const std::string& file) {
  return mark.is_null() ? SourceLocation{file} : SourceLocation{file, mark.line + 1, mark.column + 1};
}

}  // namespace lutra

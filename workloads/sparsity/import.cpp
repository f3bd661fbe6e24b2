// Reads sparsity traces written as lines of JSON.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "isa/error.h"
#include "isa/json_depth.h"
#include "workloads/sparsity/trace_file.h"

namespace lutra::workloads {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 24;

/// One line: neurons of one expert of one layer of one token.
struct Line {
  std::int64_t token = 0;
  int layer = 0, expert = 0;
  std::vector<std::uint32_t> active, predicted;
};

class Importer {
 public:
  Importer(const std::string& path, const SparsityShape& shape) : path_(path), in_(path), shape_(shape) {
    if (!in_) throw Error("cannot read the file", {path});
  }

  /// The next token; false at the end of the file.
  bool next(TokenActivity& token) {
    token.clear();
    if (!pending_ && !read_line()) return false;
    const std::int64_t number = line_.token;
    if (number != tokens_) refuse(fmt::format("token {} where token {} is due", number, tokens_));
    const std::size_t first_line = line_number_;
    while (pending_ && line_.token == number) {
      merge(token);
      pending_ = false;
      read_line();
    }
    if (const std::string problem = activity_problem(shape_, token); !problem.empty())
      throw Error(fmt::format("token {}: {}", number, problem), {path_, static_cast<int>(first_line), 1});
    ++tokens_;
    return true;
  }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

 private:
  [[noreturn]] void refuse(const std::string& message) const { throw Error(message, {path_, static_cast<int>(line_number_), 1}); }

  std::int64_t integer(const nlohmann::json& object, const char* key, std::int64_t max, bool optional = false) const {
    if (!object.contains(key)) {
      if (optional) return 0;
      refuse(fmt::format("{} is missing", key));
    }
    const nlohmann::json& value = object.at(key);
    if (!value.is_number_integer() || value < 0 || value > max)
      refuse(fmt::format("{}: given {}, allowed a whole number 0..{}", key, value.dump().substr(0, 40), max));
    return value.get<std::int64_t>();
  }

  std::vector<std::uint32_t> ids(const nlohmann::json& object, const char* key) const {
    std::vector<std::uint32_t> list;
    if (!object.contains(key) || !object.at(key).is_array()) refuse(fmt::format("{}: allowed a list of neuron ids", key));
    for (const nlohmann::json& value : object.at(key)) {
      if (!value.is_number_integer() || value < 0 || value >= shape_.neurons)
        refuse(fmt::format("{}: given {}, allowed a whole number 0..{}", key, value.dump().substr(0, 40), shape_.neurons - 1));
      const auto id = value.get<std::uint32_t>();
      if (!list.empty() && id == list.back()) refuse(fmt::format("{}: neuron {} is listed twice", key, id));
      if (!list.empty() && id < list.back()) refuse(fmt::format("{}: neuron {} comes after {}, ids must ascend", key, id, list.back()));
      list.push_back(id);
    }
    return list;
  }

  /// A line without its end; false behind the last one. Holds no more of a line that is too long than is allowed.
  bool take_line(std::string& text) {
    text.clear();
    ++line_number_;
    for (int c = 0; (c = in_.rdbuf()->sbumpc()) != std::ifstream::traits_type::eof();) {
      if (c == '\n') return true;
      if (text.size() == kMaxLineBytes) refuse(fmt::format("a line of more than {} bytes", kMaxLineBytes));
      text.push_back(static_cast<char>(c));
    }
    return !text.empty();
  }

  bool read_line() {
    std::string text;
    do {
      if (!take_line(text)) return false;
    } while (text.find_first_not_of(" \t\r") == std::string::npos);
    if (too_deep_json(text) != std::string::npos) refuse(too_deep_json_message());
    const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object()) refuse("not a JSON object");
    for (const auto& [key, value] : object.items())
      if (key != "token" && key != "layer" && key != "expert" && key != "active" && key != "predicted")
        refuse(fmt::format("unknown key {}, allowed token, layer, expert, active, predicted", key.substr(0, 40)));
    line_.token = integer(object, "token", std::int64_t{1} << 32);
    line_.layer = static_cast<int>(integer(object, "layer", shape_.layers - 1));
    line_.expert = static_cast<int>(integer(object, "expert", shape_.experts - 1, shape_.experts == 1));
    line_.active = ids(object, "active");
    line_.predicted = ids(object, "predicted");
    pending_ = true;
    return true;
  }

  /// Both ascending lists into one slice.
  void merge(TokenActivity& token) const {
    ActivitySlice slice{line_.layer, line_.expert, static_cast<std::uint32_t>(token.neurons.size()), 0};
    auto a = line_.active.begin();
    auto p = line_.predicted.begin();
    while (a != line_.active.end() || p != line_.predicted.end()) {
      const bool from_active = p == line_.predicted.end() || (a != line_.active.end() && *a <= *p);
      const std::uint32_t id = from_active ? *a : *p;
      const bool active = a != line_.active.end() && *a == id, predicted = p != line_.predicted.end() && *p == id;
      token.neurons.emplace_back(id, active, predicted);
      a += active ? 1 : 0;
      p += predicted ? 1 : 0;
    }
    slice.end = static_cast<std::uint32_t>(token.neurons.size());
    token.slices.push_back(slice);
  }

  std::string path_;
  std::ifstream in_;
  SparsityShape shape_;
  Line line_;
  bool pending_ = false;
  std::size_t line_number_ = 0;
  std::int64_t tokens_ = 0;
};

}  // namespace

std::int64_t import_sparsity_trace(const std::string& text_path, const SparsityShape& shape, const std::string& out_path) {
  // The header tells the number of tokens: count and check first, write in a second pass.
  TokenActivity token;
  Importer counting(text_path, shape);
  while (counting.next(token)) continue;
  if (counting.tokens() == 0) throw Error("no tokens in the file", {text_path});
  Importer importer(text_path, shape);
  SparsityTraceWriter writer(out_path, shape, counting.tokens(), "imported");
  while (importer.next(token)) writer.append(token);
  writer.finish();
  return counting.tokens();
}

}  // namespace lutra::workloads

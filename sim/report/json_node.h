// Reads fields of a report's JSON: every error names the file and the path of the key.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "isa/error.h"

namespace lutra::report {

using Json = nlohmann::json;

/// A JSON object with the path that led to it, so that an error can name both.
class Node {
 public:
  Node(const Json& value, std::string file, std::string path) : value_(value), file_(std::move(file)), path_(std::move(path)) {
    if (!value_.is_object()) fail(path_, "an object");
  }

  void get(const char* key, std::string& out) const {
    const Json& v = at(key);
    if (!v.is_string()) fail(name(key), "a string");
    out = v.get<std::string>();
  }
  void get(const char* key, double& out) const {
    const Json& v = at(key);
    if (!v.is_number()) fail(name(key), "a number");
    out = v.get<double>();
  }
  void get(const char* key, bool& out) const {
    const Json& v = at(key);
    if (!v.is_boolean()) fail(name(key), "true or false");
    out = v.get<bool>();
  }
  void get(const char* key, long long& out) const {
    const Json& v = at(key);
    if (!v.is_number_integer()) fail(name(key), "an integer");
    out = v.get<long long>();
  }
  void get(const char* key, unsigned long long& out) const {
    const Json& v = at(key);
    if (!v.is_number_unsigned()) fail(name(key), "an integer of at least 0");
    out = v.get<unsigned long long>();
  }

  [[nodiscard]] bool has(const char* key) const { return value_.contains(key); }
  [[nodiscard]] const Json& json() const { return value_; }
  [[nodiscard]] Node object(const char* key) const { return {at(key), file_, name(key)}; }
  [[nodiscard]] std::vector<Node> list(const char* key) const {
    const Json& v = at(key);
    if (!v.is_array()) fail(name(key), "a list");
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < v.size(); ++i) nodes.emplace_back(v[i], file_, fmt::format("{}[{}]", name(key), i));
    return nodes;
  }

  [[nodiscard]] const Json& at(const char* key) const {
    const auto it = value_.find(key);
    if (it == value_.end()) throw Error(fmt::format("key '{}' is missing", name(key)), {file_});
    return *it;
  }
  /// Throws Error: `key` has to be `expected`.
  [[noreturn]] void refuse(const char* key, const std::string& expected) const { fail(name(key), expected); }

 private:
  [[nodiscard]] std::string name(const char* key) const { return path_.empty() ? key : path_ + "." + key; }
  [[noreturn]] void fail(const std::string& where, const std::string& expected) const {
    throw Error(fmt::format("'{}' has to be {}", where.empty() ? "the document" : where, expected), {file_});
  }

  const Json& value_;
  std::string file_;
  std::string path_;
};

/// The JSON document in a file. Throws Error with the byte where it stops being one.
Json read_json(const std::string& path);

}  // namespace lutra::report

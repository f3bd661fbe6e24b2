// The one exception type of lutra: a message with the place in the input that caused it.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace lutra {

/// A place in an input file. Lines and columns count from 1; 0 means unknown (binary files use `offset`).
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;
  long long offset = -1;

  /// "file:line:column", "file:offset 0x10" or "file", whichever is known.
  [[nodiscard]] std::string str() const;
};

/// Bad input (exit code 2) or a failed check (exit code 1), raised anywhere and caught once in cli/.
class Error : public std::runtime_error {
 public:
  enum class Kind { kBadInput, kCheckFailed };

  explicit Error(const std::string& message, SourceLocation where = {}, Kind kind = Kind::kBadInput);

  [[nodiscard]] const SourceLocation& where() const { return where_; }
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int exit_code() const { return kind_ == Kind::kBadInput ? 2 : 1; }

 private:
  SourceLocation where_;
  Kind kind_;
};

/// The candidate nearest to `given` by edit distance, or "" when none is near enough to be a likely misspelling.
std::string nearest(const std::string& given, const std::vector<std::string>& candidates);
/// "; did you mean X?" with the nearest candidate, or "" when there is none: the end of a message.
std::string did_you_mean(const std::string& given, const std::vector<std::string>& candidates);
/// "a, b, c", or "none": what is allowed.
std::string listed(const std::vector<std::string>& candidates);

}  // namespace lutra

// Renders error locations and finds likely misspellings.
#include "isa/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace lutra {
namespace {

std::string prefixed(const std::string& message, const SourceLocation& where) {
  const std::string place = where.str();
  return place.empty() ? message : place + ": " + message;
}

/// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`; upper and lower case are the same.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool equal = same(a[i - 1], b[j - 1]);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (equal ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(row);
  }
  return previous[b.size()];
}

}  // namespace

std::string SourceLocation::str() const {
  if (line > 0) return fmt::format("{}:{}:{}", file, line, column);
  if (offset >= 0) return fmt::format("{}:offset 0x{:x}", file, offset);
  return file;
}

Error::Error(const std::string& message, SourceLocation where, Kind kind)
    : std::runtime_error(prefixed(message, where)), where_(std::move(where)), kind_(kind) {}

std::string nearest(const std::string& given, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestWord = 64;  // nobody misspells more than that; bounds the work on hostile input
  if (given.empty() || given.size() > kLongestWord) return "";
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(given, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(const std::string& given, const std::vector<std::string>& candidates) {
  const std::string guess = nearest(given, candidates);
  return guess.empty() ? "" : "; did you mean " + guess + "?";
}

std::string listed(const std::vector<std::string>& candidates) {
  std::string text;
  for (const std::string& candidate : candidates) text += (text.empty() ? "" : ", ") + candidate;
  return text.empty() ? "none" : text;
}

}  // namespace lutra

// Compressed text files, with a bound on what they may grow to.
#pragma once

#include <cstdint>
#include <string>

namespace lutra::workloads {

/// A gzip file with `text` in it; the same text gives the same bytes.
std::string gzip(const std::string& text);
/// Whether the bytes begin as a gzip file does.
bool is_gzip(const std::string& bytes);
/// The text in it. Throws Error for a file that is damaged, cut short, or longer than `max_bytes` unpacked; `file` is the name used in
/// messages.
std::string gunzip(const std::string& bytes, const std::string& file, std::uint64_t max_bytes);

}  // namespace lutra::workloads

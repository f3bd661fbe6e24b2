// Reads files with a bound and writes them so that nothing half-written is ever seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lutra {

inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

/// The whole file. Throws Error when it is missing, unreadable, a directory or longer than `max_bytes`.
std::string read_file(const std::string& path, std::uint64_t max_bytes = kMaxFileBytes);
/// Writes `data` to a temporary file beside `path` and renames it there; on failure removes it and throws Error.
void write_file_atomically(const std::string& path, std::string_view data);

}  // namespace lutra

// Reads little-endian values out of a span that came from a file; every error names the file and the offset.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "isa/error.h"

namespace lutra::workloads {

class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t left() const { return bytes_.size() - offset_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[noreturn]] void refuse(const std::string& message) const { throw Error(message, {file_, 0, 0, static_cast<long long>(offset_)}); }

  /// The next `count` bytes. Throws Error when they are not all there.
  std::span<const std::uint8_t> take(std::uint64_t count, const char* what) {
    if (count > left())
      refuse(std::string(what) + " needs " + std::to_string(count) + " bytes, the file has " + std::to_string(left()) + " left");
    const auto found = bytes_.subspan(offset_, count);
    offset_ += count;
    return found;
  }
  template <typename Value>
  Value value(const char* what) {
    static_assert(std::endian::native == std::endian::little);
    Value read;
    std::memcpy(&read, take(sizeof read, what).data(), sizeof read);
    return read;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string file_;
  std::uint64_t offset_ = 0;
};

}  // namespace lutra::workloads

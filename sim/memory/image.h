// The contents of a simulated memory: a sparse array of bytes, zero until written.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lutra::memory {

/// Bytes in pages of 64 KiB that come into being when written. Any 64-bit address is legal.
class Image {
 public:
  static constexpr std::uint64_t kPageBytes = 64 * 1024;

  Image() = default;
  Image(const Image& other);
  Image& operator=(const Image& other);
  Image(Image&&) noexcept = default;
  Image& operator=(Image&&) noexcept = default;

  void read(std::uint64_t address, void* destination, std::uint64_t bytes) const;
  void write(std::uint64_t address, const void* source, std::uint64_t bytes);
  /// Writes byte i of `source` where bit i of `strobe` (LSB first) is set.
  void write_masked(std::uint64_t address, const std::uint8_t* source, const std::uint8_t* strobe, std::uint64_t bytes);

  /// Lowest address at which two images differ; a page that is absent equals one of zeros.
  [[nodiscard]] std::optional<std::uint64_t> first_difference(const Image& other) const;
  [[nodiscard]] bool operator==(const Image& other) const { return !first_difference(other); }

  /// SHA-256 of what is not zero and where it is: equal for equal images.
  [[nodiscard]] std::string sha256() const;

  [[nodiscard]] std::size_t pages() const { return pages_.size(); }

 private:
  using Page = std::array<std::uint8_t, kPageBytes>;

  [[nodiscard]] const Page* find(std::uint64_t page) const;
  Page& at(std::uint64_t page);

  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

}  // namespace lutra::memory

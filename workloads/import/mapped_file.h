// A file mapped into memory: weights are read when they are looked at, and nothing larger than a page is copied.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace lutra::workloads {

class MappedFile {
 public:
  /// Throws Error for a file that is missing, unreadable or no regular file.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data_, size_}; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lutra::workloads

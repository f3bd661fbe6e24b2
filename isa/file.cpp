// Bounded reading and atomic writing of files.
#include "isa/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "isa/error.h"

namespace lutra {
namespace {

/// A file descriptor that is closed when its scope ends.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& path, const char* what, int error) {
  throw Error(fmt::format("cannot {}: {}", what, std::strerror(error)), {path});
}

void write_all(int fd, std::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t written = ::write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "write", errno);
    data.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};  // two threads of one process may write beside each other
  return fmt::format("{}.tmp.{}.{}", path, ::getpid(), counter++);
}

}  // namespace

std::string read_file(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail(path, "read", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, "read", errno);
  if (S_ISDIR(status.st_mode)) throw Error("cannot read: a directory was given where a file is expected", {path});

  std::string data;
  constexpr std::size_t kChunk = std::size_t{1} << 16;
  if (S_ISREG(status.st_mode)) data.reserve(std::min(static_cast<std::uint64_t>(status.st_size), max_bytes) + 1);
  for (;;) {
    const std::size_t have = data.size();
    data.resize(have + kChunk);
    const ssize_t got = ::read(file.get(), data.data() + have, kChunk);
    data.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "read", errno);
    if (data.size() > max_bytes) throw Error(fmt::format("the file is longer than the {} bytes allowed", max_bytes), {path});
    if (got == 0) return data;
  }
}

void write_file_atomically(const std::string& path, std::string_view data) {
  const std::string temporary = temporary_name(path);
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) fail(path, "write", errno);
  try {
    write_all(file.get(), data, path);
    if (::close(file.release()) != 0) fail(path, "write", errno);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "write", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace lutra

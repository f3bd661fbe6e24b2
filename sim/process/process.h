// Runs external tools (Verilator, a C++ compiler, Yosys, OpenSTA) and gives back their output.
#pragma once

#include <string>
#include <vector>

namespace lutra {

struct ProcessResult {
  int exit_code = 0;   // 128 + signal when killed
  std::string output;  // standard output and error, interleaved
};

/// Runs `arguments[0]` (searched in PATH) in `directory` ("" = here) with no standard input. Throws Error when it cannot be started;
/// the message then names the Debian package to install where it is known.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& directory = "");

/// The same, but a nonzero exit throws Error (kind kCheckFailed) with `what` and the last lines of the output.
std::string run_checked(const std::string& what, const std::vector<std::string>& arguments, const std::string& directory = "");

/// $LUTRA_CACHE, else $XDG_CACHE_HOME/lutra, else ~/.cache/lutra; created when missing.
std::string cache_directory();

/// A new empty directory beside where its content will be renamed to; removed by the destructor unless released.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Renames the directory to `target`; keeps an existing target (another process was faster) and drops this one.
  void publish(const std::string& target);

 private:
  std::string path_;
};

}  // namespace lutra

#include "sim/process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include "isa/error.h"

extern char** environ;

namespace lutra {
namespace {

/// Debian package that holds a tool, for the one-line hint.
const std::map<std::string, std::string>& packages() {
  static const std::map<std::string, std::string> table = {
      {"verilator", "verilator"}, {"yosys", "yosys"},         {"sta", "opensta"},        {"g++", "g++"}, {"gcov", "g++"}, {"make", "make"},
      {"iverilog", "iverilog"},   {"sbatch", "slurm-client"}, {"squeue", "slurm-client"}};
  return table;
}

[[noreturn]] void cannot_start(const std::string& tool, int error) {
  const auto found = packages().find(tool);
  const std::string hint = found == packages().end() ? "" : fmt::format("; install it with: apt-get install {}", found->second);
  throw Error(fmt::format("cannot run {}: {}{}", tool, std::strerror(error), hint), {}, Error::Kind::kBadInput);
}

std::string last_lines(const std::string& text, int lines) {
  std::size_t begin = text.size();
  for (int i = 0; i <= lines && begin != std::string::npos && begin > 0; ++i) begin = text.rfind('\n', begin - 1);
  return begin == std::string::npos || begin == 0 ? text : text.substr(begin + 1);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& directory) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw Error(fmt::format("pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
  if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  std::vector<char*> argv;
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  if (error != 0) {
    close(pipe_ends[0]);
    cannot_start(arguments[0], error);
  }
  ProcessResult result;
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(pipe_ends[0], buffer, sizeof buffer);
    if (n > 0) result.output.append(buffer, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) break;
  }
  close(pipe_ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (result.exit_code == 127 && result.output.empty()) cannot_start(arguments[0], ENOENT);
  return result;
}

std::string run_checked(const std::string& what, const std::vector<std::string>& arguments, const std::string& directory) {
  ProcessResult result = run_process(arguments, directory);
  if (result.exit_code != 0)
    throw Error(fmt::format("{}: {} failed with exit code {}:\n{}", what, arguments[0], result.exit_code, last_lines(result.output, 30)),
                {}, Error::Kind::kCheckFailed);
  return std::move(result.output);
}

std::string cache_directory() {
  std::string path;
  if (const char* own = std::getenv("LUTRA_CACHE"); own != nullptr && *own != '\0') {
    path = own;
  } else if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0') {
    path = std::string(xdg) + "/lutra";
  } else {
    const char* home = std::getenv("HOME");
    path = std::string(home != nullptr && *home != '\0' ? home : "/tmp") + "/.cache/lutra";
  }
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(fmt::format("cannot create the cache directory: {}", error.message()), {path});
  return path;
}

ScratchDirectory::ScratchDirectory(const std::string& parent) {
  std::filesystem::create_directories(parent);
  std::string name = parent + "/tmp.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw Error(fmt::format("cannot create a temporary directory: {}", std::strerror(errno)), {parent});
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

void ScratchDirectory::publish(const std::string& target) {
  std::error_code error;
  std::filesystem::rename(path_, target, error);
  if (!error) path_.clear();
}

}  // namespace lutra

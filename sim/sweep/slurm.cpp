// Writes the batch scripts, submits them and watches the queue.
#include "sim/sweep/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "isa/file.h"
#include "isa/sha256.h"
#include "sim/process/process.h"

namespace lutra::sweep {
namespace {

/// A word of a shell command.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

SlurmEngine::SlurmEngine(Store& store, SlurmOptions options) : store_(store), options_(std::move(options)), shards_(options_.directory) {
  std::filesystem::create_directories(options_.directory);
  options_.directory = std::filesystem::canonical(options_.directory).string();
  job_name_ = "lutra_sweep_" + sha256_hex(options_.directory).substr(0, 16);
}

void SlurmEngine::submit(std::size_t count) {
  const std::string script = options_.directory + "/array.sh";
  std::string command = "exec";
  for (const std::string& word : options_.command) command += ' ' + quoted(word);
  write_file_atomically(script, "#!/bin/sh\n" + command + " \"$SLURM_ARRAY_TASK_ID\"\n");
  run_checked("submit the job array",
              {"sbatch", "--job-name=" + job_name_, fmt::format("--array=0-{}", count - 1),
               fmt::format("--cpus-per-task={}", options_.cpus), fmt::format("--output={}/task-%a.log", options_.directory), script});
}

void SlurmEngine::wait(std::size_t count) {
  // A controller that restarts does not answer for a while; its jobs go on.
  constexpr int kPatience = 30;
  for (int silent = 0;;) {
    const ProcessResult queue = run_process({"squeue", "--noheader", "--array", "--format=%T", "--name=" + job_name_});
    if (queue.exit_code == 0) {
      silent = 0;
      const auto waiting = static_cast<std::size_t>(std::count(queue.output.begin(), queue.output.end(), '\n'));
      if (waiting == 0) return;
      if (options_.progress && waiting < count) options_.progress(evaluated_ + planned_ * (count - waiting) / count);
    } else if (++silent > kPatience) {
      throw Error(fmt::format("squeue: {}; job {} may go on: --resume waits for it", trimmed(queue.output), job_name_), {},
                  Error::Kind::kCheckFailed);
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(options_.poll_s));
  }
}

void SlurmEngine::collect(std::size_t count) {
  wait(count);
  evaluated_ += shards_.merge_into(store_);
  shards_.remove();
}

void SlurmEngine::run(const std::vector<Task>& tasks) {
  if (shards_.planned()) collect(0);
  std::vector<Task> missing = tasks_missing(store_, tasks);
  if (missing.empty()) return;
  const std::size_t count = std::min(missing.size(), options_.tasks);
  planned_ = missing.size();
  shards_.plan(missing, count);
  submit(count);
  collect(count);
  if (options_.progress) options_.progress(evaluated_);
  missing = tasks_missing(store_, tasks);
  if (!missing.empty())
    throw Error(fmt::format("{} points have no result: their array tasks ended early, see {}/task-*.log; --resume evaluates them",
                            missing.size(), options_.directory),
                {}, Error::Kind::kCheckFailed);
}

}  // namespace lutra::sweep

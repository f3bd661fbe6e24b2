// lutra sweep --engine slurm on a real Slurm of this machine.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "isa/file.h"
#include "sim/process/process.h"
#include "sim/sweep/slurm.h"
#include "tests/cli/slurm_cluster.h"
#include "tests/isa/message_of.h"

namespace {

using nlohmann::json;

constexpr const char* kSpace = R"(name: shared
base: edge_w2a8
parameters:
  array.columns: [8, 16]
  control.queue_depth: [2, 4]
  clock_mhz: [50, 100]
  table.builder_tables: [1, 2, 3]
workloads:
  - {model: bitnet_b158_2b4t, context: 64}
objectives: [tokens_per_s, array_macs]
)";

std::vector<std::string> sweep(const std::string& space, const std::string& out, std::vector<std::string> more) {
  std::vector<std::string> command = {LUTRA_EXECUTABLE, "sweep", "--space", space, "--out", out};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

json exported(const std::string& out) {
  json document = json::parse(lutra::read_file(out + "/sweep.json"));
  document.erase("engine");
  return document;
}

/// Ends the sweep without a chance to tidy up, once an array task has opened its store.
void sweep_until_a_shard_is_there(const std::vector<std::string>& command, const std::string& shard) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execv(arguments[0], arguments.data());
    std::_Exit(127);
  }
  while (!std::filesystem::exists(shard) && ::waitpid(child, nullptr, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("a sweep on Slurm stores what a local one stores, also when it is killed and resumed while its array runs") {
  const lutra::test::TemporaryDirectory directory;
  const lutra::test::SlurmCluster cluster;
  if (!cluster.problem().empty()) {
    WARN("not tested, Slurm does not start here: " << cluster.problem());
    return;
  }
  const std::string space = directory.file("space.yaml");
  lutra::write_file_atomically(space, kSpace);
  lutra::run_checked("sweep", sweep(space, directory.file("local"), {}));
  const json expected = exported(directory.file("local"));
  REQUIRE(expected.at("points").size() == 24);

  lutra::run_checked("sweep", sweep(space, directory.file("whole"), {"--engine", "slurm", "--array-tasks", "3"}));
  CHECK(exported(directory.file("whole")) == expected);
  CHECK_FALSE(std::filesystem::exists(directory.file("whole/shards/plan")));
  CHECK(lutra::test::SlurmCluster::array_tasks("lutra_sweep_") == 3);

  const std::vector<std::string> killed = sweep(space, directory.file("killed"), {"--engine", "slurm", "--array-tasks", "3", "--resume"});
  sweep_until_a_shard_is_there(killed, directory.file("killed/shards/0.sqlite"));
  lutra::run_checked("sweep", killed);
  CHECK(exported(directory.file("killed")) == expected);
  // The array went on and was waited for, none was added.
  CHECK(lutra::test::SlurmCluster::array_tasks("lutra_sweep_") == 6);

  using namespace lutra::sweep;
  Store store(directory.file("store"), Store::Open::kCreate, {"hash", "grid", 1});
  SlurmOptions options;
  options.directory = directory.file("shards");
  options.command = {"/bin/false"};
  SlurmEngine engine(store, options);
  CHECK_THAT(lutra::test::message_of([&] {
               engine.run({{0, {0}}, {1, {1}}});
             }),
             Catch::Contains("2 points have no result") && Catch::Contains("task-*.log"));
}

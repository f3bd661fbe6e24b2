#include "sim/sweep/engine.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "sim/sweep/pareto.h"
#include "sim/sweep/random.h"
#include "sim/sweep/search.h"
#include "tests/isa/message_of.h"
#include "tests/isa/temporary_directory.h"
#include "tests/sim/sweep/spaces.h"

namespace lutra::sweep {
namespace {

using test::TemporaryDirectory;

const StoreIdentity kIdentity{"hash", "grid", 1};

std::vector<Task> tasks_of(const Space& space) { return planned_tasks(space, {}); }

ParetoResult front_of(const Store& store) {
  std::vector<Candidate> candidates;
  std::uint64_t evaluated = 0;
  store.for_each([&](const StoredPoint& p) { candidates.push_back({p.id, ++evaluated, p.outcome.values}); });
  return pareto(candidates, {"tokens_per_s", "array_macs"}, evaluated);
}

TEST_CASE("a point that throws is recorded with its error and the others go on") {
  const TemporaryDirectory directory;
  Store store(directory.file("s"), Store::Open::kCreate, kIdentity);
  LocalEngine engine(store, [](const Choice& c) { return c[0] == 2 ? throw std::runtime_error("three rows are too many") : made_up(c); },
                     {});
  engine.run(tasks_of(plain_space()));
  CHECK(store.size() == 60);
  const StoredPoint* failed = store.find({2, 1, 1});
  REQUIRE(failed != nullptr);
  CHECK(failed->outcome.status == Status::kFailed);
  CHECK(failed->outcome.error == "three rows are too many");
  CHECK(store.find({1, 1, 1})->outcome.status == Status::kOk);
}

TEST_CASE("a point that hangs is recorded and the others go on") {
  const TemporaryDirectory directory;
  // Whoever hangs outlives the test: what it waits for has to outlive it too, and lets it go in the end.
  const auto release = std::make_shared<std::atomic<bool>>(false);
  const auto hanging = std::make_shared<std::atomic<int>>(0);
  Store store(directory.file("s"), Store::Open::kCreate, kIdentity);
  EngineOptions options;
  options.timeout_s = 2;
  LocalEngine engine(
      store,
      [release, hanging](const Choice& c) {
        if (c == Choice{1, 1, 1}) {
          ++*hanging;
          while (!*release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
          --*hanging;
        }
        return made_up(c);
      },
      options);
  engine.run(tasks_of(plain_space()));
  CHECK(engine.abandoned() == 1);
  CHECK(store.size() == 60);
  CHECK(store.find({1, 1, 1})->outcome.error == "no result after 2 s");
  CHECK(store.find({1, 1, 2})->outcome.status == Status::kOk);
  *release = true;
  while (*hanging > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST_CASE("what is stored is not evaluated again") {
  const TemporaryDirectory directory;
  Store store(directory.file("s"), Store::Open::kCreate, kIdentity);
  std::vector<Task> tasks = tasks_of(plain_space());
  LocalEngine(store, made_up, {}).run({tasks.begin(), tasks.begin() + 25});
  std::atomic<int> evaluated{0};
  LocalEngine engine(store,
                     [&](const Choice& c) {
                       ++evaluated;
                       return made_up(c);
                     },
                     {});
  engine.run(tasks);
  CHECK(evaluated == 35);
  CHECK(engine.evaluated() == 35);
}

TEST_CASE("a full disk is an error and leaves a store that can be read and resumed") {
  const TemporaryDirectory directory;
  const Space space =
      space_from(space_text("  axi.outstanding_reads: {from: 1, to: 32, step: 1}\n  axi.outstanding_writes: {from: 1, to: 32, step: 1}\n"));
  const std::string path = directory.file("s");
  EngineOptions options;
  options.chunk = 64;
  {
    Store store(path, Store::Open::kCreate, kIdentity);
    store.limit_pages(20);
    LocalEngine engine(store, made_up, options);
    const std::string message = test::message_of([&] { engine.run(tasks_of(space)); });
    CHECK_THAT(message, Catch::Contains(path) && Catch::Contains("full"));
  }
  std::size_t readable = 0;
  {
    const Store store(path, Store::Open::kRead, {});
    store.for_each([&](const StoredPoint& p) {
      CHECK(p.outcome.values == made_up(p.choice).values);
      ++readable;
    });
    CHECK(readable > 0);
    CHECK(readable < 1024);
  }
  Store store(path, Store::Open::kResume, kIdentity);
  LocalEngine engine(store, made_up, options);
  engine.run(tasks_of(space));
  CHECK(engine.evaluated() == 1024 - readable);
}

/// 512 points with 300 us of work each.
std::vector<Task> killed_tasks() {
  std::vector<Task> tasks;
  for (std::uint16_t i = 0; i < 512; ++i) tasks.push_back({i, {static_cast<std::uint16_t>(i / 16), static_cast<std::uint16_t>(i % 16)}});
  return tasks;
}

/// Sweeps until it is killed or done and writes a byte to standard output for each point it evaluates; exit code 3 where one was stored
/// already.
TEST_CASE("a child sweeps", "[.child]") {
  const char* path = std::getenv("LUTRA_SWEEP_STORE");
  if (path == nullptr) return;
  Store store(path, Store::Open::kResume, kIdentity);
  EngineOptions options;
  options.jobs = 2;
  options.chunk = 16;
  LocalEngine engine(
      store,
      [&store](const Choice& c) {
        if (store.find(c) != nullptr) std::_Exit(3);
        if (::write(STDOUT_FILENO, ".", 1) != 1) std::_Exit(4);
        std::this_thread::sleep_for(std::chrono::microseconds(300));
        return made_up(c);
      },
      options);
  engine.run(killed_tasks());
}

/// Exit code of a child that is killed `delay_us` after it evaluated `points`, -1 where that came first. Counted in work, not in time, so
/// that a slow machine gets as far as a fast one.
int sweep_in_child(const std::string& path, std::size_t points, long delay_us) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::setenv("LUTRA_SWEEP_STORE", path.c_str(), 1);
    ::execl("/proc/self/exe", "sweep_test", "a child sweeps", "-o", "/dev/null", static_cast<char*>(nullptr));
    std::_Exit(127);
  }
  ::close(ends[1]);
  char byte = 0;
  bool ended = false;
  for (std::size_t i = 0; i < points && !ended; ++i) ended = ::read(ends[0], &byte, 1) <= 0;
  if (!ended) {
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("a sweep that is killed fifty times loses no point, evaluates none twice and ends with the same front") {
  const TemporaryDirectory directory;
  const std::vector<Task> tasks = killed_tasks();
  Store whole(directory.file("whole"), Store::Open::kCreate, kIdentity);
  LocalEngine(whole, made_up, {}).run(tasks);
  const ParetoResult expected = front_of(whole);

  Random random(7);
  int kills = 0, sweeps = 0;
  while (kills < 50) {
    const std::string path = directory.file("killed" + std::to_string(sweeps++));
    std::size_t before = 0;
    for (int code = -1; code == -1;) {
      // From before the store is opened to the middle of a later transaction.
      code = sweep_in_child(path, random.below(60), static_cast<long>(random.below(4000)));
      REQUIRE((code == -1 || code == 0));
      if (code != -1) continue;
      ++kills;
      if (!std::filesystem::exists(path)) continue;
      const Store store(path, Store::Open::kResume, kIdentity);
      REQUIRE(store.size() >= before);
      before = store.size();
    }
    const Store store(path, Store::Open::kRead, {});
    CHECK(store.size() == tasks.size());
    CHECK(front_of(store).front == expected.front);
    std::uint64_t next = 0;
    store.for_each([&](const StoredPoint& p) {
      REQUIRE(p.id == next++);
      REQUIRE(p.outcome.values == made_up(p.choice).values);
    });
  }
}

TEST_CASE("a store refuses another sweep, and a new sweep refuses a store") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s");
  { const Store store(path, Store::Open::kCreate, kIdentity); }
  CHECK_THAT(test::message_of([&] { Store(path, Store::Open::kCreate, kIdentity); }), Catch::Contains("--resume"));
  CHECK_THAT(test::message_of([&] { Store(path, Store::Open::kResume, {"hash", "grid", 2}); }), Catch::Contains("seed 1; given"));
  CHECK_THAT(test::message_of([&] { Store(directory.file("none"), Store::Open::kRead, {}); }), Catch::Contains("no sweep"));
}

}  // namespace
}  // namespace lutra::sweep

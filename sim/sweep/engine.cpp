// Hands points to threads and finished chunks to the store.
#include "sim/sweep/engine.h"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

namespace lutra::sweep {
namespace {

using Clock = std::chrono::steady_clock;

Outcome outcome_of(const Evaluate& evaluate, const Choice& choice) {
  try {
    return evaluate(choice);
  } catch (const std::exception& error) {
    Outcome outcome;
    outcome.status = Status::kFailed;
    outcome.error = error.what();
    return outcome;
  }
}

/// Points that one thread works through while another watches it. Owned by both: who watches may give up and go.
struct Watched {
  std::vector<Choice> choices;
  std::vector<Outcome> outcomes;
  std::mutex mutex;
  std::condition_variable advanced;
  std::size_t done = 0;
  bool abandoned = false;
};

void work(const std::shared_ptr<Watched>& watched, const std::shared_ptr<const Evaluate>& evaluate) {
  for (std::size_t i = 0; i < watched->choices.size(); ++i) {
    Outcome outcome = outcome_of(*evaluate, watched->choices[i]);
    const std::lock_guard<std::mutex> lock(watched->mutex);
    if (watched->abandoned) return;
    watched->outcomes.push_back(std::move(outcome));
    watched->done = i + 1;
    watched->advanced.notify_one();
  }
}

/// Outcomes of `choices`, in order. A point that takes longer than `timeout_s` fails, its thread is left behind and another goes on.
std::vector<Outcome> watch(std::vector<Choice> choices, const std::shared_ptr<const Evaluate>& evaluate, double timeout_s,
                           std::atomic<std::size_t>& abandoned) {
  std::vector<Outcome> outcomes;
  while (!choices.empty()) {
    auto watched = std::make_shared<Watched>();
    watched->choices = choices;
    std::thread worker(work, watched, evaluate);
    std::unique_lock<std::mutex> lock(watched->mutex);
    bool late = false;
    while (watched->done < choices.size() && !late) {
      const std::size_t before = watched->done;
      late = !watched->advanced.wait_for(lock, std::chrono::duration<double>(timeout_s), [&] { return watched->done > before; });
    }
    watched->abandoned = late;
    std::move(watched->outcomes.begin(), watched->outcomes.end(), std::back_inserter(outcomes));
    choices.erase(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(watched->done));
    lock.unlock();
    if (!late) {
      worker.join();
      continue;
    }
    worker.detach();
    ++abandoned;
    Outcome failed;
    failed.status = Status::kFailed;
    failed.error = fmt::format("no result after {:g} s", timeout_s);
    outcomes.push_back(std::move(failed));
    choices.erase(choices.begin());
  }
  return outcomes;
}

}  // namespace

std::vector<Task> tasks_missing(const Store& store, const std::vector<Task>& tasks) {
  std::vector<Task> missing;
  for (const Task& task : tasks)
    if (store.find(task.choice) == nullptr) missing.push_back(task);
  return missing;
}

LocalEngine::LocalEngine(Store& store, Evaluate evaluate, EngineOptions options)
    : store_(store), evaluate_(std::make_shared<const Evaluate>(std::move(evaluate))), options_(std::move(options)) {
  if (options_.jobs <= 0) options_.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::vector<StoredPoint> LocalEngine::evaluate_chunk(const std::vector<Task>& tasks, std::size_t begin, std::size_t end) {
  constexpr std::size_t kPiece = 32;  // points a thread is started for
  const std::size_t piece = std::max<std::size_t>(1, std::min(kPiece, (end - begin) / static_cast<std::size_t>(options_.jobs)));
  const std::size_t pieces = (end - begin + piece - 1) / piece;
  std::vector<StoredPoint> points(end - begin);
  std::atomic<std::size_t> abandoned{0};
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(options_.jobs));
  tbb::task_arena arena(options_.jobs);
  arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, pieces, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
          for (std::size_t p = range.begin(); p != range.end(); ++p) {
            const std::size_t first = begin + p * piece, last = std::min(end, first + piece);
            std::vector<Choice> choices;
            for (std::size_t i = first; i < last; ++i) choices.push_back(tasks[i].choice);
            std::vector<Outcome> outcomes = watch(std::move(choices), evaluate_, options_.timeout_s, abandoned);
            for (std::size_t i = first; i < last; ++i) points[i - begin] = {tasks[i].id, tasks[i].choice, std::move(outcomes[i - first])};
          }
        },
        tbb::simple_partitioner());
  });
  abandoned_ += abandoned;
  return points;
}

void LocalEngine::run(const std::vector<Task>& tasks) {
  const std::vector<Task> missing = tasks_missing(store_, tasks);
  // The first chunk is small: nobody knows yet how long a point takes, and what is not stored is lost with the process.
  std::size_t size = std::min(options_.chunk, 2 * static_cast<std::size_t>(options_.jobs));
  for (std::size_t begin = 0; begin < missing.size();) {
    const std::size_t end = std::min(missing.size(), begin + size);
    const Clock::time_point start = Clock::now();
    store_.add(evaluate_chunk(missing, begin, end));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    evaluated_ += end - begin;
    begin = end;
    size = seconds > options_.chunk_s ? std::max<std::size_t>(static_cast<std::size_t>(options_.jobs), size / 2)
                                      : std::min(options_.chunk, seconds < options_.chunk_s / 4 ? size * 2 : size);
    if (options_.progress) options_.progress(evaluated_);
  }
}

}  // namespace lutra::sweep

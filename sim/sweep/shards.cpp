// Cuts, evaluates and loads shards.
#include "sim/sweep/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "isa/file.h"

namespace lutra::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtension = ".sqlite";

}  // namespace

bool Shards::planned() const { return fs::exists(directory_ + "/plan"); }

void Shards::plan(const std::vector<Task>& tasks, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < tasks.size(); ++i) text += fmt::format("{} {} {}\n", i % count, tasks[i].id, fmt::join(tasks[i].choice, " "));
  write_file_atomically(directory_ + "/plan", text);
}

std::vector<Task> Shards::tasks(std::size_t shard) const {
  std::istringstream lines(read_file(directory_ + "/plan"));
  std::vector<Task> tasks;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::size_t owner = 0;
    Task task;
    words >> owner >> task.id;
    if (owner != shard) continue;
    for (std::uint16_t index = 0; words >> index;) task.choice.push_back(index);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::string Shards::store_path(std::size_t shard) const { return directory_ + "/" + std::to_string(shard) + kExtension; }

std::vector<std::string> Shards::stores() const {
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_))
    if (entry.path().extension() == kExtension) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::size_t Shards::merge_into(Store& store) const {
  std::size_t merged = 0;
  for (const std::string& path : stores()) {
    // A task that was killed while it opened its store leaves one that belongs to nothing yet.
    if (fs::file_size(path) == 0) continue;
    const Store shard(path, Store::Open::kRead, {});
    if (shard.identity() != store.identity()) throw Error("a shard of another sweep than " + store.path(), {path});
    std::vector<StoredPoint> points;
    shard.for_each([&](const StoredPoint& p) {
      if (store.find(p.choice) == nullptr) points.push_back(p);
    });
    if (points.empty()) continue;
    store.add(points);
    merged += points.size();
  }
  return merged;
}

void Shards::remove() const {
  // The plan last: as long as it is there the shards are looked for.
  for (const std::string& path : stores()) fs::remove(path);
  fs::remove(directory_ + "/plan");
}

}  // namespace lutra::sweep

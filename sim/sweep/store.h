// The results of a sweep in one SQLite file: whatever happens to the process, it holds whole chunks and can be read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/sweep/evaluate.h"

struct sqlite3;

namespace lutra::sweep {

struct StoredPoint {
  std::uint64_t id = 0;  // position in the search
  Choice choice;
  Outcome outcome;
};

/// What a store belongs to: a sweep is only ever resumed with the same.
struct StoreIdentity {
  std::string space_hash, search;
  std::uint64_t seed = 0;
  bool operator==(const StoreIdentity&) const = default;
};

class Store {
 public:
  enum class Open { kCreate, kResume, kRead };

  /// kCreate: the file must not be there. kResume: it may be, and then has to belong to `identity`. kRead: it has to be there. Throws
  /// Error.
  Store(const std::string& path, Open mode, const StoreIdentity& identity);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// One transaction: all of them are there afterwards, or none. Throws Error (check failed) where the disk is full or a point is there
  /// already; the store stays as it was.
  void add(const std::vector<StoredPoint>& points);
  /// The stored point of a choice, nullptr where there is none.
  [[nodiscard]] const StoredPoint* find(const Choice& choice) const;
  [[nodiscard]] std::size_t size() const { return points_.size(); }
  /// In the order of ids, with all that was stored.
  void for_each(const std::function<void(const StoredPoint&)>& visit) const;
  /// The whole of one point; throws Error where there is none of that id.
  [[nodiscard]] StoredPoint load(std::uint64_t id) const;
  [[nodiscard]] const StoreIdentity& identity() const { return identity_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Largest size of the file in pages of 4096 bytes; what does not fit is an error like that of a full disk.
  void limit_pages(int pages);

 private:
  void execute(const char* sql);
  [[noreturn]] void fail(const std::string& what) const;
  void check_identity(bool fresh);
  void remember_all();
  void remember(const StoredPoint& point);

  std::string path_;
  StoreIdentity identity_;
  sqlite3* database_ = nullptr;
  std::map<Choice, StoredPoint> points_;  // without the maps of their outcomes
};

}  // namespace lutra::sweep

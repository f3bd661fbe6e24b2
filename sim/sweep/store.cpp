// Rows in and out of SQLite.
#include "sim/sweep/store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace lutra::sweep {
namespace {

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : good_(sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) == SQLITE_OK) {}
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] sqlite3_stmt* get() const { return statement_; }
  int step() { return sqlite3_step(statement_); }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }
  void bind(int index, const std::string& value) {
    sqlite3_bind_text(statement_, index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
  void bind(int index, std::uint64_t value) { sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(value)); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  bool good_;
};

std::string choice_text(const Choice& choice) { return fmt::format("{}", fmt::join(choice, ",")); }

Choice parse_choice(const std::string& text) {
  Choice choice;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find(',', begin);
    if (end == std::string::npos) end = text.size();
    choice.push_back(static_cast<std::uint16_t>(std::stoul(text.substr(begin, end - begin))));
    begin = end + 1;
  }
  return choice;
}

std::string outcome_text(const Outcome& o) {
  return nlohmann::json{{"values", o.values}, {"area_um2", o.area_um2}, {"energy_pj", o.energy_pj}, {"cycles", o.cycles}}.dump();
}

Outcome parse_outcome(const std::string& status, const std::string& error, const std::string& text) {
  Outcome o;
  o.status = status == "ok" ? Status::kOk : status == "failed" ? Status::kFailed : Status::kInfeasible;
  o.error = error;
  const nlohmann::json json = nlohmann::json::parse(text);
  json.at("values").get_to(o.values);
  json.at("area_um2").get_to(o.area_um2);
  json.at("energy_pj").get_to(o.energy_pj);
  json.at("cycles").get_to(o.cycles);
  return o;
}

StoredPoint point_in(const Statement& row) {
  return {static_cast<std::uint64_t>(sqlite3_column_int64(row.get(), 0)), parse_choice(row.text(1)),
          parse_outcome(row.text(2), row.text(3), row.text(4))};
}

constexpr const char* kSelect = "SELECT id, choice, status, error, outcome FROM points";

}  // namespace

Store::Store(const std::string& path, Open mode, const StoreIdentity& identity) : path_(path), identity_(identity) {
  const bool there = std::filesystem::exists(path);
  if (mode == Open::kCreate && there)
    throw Error("a sweep is stored here already: go on with --resume, or choose another directory", {path});
  if (mode == Open::kRead && !there) throw Error("cannot read: there is no sweep here", {path});
  if (sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE | (mode == Open::kRead ? 0 : SQLITE_OPEN_CREATE), nullptr) !=
      SQLITE_OK) {
    const std::string why = sqlite3_errmsg(database_);
    sqlite3_close(database_);
    throw Error("cannot open the store: " + why, {path});
  }
  try {
    sqlite3_busy_timeout(database_, 10000);
    if (mode != Open::kRead) {
      execute("BEGIN IMMEDIATE");
      execute("CREATE TABLE IF NOT EXISTS sweep(space_hash TEXT NOT NULL, search TEXT NOT NULL, seed INTEGER NOT NULL)");
      execute(
          "CREATE TABLE IF NOT EXISTS points(id INTEGER PRIMARY KEY, choice TEXT NOT NULL UNIQUE, status TEXT NOT NULL, error TEXT NOT "
          "NULL, outcome TEXT NOT NULL)");
      check_identity(true);
      execute("COMMIT");
    } else {
      check_identity(false);
    }
    remember_all();
  } catch (...) {
    sqlite3_close(database_);
    throw;
  }
}

Store::~Store() { sqlite3_close(database_); }

void Store::fail(const std::string& what) const {
  throw Error(fmt::format("cannot {}: {}", what, sqlite3_errmsg(database_)), {path_}, Error::Kind::kCheckFailed);
}

void Store::execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("write the store");
}

void Store::check_identity(bool fresh) {
  Statement row(database_, "SELECT space_hash, search, seed FROM sweep");
  if (!row.good()) fail("read the store");
  if (row.step() == SQLITE_ROW) {
    const StoreIdentity stored{row.text(0), row.text(1), static_cast<std::uint64_t>(sqlite3_column_int64(row.get(), 2))};
    if (fresh && stored != identity_)
      throw Error(fmt::format("the stored sweep is another one: space {}, search {}, seed {}; given space {}, search {}, seed {}",
                              stored.space_hash, stored.search, stored.seed, identity_.space_hash, identity_.search, identity_.seed),
                  {path_});
    identity_ = stored;
    return;
  }
  if (!fresh) throw Error("not the store of a sweep", {path_});
  Statement insert(database_, "INSERT INTO sweep VALUES(?, ?, ?)");
  insert.bind(1, identity_.space_hash);
  insert.bind(2, identity_.search);
  insert.bind(3, identity_.seed);
  if (insert.step() != SQLITE_DONE) fail("write the store");
}

void Store::remember(const StoredPoint& point) {
  StoredPoint small = point;
  small.outcome.area_um2.clear();
  small.outcome.energy_pj.clear();
  small.outcome.cycles.clear();
  points_.emplace(small.choice, std::move(small));
}

void Store::remember_all() {
  for_each([this](const StoredPoint& point) { remember(point); });
}

void Store::add(const std::vector<StoredPoint>& points) {
  execute("BEGIN IMMEDIATE");
  try {
    Statement insert(database_, "INSERT INTO points VALUES(?, ?, ?, ?, ?)");
    if (!insert.good()) fail("write the store");
    for (const StoredPoint& p : points) {
      insert.bind(1, p.id);
      insert.bind(2, choice_text(p.choice));
      insert.bind(3, to_string(p.outcome.status));
      insert.bind(4, p.outcome.error);
      insert.bind(5, outcome_text(p.outcome));
      if (insert.step() != SQLITE_DONE) fail("write the store");
      sqlite3_reset(insert.get());
    }
    execute("COMMIT");
  } catch (...) {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
  for (const StoredPoint& p : points) remember(p);
}

const StoredPoint* Store::find(const Choice& choice) const {
  const auto found = points_.find(choice);
  return found == points_.end() ? nullptr : &found->second;
}

void Store::for_each(const std::function<void(const StoredPoint&)>& visit) const {
  Statement rows(database_, fmt::format("{} ORDER BY id", kSelect).c_str());
  if (!rows.good()) fail("read the store");
  int code = 0;
  while ((code = rows.step()) == SQLITE_ROW) visit(point_in(rows));
  if (code != SQLITE_DONE) fail("read the store");
}

StoredPoint Store::load(std::uint64_t id) const {
  Statement row(database_, fmt::format("{} WHERE id = ?", kSelect).c_str());
  if (!row.good()) fail("read the store");
  row.bind(1, id);
  if (row.step() != SQLITE_ROW) throw Error(fmt::format("there is no point {}", id), {path_});
  return point_in(row);
}

void Store::limit_pages(int pages) { execute(fmt::format("PRAGMA max_page_count = {}", pages).c_str()); }

}  // namespace lutra::sweep

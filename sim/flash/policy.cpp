// The tables of policies. A new technique is a row here and, where it is a behaviour, a class beside it.
#include "sim/flash/policy.h"

#include <fmt/format.h>

#include <cmath>

#include "isa/error.h"
#include "sim/flash/residency.h"
#include "sim/flash/schedule.h"

namespace lutra::flash {
namespace {

constexpr std::uint32_t kLargestRead = 512 * 1024, kReadAhead = 128 * 1024;

/// `bytes` in reads of at most `most`, the last one rounded up to whole pages.
std::vector<std::uint32_t> pieces(double bytes, int page, std::uint32_t most) {
  auto left = static_cast<std::int64_t>(std::ceil(bytes / page)) * page;
  std::vector<std::uint32_t> commands;
  for (; left > most; left -= most) commands.push_back(most);
  commands.push_back(static_cast<std::uint32_t>(left));
  return commands;
}

ReadPlan rows(const Footprint& f, std::int64_t neurons, int page) {
  ReadPlan plan;
  for (int m = 0; m < f.matrices; ++m)
    plan.parts.push_back({pieces(f.row * static_cast<double>(neurons), page, kLargestRead), 1.0 / f.matrices, false});
  return plan;
}

ReadPlan bundle(const Footprint& f, std::int64_t neurons, int page) {
  return {{{pieces(f.neuron * static_cast<double>(neurons), page, kLargestRead), 1, false}}, storage::Pattern::kRandom};
}

ReadPlan gate_first(const Footprint& f, std::int64_t neurons, int page) {
  const double first = f.row * static_cast<double>(neurons), share = 1.0 / f.matrices;
  return {{{pieces(first, page, kLargestRead), share, false}, {pieces(first * (f.matrices - 1), page, kLargestRead), 1 - share, true}},
          storage::Pattern::kRandom};
}

ReadPlan matrices(const Footprint& f, std::int64_t neurons, int page) {
  return {{{pieces(f.neuron * static_cast<double>(neurons), page, kLargestRead), 1, false}}, storage::Pattern::kSequential};
}

ReadPlan readahead(const Footprint& f, std::int64_t neurons, int page) {
  return {{{pieces(f.neuron * static_cast<double>(neurons), page, kReadAhead), 1, false}}, storage::Pattern::kSequential};
}

constexpr LayoutEntry kLayouts[] = {
    {"rows", "a neuron's row of each matrix is a read of its own", rows},
    {"bundle", "gate, up and down of a neuron lie together: one read", bundle},
    {"gate_first", "bundles read in two steps: the gate's row, then the others where the gate is not 0", gate_first},
    {"matrices", "whole matrices, sequentially in reads of 512 KiB", matrices},
    {"readahead", "whole matrices as an operating system maps a file: sequentially in reads of 128 KiB", readahead},
};

constexpr ResidencyEntry kResidencies[] = {
    {"none", "nothing stays in DRAM",
     [](const ResidencyRequest&) -> std::unique_ptr<Residency> { return std::make_unique<NoResidency>(); }},
    {"static", "a fixed share of every expert, whatever is used",
     [](const ResidencyRequest& r) -> std::unique_ptr<Residency> {
       return std::make_unique<StaticResidency>(r.granules, r.capacity, r.per_expert);
     }},
    {"window", "what the last tokens used",
     [](const ResidencyRequest& r) -> std::unique_ptr<Residency> {
       return std::make_unique<WindowResidency>(r.granules, r.capacity, r.window);
     }},
    {"lru", "as much as fits; the least recently used leaves",
     [](const ResidencyRequest& r) -> std::unique_ptr<Residency> { return std::make_unique<LruResidency>(r.granules, r.capacity); }},
};

constexpr ScheduleEntry kSchedules[] = {
    {"serial", "read, then compute", [](int) -> std::unique_ptr<Schedule> { return std::make_unique<SerialSchedule>(); }},
    {"matrix", "present neurons are computed while missing ones are read; a matrix waits for the one before it",
     [](int) -> std::unique_ptr<Schedule> { return std::make_unique<MatrixSchedule>(); }},
    {"cluster", "a cluster of neurons is computed as soon as its own reads are there",
     [](int cluster) -> std::unique_ptr<Schedule> { return std::make_unique<ClusterSchedule>(cluster); }},
};

Policy make(const char* name, const char* doc, bool predict, const char* layout, const char* residency, const char* schedule) {
  Policy p;
  p.name = name;
  p.doc = doc;
  p.predict = predict;
  p.layout = layout;
  p.residency = residency;
  p.schedule = schedule;
  return p;
}

std::vector<Policy> build_table() {
  std::vector<Policy> table;
  const auto add = [&table](Policy p) -> Policy& {
    table.push_back(std::move(p));
    return table.back();
  };
  add(make("stream", "whole layers, nothing kept", false, "matrices", "none", "serial"));
  add(make("mapped_file", "whole layers through a mapped file, a fixed share in DRAM", false, "readahead", "static", "serial"));
  add(make("static", "whole layers, a fixed share in DRAM", false, "matrices", "static", "serial"));
  add(make("experts", "whole experts, the least recently used leave", false, "matrices", "lru", "matrix"));
  add(make("expert_prefetch", "experts, and guessed ones are read during attention", false, "matrices", "lru", "matrix")).expert_prefetch =
      0.7;
  add(make("predictor", "rows of predicted neurons, nothing kept", true, "rows", "none", "serial"));
  add(make("window", "predictor and a window of tokens", true, "rows", "window", "serial")).compute_resident = true;
  add(make("bundle", "predictor and bundles", true, "bundle", "none", "serial"));
  add(make("gate_first", "predictor and bundles in two steps", true, "gate_first", "none", "serial"));
  add(make("hot", "predictor and pinned hot neurons", true, "rows", "none", "serial")).hot_share = -1;
  add(make("lru", "predictor and a cache of single neurons", true, "rows", "lru", "serial"));
  add(make("matrix", "predictor, reads beside computing matrix by matrix", true, "rows", "none", "matrix"));
  add(make("cluster", "predictor, reads beside computing cluster by cluster", true, "rows", "none", "cluster"));
  add(make("llm_in_flash", "predictor, window and bundles", true, "bundle", "window", "serial")).compute_resident = true;
  add(make("bundle_lru", "predictor, bundles and cache", true, "bundle", "lru", "serial"));
  add(make("matrix_pipeline", "bundles in two steps, cache, matrix by matrix", true, "gate_first", "lru", "matrix"));
  add(make("cluster_pipeline", "bundles in two steps, cache, cluster by cluster", true, "gate_first", "lru", "cluster"));
  add(make("segmented", "pinned hot neurons, cache of cold ones, bundles in two steps, cluster by cluster", true, "gate_first", "lru",
           "cluster"))
      .hot_share = -1;
  return table;
}

template <typename Entries>
const auto& find(const Entries& entries, std::string_view name, const char* what) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  throw Error(fmt::format("no {} named '{}', allowed {}{}", what, name, listed(names), did_you_mean(std::string(name), names)));
}

}  // namespace

std::span<const LayoutEntry> layouts() { return kLayouts; }
std::span<const ResidencyEntry> residencies() { return kResidencies; }
std::span<const ScheduleEntry> schedules() { return kSchedules; }
std::span<const Policy> policies() {
  static const std::vector<Policy> kTable = build_table();
  return kTable;
}

const Policy& find_policy(std::string_view name) { return find(policies(), name, "policy"); }
const LayoutEntry& find_layout(std::string_view name) { return find(layouts(), name, "layout"); }
const ResidencyEntry& find_residency(std::string_view name) { return find(residencies(), name, "residency"); }
const ScheduleEntry& find_schedule(std::string_view name) { return find(schedules(), name, "schedule"); }

}  // namespace lutra::flash

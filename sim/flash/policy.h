// The ways of running a model from flash: each decision is a small table, a policy picks one entry of each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/flash/footprint.h"
#include "sim/storage/storage_config.h"

namespace lutra::flash {

class Residency;
class Schedule;

/// Reads that come together and the computing that waits for them.
struct ReadPart {
  std::vector<std::uint32_t> commands;  // bytes of each
  double compute_share = 1;             // of a granule's computing
  bool conditional = false;             // only where the part before gave something other than 0
};

/// How one granule (a neuron, a cluster of neurons, or a whole expert) is read.
struct ReadPlan {
  std::vector<ReadPart> parts;
  storage::Pattern pattern = storage::Pattern::kRandom;
};

/// Where neurons lie in flash, and in which pieces they are read.
struct LayoutEntry {
  std::string_view name;
  std::string_view doc;
  /// `neurons` of a granule; reads are rounded up to `page` bytes.
  ReadPlan (*plan)(const Footprint& model, std::int64_t neurons, int page);
};
std::span<const LayoutEntry> layouts();

/// What a residency is made for.
struct ResidencyRequest {
  std::int64_t granules = 0;  // of the model
  std::int64_t capacity = 0;  // granules that fit
  std::int64_t per_expert = 0;
  int window = 5;  // tokens
};
/// Which neurons stay in DRAM.
struct ResidencyEntry {
  std::string_view name;
  std::string_view doc;
  std::unique_ptr<Residency> (*make)(const ResidencyRequest& request);
};
std::span<const ResidencyEntry> residencies();

/// How reads and computing overlap.
struct ScheduleEntry {
  std::string_view name;
  std::string_view doc;
  std::unique_ptr<Schedule> (*make)(int cluster);
};
std::span<const ScheduleEntry> schedules();

/// A combination. Names are of the tables above and of the phone's units.
struct Policy {
  std::string name;
  std::string doc;
  bool predict = true;  // only predicted neurons are read and computed; else all of an expert
  std::string layout = "bundle";
  std::string residency = "lru";
  std::string schedule = "cluster";
  bool compute_resident = false;    // everything the residency holds is computed, not only what is predicted (rows kept compact)
  bool hand_over = false;           // resident rows are copied to the unit that computes, for every token
  bool stream_fixed = false;        // attention and head are not kept either: every token reads them
  double hot_share = 0;             // of an expert's neurons, pinned and computed without prediction; negative: the planner decides
  int window = 5;                   // tokens, residency "window"
  int cluster = 16;                 // granules that are computed together, schedule "cluster"
  double expert_prefetch = 0;       // share of the experts guessed right while attention runs; 0: no prefetch
  std::string dense_unit = "cpu";   // attention, head, hot neurons
  std::string sparse_unit = "cpu";  // predictor and cold neurons
  bool share_dense = false;         // dense work is split over all units and bounded by DRAM
};
/// Named combinations: single techniques and what publications combine.
std::span<const Policy> policies();
/// Throws Error with what is allowed.
const Policy& find_policy(std::string_view name);
const LayoutEntry& find_layout(std::string_view name);
const ResidencyEntry& find_residency(std::string_view name);
const ScheduleEntry& find_schedule(std::string_view name);

}  // namespace lutra::flash

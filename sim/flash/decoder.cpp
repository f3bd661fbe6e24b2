// Tokens, layers, and what they cost.
#include "sim/flash/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "isa/error.h"
#include "isa/geometry.h"

namespace lutra::flash {
namespace {

constexpr int kDenseGranules = 64;  // of an expert that is read without predictor

void expect(bool held, const std::string& what) {
  if (!held) throw Error(what, {}, Error::Kind::kCheckFailed);
}

const UnitCost& unit_named(const std::vector<UnitCost>& units, const std::string& name) {
  return *std::find_if(units.begin(), units.end(), [&](const UnitCost& unit) { return unit.name == name; });
}

Nanoseconds rounded(double ns) { return static_cast<Nanoseconds>(std::llround(ns)); }

}  // namespace

/// What a layer's token asks for.
struct Decoder::LayerNeeds {
  int layer = 0;
  std::vector<std::uint32_t> experts;   // numbers through the model
  std::vector<std::uint32_t> granules;  // needed and not hot, numbers through the model
  std::vector<std::uint8_t> passes;     // of them, gate not 0
  std::int64_t hot_needed = 0;          // hot granules that hold a needed neuron
  std::int64_t present = 0;
  std::vector<std::uint32_t> missing;
  std::vector<std::uint8_t> missing_passes;
};

double DecodeResult::miss_rate() const { return needed > 0 ? static_cast<double>(loaded) / static_cast<double>(needed) : 0; }

double DecodeResult::percentile(double share) const {
  if (latencies.empty()) return 0;
  const auto at = static_cast<std::size_t>(std::ceil(share * static_cast<double>(latencies.size())));
  return latencies[std::clamp<std::size_t>(at, 1, latencies.size()) - 1];
}

Decoder::Decoder(const DecodeSetup& setup)
    : setup_(setup),
      footprint_(footprint(setup.model, setup.storage)),
      shape_(workloads::sparsity_shape(setup.model)),
      device_(setup.device, setup.phone.io_core, setup.phone.io_threads) {
  if (!(setup.profile->shape == shape_))
    throw Error(fmt::format("the profile is of {}, the model is {}", setup.profile->shape.model, shape_.model));
  const Policy& policy = setup_.policy;
  for (const Unit& unit : setup_.phone.units)
    units_.push_back(unit_cost(unit, static_cast<int>(std::lround(setup_.storage.bits)), setup_.model.hidden, setup_.load_arch));
  find_unit(setup_.phone, policy.dense_unit);
  find_unit(setup_.phone, policy.sparse_unit);
  dense_ = &unit_named(units_, policy.dense_unit);
  sparse_ = &unit_named(units_, policy.sparse_unit);
  // Rows that are kept compact are a dense matrix.
  if (policy.predict && !policy.compute_resident && sparse_->kind == UnitKind::kMac)
    throw Error(
        fmt::format("sparse unit {}: a mac unit computes dense matrices only, allowed are units of kind cpu and lut", sparse_->name));
  const auto cpu = std::find_if(units_.begin(), units_.end(), [](const UnitCost& unit) { return unit.kind == UnitKind::kCpu; });
  predictor_ = cpu == units_.end() ? sparse_ : &*cpu;
  granule_ = policy.predict ? sparse_->gather : static_cast<int>(std::max<std::int64_t>(1, ceil_div(shape_.neurons, kDenseGranules)));
  per_expert_ = ceil_div(shape_.neurons, granule_);
  granule_bytes_ = footprint_.neuron * granule_;
  plan_ = find_layout(policy.layout).plan(footprint_, granule_, setup_.storage.page_bytes);
  schedule_ = find_schedule(policy.schedule).make(policy.cluster);
  dense_hot_ = dense_ != sparse_ || sparse_->gather > 1;
  mark_.resize(static_cast<std::size_t>(per_expert_));
  plan_memory();
}

void Decoder::plan_memory() {
  const Policy& policy = setup_.policy;
  if (policy.stream_fixed) {
    footprint_.fixed -= footprint_.attention * shape_.layers + footprint_.head + footprint_.embedding;
    if (setup_.staging_bytes < std::max(footprint_.attention, footprint_.head))
      throw Error(fmt::format("buffers of {:.3g} MB for reads do not hold a layer's attention or the head, {:.3g} MB",
                              setup_.staging_bytes / 1e6, std::max(footprint_.attention, footprint_.head) / 1e6));
  }
  const double free = setup_.budget_bytes - footprint_.fixed - setup_.staging_bytes;
  if (free < 0) {
    throw Error(fmt::format(
        "a DRAM budget of {:.3g} GB is smaller than the {:.3g} GB that have to be there: attention and head {:.3g}, embedding "
        "{:.3g}, predictors {:.3g}, scales {:.3g}, runtime {:.3g}, buffers for reads {:.3g}",
        setup_.budget_bytes / 1e9, (footprint_.fixed + setup_.staging_bytes) / 1e9,
        (footprint_.attention * shape_.layers + footprint_.head) / 1e9, footprint_.embedding / 1e9, setup_.storage.predictor_bytes / 1e9,
        footprint_.resident_scales / 1e9, footprint_.runtime / 1e9, setup_.staging_bytes / 1e9));
  }
  staging_ = static_cast<std::int64_t>(setup_.staging_bytes / granule_bytes_);
  if (staging_ < 1)
    throw Error(
        fmt::format("buffers of {:.3g} MB for reads hold no cluster of {:.3g} MB", setup_.staging_bytes / 1e6, granule_bytes_ / 1e6));
  const std::int64_t experts = std::int64_t{shape_.layers} * shape_.experts, all = per_expert_ * experts;
  const auto fits = std::min(all, static_cast<std::int64_t>(free / granule_bytes_));
  if (policy.hot_share < 0) {
    PlannerInput input{setup_.profile, &footprint_, &plan_, granule_, fits / experts, per_expert_, policy.residency == "lru",
                       dense_hot_,     0,           0,      0};
    input.dense_ns_per_neuron = dense_ns(footprint_.neuron_read * 1e3, footprint_.macs * 1e3, 0) / 1e3;
    input.sparse_ns_per_neuron = sparse_->ns(footprint_.neuron_read * 1e3, footprint_.macs * 1e3, 0) / 1e3;
    input.read_ns = read_ns();
    hot_ = plan_hot(input).hot;
  } else {
    hot_ = static_cast<std::int64_t>(policy.hot_share * static_cast<double>(per_expert_));
  }
  if (hot_ * experts > fits)
    throw Error(fmt::format("a hot set of {:.3g} % of the neurons needs {:.3g} GB, the DRAM budget leaves {:.3g}", policy.hot_share * 100,
                            static_cast<double>(hot_ * experts) * granule_bytes_ / 1e9, free / 1e9));
  residency_ = find_residency(policy.residency).make({all, fits - hot_ * experts, per_expert_, policy.window});
  if (policy.residency == "lru") fill_cache();
}

/// What a system loads before the first token: the busiest granules that fit, the busiest of all as the most recent.
void Decoder::fill_cache() {
  const std::int64_t experts = std::int64_t{shape_.layers} * shape_.experts;
  const std::int64_t each = std::min(residency_->capacity() / experts, per_expert_ - hot_);
  for (std::int64_t slot = hot_ + each; slot-- > hot_;)
    for (std::int64_t e = 0; e < experts; ++e) residency_->insert(static_cast<std::uint32_t>(e * per_expert_ + slot));
}

double Decoder::dense_ns(double bytes, double macs, double matrices) const {
  const double alone = dense_->ns(bytes, macs, matrices);
  return setup_.policy.share_dense ? std::min(alone, bytes / setup_.phone.dram_gb_s) : std::max(alone, bytes / setup_.phone.dram_gb_s);
}

/// Random reads of a layer stay inside the experts that it uses.
std::uint64_t Decoder::read_range() const { return static_cast<std::uint64_t>(footprint_.neuron * shape_.neurons * shape_.active_experts); }

/// Time of the medium for one granule, all parts.
double Decoder::read_ns() const {
  double ns = 0;
  for (const ReadPart& part : plan_.parts)
    for (const std::uint32_t bytes : part.commands)
      ns += static_cast<double>(device_.service_time({0, bytes, plan_.pattern, read_range(), 0}));
  return ns;
}

/// Weights that a policy does not keep although every token needs them: read sequentially, then computed.
void Decoder::stream_fixed(double bytes) {
  const ReadPlan plan = find_layout("matrices").plan({.matrices = 1, .row = bytes, .neuron = bytes}, 1, setup_.storage.page_bytes);
  LayerWork work;
  work.reads_from = work.compute_from = now_;
  work.passes.assign(1, 1);
  work.plan = &plan;
  work.staging = 1;
  const Nanoseconds end = SerialSchedule().run(device_, work).end;
  result_.fixed_read_s += static_cast<double>(end - now_) * 1e-9;
  now_ = end;
}

void Decoder::charge_dense(double ns) {
  if (!setup_.policy.share_dense) return charge(*dense_, ns);
  for (const UnitCost* unit : {dense_, sparse_}) charge(*unit, ns);
}

void Decoder::gather(const workloads::TokenActivity& activity, std::size_t first_slice, LayerNeeds& needs) {
  for (int i = 0; i < shape_.active_experts; ++i) {
    const workloads::ActivitySlice& slice = activity.slices[first_slice + static_cast<std::size_t>(i)];
    const auto expert = static_cast<std::uint32_t>(slice.layer * shape_.experts + slice.expert);
    needs.layer = slice.layer;
    needs.experts.push_back(expert);
    const auto base = static_cast<std::uint32_t>(expert * per_expert_);
    if (!setup_.policy.predict) {
      for (std::uint32_t g = 0; g < per_expert_; ++g) {
        needs.granules.push_back(base + g);
        needs.passes.push_back(1);
      }
      result_.needed_neurons += shape_.neurons;
      continue;
    }
    std::fill(mark_.begin(), mark_.end(), std::uint8_t{0});
    for (std::uint32_t n = slice.begin; n < slice.end; ++n) {
      const workloads::Neuron neuron = activity.neurons[n];
      if (!neuron.predicted()) continue;
      mark_[setup_.profile->slot(expert, neuron.id()) / static_cast<std::uint32_t>(granule_)] |= neuron.active() ? 3 : 1;
      ++result_.needed_neurons;
    }
    needs.hot_needed += std::count_if(mark_.begin(), mark_.begin() + hot_, [](std::uint8_t m) { return m != 0; });
    for (auto g = static_cast<std::uint32_t>(hot_); g < per_expert_; ++g) {
      if (mark_[g] == 0) continue;
      needs.granules.push_back(base + g);
      needs.passes.push_back(mark_[g] >> 1);
    }
  }
}

void Decoder::look_up(LayerNeeds& needs) {
  for (std::size_t i = 0; i < needs.granules.size(); ++i) {
    if (residency_->lookup(needs.granules[i])) {
      ++needs.present;
    } else {
      needs.missing.push_back(needs.granules[i]);
      needs.missing_passes.push_back(needs.passes[i]);
    }
  }
  const auto needed = static_cast<std::int64_t>(needs.granules.size());
  result_.needed += needed + needs.hot_needed;
  result_.hot += needs.hot_needed;
  result_.hits += needs.present;
  result_.loaded += needed - needs.present;
}

/// Reads what is missing of guessed experts from `from` on, as much as `time_ns` has room for; a wrong guess reads another expert for
/// nothing.
void Decoder::prefetch(const workloads::TokenActivity& activity, std::size_t first_slice, Nanoseconds from, double time_ns) {
  const double room = (time_ns - setup_.device.latency_us * 1e3) / read_ns();
  if (room < 1) return;
  std::vector<std::uint32_t> wanted;
  for (int i = 0; i < shape_.active_experts; ++i) {
    const workloads::ActivitySlice& slice = activity.slices[first_slice + static_cast<std::size_t>(i)];
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    const bool right = static_cast<double>(random_ >> 11) * 0x1p-53 < setup_.policy.expert_prefetch;
    const int expert = right ? slice.expert : (slice.expert + 1) % shape_.experts;
    const auto base = static_cast<std::uint32_t>((slice.layer * shape_.experts + expert) * per_expert_);
    for (std::uint32_t g = 0; g < per_expert_; ++g)
      if (!residency_->lookup(base + g)) wanted.push_back(base + g);
  }
  if (wanted.empty()) return;
  wanted.resize(std::min(wanted.size(), static_cast<std::size_t>(room)));
  LayerWork work;
  work.reads_from = work.compute_from = from;
  work.passes.assign(wanted.size(), 1);
  work.plan = &plan_;
  work.staging = static_cast<std::int64_t>(wanted.size());  // they go to their places in the cache, not through staging
  SerialSchedule reads;
  now_ = std::max(now_, reads.run(device_, work).end);
  for (const std::uint32_t g : wanted) residency_->insert(g);
}

void Decoder::check_budget(std::int64_t staged) {
  expect(staged <= staging_, "more granules are on their way than the buffers hold");
  expect(residency_->held() <= residency_->capacity(), "the cache holds more than its share of the budget");
  const double hot = static_cast<double>(hot_ * shape_.layers * shape_.experts);
  const double held = footprint_.fixed + setup_.staging_bytes + (hot + static_cast<double>(residency_->held())) * granule_bytes_;
  expect(held <= setup_.budget_bytes * (1 + 1e-12), fmt::format("{:.0f} bytes in DRAM, the budget is {:.0f}", held, setup_.budget_bytes));
  result_.held_bytes = std::max(result_.held_bytes, held);
}

void Decoder::feed_forward(LayerNeeds& needs, Nanoseconds from) {
  const Policy& policy = setup_.policy;
  const double granule_read = footprint_.neuron_read * granule_, granule_macs = footprint_.macs * granule_;
  LayerWork work;
  work.reads_from = work.compute_from = from;
  work.plan = &plan_;
  work.range_bytes = read_range();
  work.staging = staging_;
  work.passes = needs.missing_passes;
  double present = static_cast<double>(needs.present) + (dense_hot_ ? 0.0 : static_cast<double>(needs.hot_needed));
  if (policy.compute_resident) {
    present = 0;
    for (const std::uint32_t expert : needs.experts)
      present += static_cast<double>(residency_->held_between(static_cast<std::uint32_t>(expert * per_expert_),
                                                              static_cast<std::uint32_t>((expert + 1) * per_expert_)));
  }
  const double hot_neurons = dense_hot_ ? static_cast<double>(hot_ * granule_ * shape_.active_experts) : 0;
  const double hot_bytes = hot_neurons * footprint_.neuron_read;
  const double hot_ns = dense_ns(hot_bytes, hot_neurons * footprint_.macs, footprint_.matrices);
  const double fixed = (present > 0 || !needs.missing.empty()) ? sparse_->fixed_ns * footprint_.matrices : 0;
  work.granule_ns = std::max(sparse_->ns(granule_read, granule_macs, 0), granule_read / setup_.phone.dram_gb_s);
  work.present_ns = present * work.granule_ns + fixed;
  // One unit does one thing after the other.
  if (dense_ == sparse_) work.present_ns += hot_ns;
  const LayerTiming timing = schedule_->run(device_, work);
  const double cold_bytes = (present + static_cast<double>(needs.missing.size())) * granule_read;
  Nanoseconds end = timing.end;
  if (dense_ != sparse_) {
    end = std::max({end, from + rounded(hot_ns), from + rounded((hot_bytes + cold_bytes) / setup_.phone.dram_gb_s)});
    charge_dense(hot_ns);
  }
  charge(*sparse_, timing.compute_ns);
  check_budget(timing.most_staged);
  // A granule whose gate was 0 has come in part only when its other rows are conditional; it is not kept.
  const bool parts_matter = plan_.parts.back().conditional;
  std::int64_t inserted = 0;
  for (std::size_t i = 0; i < needs.missing.size(); ++i) {
    if (parts_matter && needs.missing_passes[i] == 0) continue;
    residency_->insert(needs.missing[i]);
    ++inserted;
  }
  if (policy.compute_resident) {
    // Rows are kept compact: a row that leaves is overwritten by another one, and a new one is appended.
    const double copied = 2 * static_cast<double>(inserted) * granule_bytes_, ns = copied / setup_.phone.copy_gb_s;
    end += rounded(ns);
    result_.copy_s += ns * 1e-9;
    result_.dram_bytes += 2 * copied;
  }
  if (policy.hand_over) {
    const double copied = present * granule_bytes_, ns = copied / setup_.phone.copy_gb_s;
    end += rounded(ns);
    result_.hand_over_s += ns * 1e-9;
    result_.dram_bytes += 2 * copied;
  }
  result_.dram_bytes += hot_bytes + cold_bytes;
  result_.ffn_compute_s += std::max(timing.compute_ns, hot_ns) * 1e-9;
  result_.ffn_s += static_cast<double>(end - from) * 1e-9;
  result_.computed_neurons += static_cast<std::int64_t>(hot_neurons + (present + static_cast<double>(needs.missing.size())) * granule_);
  now_ = end;
}

void Decoder::layer(const workloads::TokenActivity& activity, std::size_t first_slice) {
  if (setup_.policy.stream_fixed) stream_fixed(footprint_.attention);
  const Nanoseconds start = now_;
  const double attention_macs = footprint_.attention * 8 / setup_.storage.bits;
  const double attention = dense_ns(footprint_.attention, attention_macs, 4);
  const double predictor_bytes = setup_.policy.predict ? footprint_.predictor * shape_.active_experts : 0;
  const double predictor =
      predictor_bytes / std::min(setup_.phone.dram_gb_s, predictor_->ns_per_byte > 0 ? 1 / predictor_->ns_per_byte : 1e9);
  charge_dense(attention);
  charge(*predictor_, predictor);
  result_.attention_s += attention * 1e-9;
  result_.predictor_s += predictor * 1e-9;
  result_.dram_bytes += footprint_.attention + predictor_bytes;
  if (setup_.policy.expert_prefetch > 0 && shape_.experts > 1) prefetch(activity, first_slice, start, attention + predictor);
  now_ = std::max(now_, start + rounded(attention + predictor));
  LayerNeeds needs;
  gather(activity, first_slice, needs);
  look_up(needs);
  feed_forward(needs, now_);
}

void Decoder::token(const workloads::TokenActivity& activity) {
  const Nanoseconds start = now_;
  residency_->next_token();
  for (int l = 0; l < shape_.layers; ++l) layer(activity, static_cast<std::size_t>(l) * static_cast<std::size_t>(shape_.active_experts));
  if (setup_.policy.stream_fixed) stream_fixed(footprint_.head);
  const double head = dense_ns(footprint_.head, footprint_.head * 8 / setup_.storage.bits, 1);
  charge_dense(head);
  result_.attention_s += head * 1e-9;
  result_.dram_bytes += footprint_.head;
  now_ += rounded(head);
  ++result_.tokens;
  result_.latencies.push_back(static_cast<double>(now_ - start) * 1e-9);
}

void Decoder::restart_counting() {
  result_ = {};
  counted_from_ = now_;
  counted_device_ = device_.counters();
}

DecodeResult Decoder::result() const {
  DecodeResult r = result_;
  const storage::StorageCounters& c = device_.counters();
  r.seconds = static_cast<double>(now_ - counted_from_) * 1e-9;
  r.reads = c.completed - counted_device_.completed;
  r.flash_bytes = static_cast<double>(c.bytes - counted_device_.bytes);
  r.dram_bytes += r.flash_bytes;  // what comes from flash is written once
  r.flash_j = (c.energy_pj - counted_device_.energy_pj) * 1e-12;
  r.dram_j = r.dram_bytes * 8 * setup_.phone.dram_pj_per_bit * 1e-12;
  r.base_j = setup_.phone.base_watts * r.seconds;
  r.hot_per_expert = hot_;
  r.granule = granule_;
  r.cache_granules = residency_->capacity();
  r.fixed_bytes = footprint_.fixed;
  std::sort(r.latencies.begin(), r.latencies.end());
  return r;
}

DecodeResult Decoder::run(workloads::ActivitySource& source, std::int64_t warm_up) {
  if (!(source.shape() == shape_)) throw Error(fmt::format("a trace of {}, the model is {}", source.shape().model, shape_.model));
  workloads::TokenActivity activity;
  for (std::int64_t t = 0; source.next(activity); ++t) {
    if (t == warm_up) restart_counting();
    token(activity);
  }
  return result();
}

}  // namespace lutra::flash

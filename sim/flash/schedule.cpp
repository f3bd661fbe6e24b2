// The schedules.
#include "sim/flash/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "isa/error.h"

namespace lutra::flash {
namespace {

using Done = std::vector<std::pair<std::size_t, std::size_t>>;

void expect(bool held, const char* what) {
  if (!held) throw Error(what, {}, Error::Kind::kCheckFailed);
}

Nanoseconds rounded(double ns) { return static_cast<Nanoseconds>(std::llround(ns)); }

/// Runs the device until no read of the layer is left; returns when the last one came.
Nanoseconds finish_reads(LayerReads& reads, Nanoseconds now) {
  Done done;
  reads.operate(now, done);
  while (!reads.idle()) {
    now = reads.next_event(now);
    expect(now != model::kNever, "a read is lost: the device has nothing to do");
    reads.operate(now, done);
  }
  return now;
}

/// Granules [begin, end) of the layer that need `part`.
std::vector<std::size_t> needing(const LayerWork& work, std::size_t begin, std::size_t end, std::size_t part) {
  std::vector<std::size_t> granules;
  for (std::size_t g = begin; g < end; ++g)
    if (!work.plan->parts[part].conditional || work.passes[g] != 0) granules.push_back(g);
  return granules;
}

}  // namespace

LayerReads::LayerReads(storage::FlashDevice& device, const LayerWork& work)
    : device_(device), work_(work), left_(work.passes.size() * work.plan->parts.size(), 0), first_id_(device.counters().submitted) {}

void LayerReads::request(std::size_t granule, std::size_t part) {
  const auto commands = static_cast<std::uint32_t>(work_.plan->parts[part].commands.size());
  left_[granule * work_.plan->parts.size() + part] = static_cast<std::uint16_t>(commands);
  for (std::uint32_t c = 0; c < commands; ++c)
    waiting_.push_back({static_cast<std::uint32_t>(granule), static_cast<std::uint32_t>(part), c});
  outstanding_ += commands;
}

void LayerReads::operate(Nanoseconds now, Done& done) {
  device_.operate(now);
  const int queues = device_.config().queues;
  for (int full = 0; !waiting_.empty() && full < queues; next_queue_ = (next_queue_ + 1) % queues) {
    if (!device_.can_submit(next_queue_)) {
      ++full;
      continue;
    }
    full = 0;
    const Request& request = waiting_.front();
    const std::uint64_t id = first_id_ + owners_.size();
    device_.submit(now,
                   {id, work_.plan->parts[request.part].commands[request.command], work_.plan->pattern, work_.range_bytes, next_queue_});
    owners_.emplace_back(request.granule, request.part);
    waiting_.pop_front();
  }
  device_.operate(now);
  while (device_.has_completion()) {
    const std::uint64_t id = device_.take_completion().id;
    expect(id >= first_id_ && id - first_id_ < owners_.size(), "a read came back that this layer did not ask for");
    const auto owner = owners_[id - first_id_];
    std::uint16_t& left = left_[owner.first * work_.plan->parts.size() + owner.second];
    expect(left > 0, "a read came back twice");
    --outstanding_;
    if (--left == 0) done.push_back(owner);
  }
}

Nanoseconds LayerReads::next_event(Nanoseconds now) const { return device_.next_event(now); }

void LayerReads::expect_all() const {
  expect(outstanding_ == 0 && waiting_.empty(), "a read of this layer has not come back");
  expect(device_.counters().submitted == device_.counters().completed, "the device holds reads of a layer that is over");
}

LayerTiming SerialSchedule::run(storage::FlashDevice& device, const LayerWork& work) {
  LayerTiming timing;
  Nanoseconds now = std::max(work.reads_from, work.compute_from);
  const std::size_t missing = work.passes.size(), round = static_cast<std::size_t>(std::max<std::int64_t>(1, work.staging));
  LayerReads reads(device, work);
  for (std::size_t begin = 0; begin < missing; begin += round) {
    const std::size_t end = std::min(missing, begin + round);
    timing.most_staged = std::max(timing.most_staged, static_cast<std::int64_t>(end - begin));
    for (std::size_t part = 0; part < work.plan->parts.size(); ++part) {
      const std::vector<std::size_t> granules = needing(work, begin, end, part);
      for (const std::size_t g : granules) reads.request(g, part);
      now = finish_reads(reads, now);
      const double ns = static_cast<double>(granules.size()) * work.granule_ns * work.plan->parts[part].compute_share;
      timing.compute_ns += ns;
      now += rounded(ns);
    }
  }
  reads.expect_all();
  timing.compute_ns += work.present_ns;
  timing.end = now + rounded(work.present_ns);
  return timing;
}

LayerTiming MatrixSchedule::run(storage::FlashDevice& device, const LayerWork& work) {
  LayerTiming timing;
  Nanoseconds io = work.reads_from, compute = work.compute_from;
  const std::size_t missing = work.passes.size(), round = static_cast<std::size_t>(std::max<std::int64_t>(1, work.staging));
  LayerReads reads(device, work);
  for (std::size_t begin = 0; begin == 0 || begin < missing; begin += round) {
    const std::size_t end = std::min(missing, begin + round);
    timing.most_staged = std::max(timing.most_staged, static_cast<std::int64_t>(end - begin));
    for (std::size_t part = 0; part < work.plan->parts.size(); ++part) {
      const ReadPart& p = work.plan->parts[part];
      const std::vector<std::size_t> granules = needing(work, begin, end, part);
      if (p.conditional) io = std::max(io, compute);  // which ones is known when the part before is computed
      for (const std::size_t g : granules) reads.request(g, part);
      if (!granules.empty()) io = finish_reads(reads, io);
      if (begin == 0) {
        compute += rounded(work.present_ns * p.compute_share);
        timing.compute_ns += work.present_ns * p.compute_share;
      }
      if (granules.empty()) continue;
      const double ns = static_cast<double>(granules.size()) * work.granule_ns * p.compute_share;
      compute = std::max(compute, io) + rounded(ns);
      timing.compute_ns += ns;
    }
    io = std::max(io, compute - rounded(static_cast<double>(end - begin) * work.granule_ns));  // the round's place is free again
  }
  reads.expect_all();
  timing.end = compute;
  return timing;
}

namespace {

/// The event loop of the cluster schedule.
class ClusterRun {
 public:
  ClusterRun(storage::FlashDevice& device, const LayerWork& work, int cluster)
      : work_(work), cluster_(static_cast<std::size_t>(cluster)), reads_(device, work), present_left_(work.present_ns) {}

  LayerTiming run() {
    now_ = work_.reads_from;
    const std::size_t missing = work_.passes.size();
    while (true) {
      finish_computing();
      admit();
      done_.clear();
      reads_.operate(now_, done_);
      for (const auto& [granule, part] : done_) ready_.emplace_back(granule, part);
      start_computing();
      if (!busy_ && finished_ == missing && present_left_ <= 0) break;
      Nanoseconds next = reads_.idle() ? model::kNever : reads_.next_event(now_);
      if (busy_) next = std::min(next, busy_until_);
      if (!busy_ && now_ < work_.compute_from) next = std::min(next, work_.compute_from);
      expect(next != model::kNever, "a layer waits for a read that was never made");
      now_ = next;
    }
    reads_.expect_all();
    expect(started_ == missing, "a needed granule was not computed");
    timing_.end = std::max(now_, work_.compute_from);
    return timing_;
  }

 private:
  /// Asks for first parts while there is room to put them.
  void admit() {
    while (started_ < work_.passes.size() && static_cast<std::int64_t>(started_ - finished_) < std::max<std::int64_t>(work_.staging, 1)) {
      reads_.request(started_, 0);
      // Parts that are needed in any case are asked for at once.
      for (std::size_t part = 1; part < work_.plan->parts.size() && !work_.plan->parts[part].conditional; ++part)
        reads_.request(started_, part);
      ++started_;
    }
    timing_.most_staged = std::max(timing_.most_staged, static_cast<std::int64_t>(started_ - finished_));
  }

  void start_computing() {
    if (busy_ || now_ < work_.compute_from) return;
    const std::size_t missing = work_.passes.size();
    // The last granules of a layer do not wait for a cluster to fill.
    const bool enough = ready_.size() >= cluster_ || present_left_ <= 0 || started_ == missing;
    if (!ready_.empty() && enough) {
      const std::size_t count = std::min(ready_.size(), cluster_);
      computing_.assign(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
      ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
      double ns = 0;
      for (const auto& [granule, part] : computing_) ns += work_.granule_ns * work_.plan->parts[part].compute_share;
      occupy(ns);
    } else if (present_left_ > 0) {
      const double slice = std::min(present_left_, std::max(1000.0, work_.granule_ns * static_cast<double>(cluster_)));
      present_left_ -= slice;
      if (present_left_ < 1e-6) present_left_ = 0;
      occupy(slice);
    }
  }

  void occupy(double ns) {
    busy_ = true;
    exact_ += ns;  // rounding does not add up
    busy_until_ = now_ + std::max<Nanoseconds>(1, rounded(exact_) - charged_);
    charged_ = std::max(charged_ + 1, rounded(exact_));
    timing_.compute_ns += ns;
  }

  void finish_computing() {
    if (!busy_ || busy_until_ > now_) return;
    busy_ = false;
    const std::size_t parts = work_.plan->parts.size();
    for (const auto& [granule, part] : computing_) {
      const bool more = part + 1 < parts;
      if (more && work_.plan->parts[part + 1].conditional && work_.passes[granule] != 0) reads_.request(granule, part + 1);
      const bool last = !more || (work_.plan->parts[part + 1].conditional && work_.passes[granule] == 0);
      finished_ += last ? 1 : 0;
    }
    computing_.clear();
  }

  const LayerWork& work_;
  std::size_t cluster_;
  LayerReads reads_;
  LayerTiming timing_;
  Nanoseconds now_ = 0, busy_until_ = 0, charged_ = 0;
  double present_left_, exact_ = 0;
  bool busy_ = false;
  std::size_t started_ = 0, finished_ = 0;
  std::deque<std::pair<std::size_t, std::size_t>> ready_;
  Done computing_, done_;
};

}  // namespace

LayerTiming ClusterSchedule::run(storage::FlashDevice& device, const LayerWork& work) { return ClusterRun(device, work, cluster_).run(); }

}  // namespace lutra::flash

// The model side of the data movers' lockstep bench.
#include "tests/gen/dma_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "sim/model/load_unit.h"
#include "sim/model/store_unit.h"
#include "tests/gen/dma_trace.h"

namespace lutra::test {
namespace {

using model::Cycle;

class Replayer : public model::RetireSink, public model::TrapSink, public model::EventSink {
 public:
  Replayer(const DmaScenario& s, const DmaTrace& trace, bool lazy)
      : trace_(trace),
        lazy_(lazy),
        g_(s.config),
        memory_(s.config, memory_options(s)),
        port_(memory_),
        pads_(s.config, g_, true),
        window_{kWindowLo, kWindowHi},
        load_(s.config, g_, port_, pads_, window_, *this, *this, this),
        store_(s.config, g_, port_, pads_, window_, *this, *this, this) {
    fill_memory(memory_.image(), s.seed);
  }

  std::string run(const memory::Memory& expected, DmaReport& report) {
    const auto edges = static_cast<Cycle>(trace_.edges.size());
    for (Cycle now = 0; now < edges && difference_.empty(); ++now) {
      const bool visit = !lazy_ || stimulus(now) || now <= due_;
      if (lazy_ && !visit && now < next_) {
        check_nothing_missed(now);
        continue;
      }
      visit_edge(now);
      report.model_edges += lazy_;
    }
    if (difference_.empty()) compare_logs(report);
    if (difference_.empty()) {
      if (const auto at = expected.image().first_difference(memory_.image())) difference_ = fmt::format("memory differs at {:#x}", *at);
    }
    return difference_;
  }

  void retire(Cycle d, lutra::Unit unit, std::uint8_t signal) override {
    if (d != now_) fail(d, fmt::format("retire delivered at {}", now_));
    ends_.push_back({d, 'r', static_cast<int>(unit), signal, 0});
  }
  void trap(Cycle now, lutra::Unit unit, Trap cause, std::uint64_t address) override {
    if (now != now_) fail(now, fmt::format("trap delivered at {}", now_));
    ends_.push_back({now, 't', static_cast<int>(unit), static_cast<std::uint64_t>(cause), address});
  }
  void event(const model::Event& event) override { events_[static_cast<std::size_t>(event.channel)].push_back(event); }

 private:
  [[nodiscard]] const DmaEdge& edge(Cycle now) const { return trace_.edges[static_cast<std::size_t>(now)]; }
  [[nodiscard]] bool last(Cycle now) const { return now + 1 >= static_cast<Cycle>(trace_.edges.size()); }

  void fail(Cycle now, const std::string& what) {
    if (difference_.empty()) difference_ = fmt::format("cycle {} ({}): {}", now, lazy_ ? "lazy" : "dense", what);
  }
  template <typename T>
  void expect(Cycle now, const char* what, T rtl, T model) {
    if (rtl != model) fail(now, fmt::format("{}: Verilog {}, model {}", what, static_cast<int>(rtl), static_cast<int>(model)));
  }

  /// Edges that the core would visit because another block does something, or opens a window for the next edge.
  [[nodiscard]] bool stimulus(Cycle now) const {
    const DmaEdge& e = edge(now);
    const bool next_uses = !last(now) && (edge(now + 1).read_buffer >= 0 || edge(now + 1).ocr || edge(now + 1).ocw);
    const bool stop_changes = e.stop != (now > 0 && edge(now - 1).stop);
    return e.load_push || e.store_push || e.fetch || e.load_start || e.store_start || e.read_buffer >= 0 || e.ocr || e.ocw || next_uses ||
           stop_changes;
  }

  /// What becomes visible by itself must be at a visited edge.
  void check_nothing_missed(Cycle now) {
    const DmaEdge& e = edge(now);
    const DmaEdge& before = edge(now - 1);
    if ((e.load_req && !before.load_req) || (e.store_req && !before.store_req)) fail(now, "an edge with a new request was not named");
    if ((e.load_idle && !before.load_idle) || (e.store_idle && !before.store_idle)) fail(now, "an edge with a new idle was not named");
  }

  void visit_edge(Cycle now) {
    now_ = now;
    const DmaEdge& e = edge(now);
    const bool stop_before = now > 0 && edge(now - 1).stop;
    if (e.stop && !stop_before) {
      load_.stop(now);
      store_.stop(now);
    }
    if (!e.stop && stop_before) {
      load_.release();
      store_.release();
    }
    open_windows(now);
    start_commands(now, e);
    bool seen = store_.operate(now);
    use_buffers(now, e);
    seen = load_.operate(now) || seen;
    control(now, e);
    const bool busy = stimulus(now) || seen || pads_.conflict();
    due_ = busy ? now + 1 : now;
    next_ = std::min(load_.next_event(now), store_.next_event(now));
    if (next_ <= now) fail(now, "the next event is not later");
  }

  void open_windows(Cycle now) {
    if (last(now)) return;
    const DmaEdge& next = edge(now + 1);
    if (next.read_buffer >= 0) {
      opened_read_ = pads_.loadable(next.read_buffer).open(model::Scratchpad::Access::kRead, next.read_word, 1);
    }
    if (next.ocw) opened_write_ = pads_.accumulator.open(model::Scratchpad::Access::kWrite, next.ocw_word, 1);
    if (next.ocr) pads_.accumulator.reserve_read(now, now + 1, 1);
  }

  void start_commands(Cycle now, const DmaEdge& e) {
    expect(now, "load request", e.load_req, load_.wants_start(now));
    expect(now, "store request", e.store_req, store_.wants_start(now));
    if (!difference_.empty()) return;
    if (e.load_req) expect(now, "load mask", e.load_mask, load_.wait_mask());
    if (e.store_req) expect(now, "store mask", e.store_mask, store_.wait_mask());
    if (e.load_start) load_.start(now);
    if (e.store_start) store_.start(now);
  }

  void use_buffers(Cycle now, const DmaEdge& e) {
    if (e.read_buffer >= 0) {
      model::Scratchpad& pad = pads_.loadable(e.read_buffer);
      const std::uint8_t* word = pad.word(e.read_word);
      const int bits = model::loadable_layout(g_, e.read_buffer).word_bits;
      for (int i = 0; i < bits; ++i) {
        const unsigned shift = static_cast<unsigned>(i % 8);
        const auto at = static_cast<std::size_t>(i / 8);
        if (((word[at] ^ e.read_data[at]) >> shift) & 1U) {
          fail(now, fmt::format("buffer {} word {} bit {} differs", e.read_buffer, e.read_word, i));
          break;
        }
      }
      if (now > 0) pad.close(opened_now_read_);
    }
    if (e.ocr && std::memcmp(pads_.accumulator.word(e.ocr_word), e.ocr_data.data(), e.ocr_data.size()) != 0)
      fail(now, "accumulator word differs");
    if (e.ocw) {
      std::memcpy(pads_.accumulator.word(e.ocw_word), e.ocw_data.data(), e.ocw_data.size());
      if (now > 0) pads_.accumulator.close(opened_now_write_);
    }
    opened_now_read_ = opened_read_;
    opened_now_write_ = opened_write_;
  }

  void control(Cycle now, const DmaEdge& e) {
    expect(now, "load idle", e.load_idle, load_.idle(now));
    expect(now, "store idle", e.store_idle, store_.idle(now));
    // While stopping nobody asks: what is pushed is dropped.
    if (!e.stop) expect(now, "load ready", e.load_ready, load_.can_push(now));
    if (!e.stop) expect(now, "store ready", e.store_ready, store_.can_push(now));
    if (!e.stop) expect(now, "fetch ready", e.fetch_ready, load_.fetch_ready(now));
    if (load_.fetch_done(now)) ends_.push_back({now, 'f', 0, 0, 0});
    if (now > 1 && !lazy_) {
      expect(now, "read beat strobe", e.rd_beat, load_.beats_received(now - 1) - load_.beats_received(now - 2) == 1);
      expect(now, "write beat strobe", e.wr_beat, store_.beats_sent(now - 1) - store_.beats_sent(now - 2) == 1);
    }
    if (e.fetch) load_.fetch(now, e.fetch_address, e.fetch_beats);
    if (e.load_push) load_.push(now, e.load);
    if (e.store_push) store_.push(now, e.store);
  }

  void compare_logs(DmaReport& report) {
    const auto end = static_cast<Cycle>(trace_.edges.size()) - 1;
    port_.catch_up(end);
    for (std::size_t c = 0; c < events_.size(); ++c) {
      const auto& rtl = trace_.events[c];
      for (std::size_t i = 0; i < std::max(rtl.size(), events_[c].size()); ++i) {
        if (i < rtl.size() && i < events_[c].size() && rtl[i] == events_[c][i]) continue;
        const Cycle at = i < rtl.size() ? rtl[i].cycle : events_[c][i].cycle;
        fail(at, fmt::format("event {} of {} (model at {})", i, model::Channel(c) == model::Channel::kAr ? "AR" : std::to_string(c),
                             i < events_[c].size() ? events_[c][i].cycle : -1));
        return;
      }
    }
    // Within one edge each side lists ends in its own order.
    const auto order = [](const DmaEnd& a, const DmaEnd& b) {
      return std::tie(a.cycle, a.unit, a.kind) < std::tie(b.cycle, b.unit, b.kind);
    };
    std::vector<DmaEnd> rtl_ends = trace_.ends;
    std::sort(rtl_ends.begin(), rtl_ends.end(), order);
    std::sort(ends_.begin(), ends_.end(), order);
    for (std::size_t i = 0; i < std::max(rtl_ends.size(), ends_.size()); ++i) {
      if (i < rtl_ends.size() && i < ends_.size() && rtl_ends[i] == ends_[i]) continue;
      const auto text = [](const DmaEnd& d) {
        return fmt::format("{}:{} unit {} value {} address {:#x}", d.cycle, d.kind, d.unit, d.value, d.address);
      };
      fail(i < rtl_ends.size() ? rtl_ends[i].cycle : ends_[i].cycle,
           fmt::format("end {}: Verilog {}, model {}", i, i < rtl_ends.size() ? text(rtl_ends[i]) : "none",
                       i < ends_.size() ? text(ends_[i]) : "none"));
      return;
    }
    report.retired = report.traps = 0;
    for (const DmaEnd& d : ends_) {
      report.retired += d.kind == 'r';
      report.traps += d.kind == 't';
    }
    report.read_beats = load_.beats_received(end);
    report.write_beats = store_.beats_sent(end);
  }

  const DmaTrace& trace_;
  bool lazy_;
  Geometry g_;
  memory::Memory memory_;
  model::MemoryPort port_;
  model::Scratchpads pads_;
  model::AddressWindow window_;
  model::LoadUnit load_;
  model::StoreUnit store_;
  std::string difference_;
  Cycle now_ = -1;
  Cycle due_ = 0;
  Cycle next_ = 0;
  int opened_read_ = -1, opened_write_ = -1, opened_now_read_ = -1, opened_now_write_ = -1;
  std::array<std::vector<model::Event>, static_cast<std::size_t>(model::Channel::kCount)> events_;
  std::vector<DmaEnd> ends_;
};

}  // namespace

std::string replay_dma(const DmaScenario& scenario, const DmaTrace& trace, const memory::Memory& expected, bool lazy, DmaReport& report) {
  return Replayer(scenario, trace, lazy).run(expected, report);
}

DmaReport run_dma(const DmaScenario& scenario) {
  memory::Memory memory(scenario.config, memory_options(scenario));
  fill_memory(memory.image(), scenario.seed);
  const DmaTrace trace = record_dma(scenario, memory);
  DmaReport report;
  report.difference = replay_dma(scenario, trace, memory, false, report);
  if (report.difference.empty()) report.difference = replay_dma(scenario, trace, memory, true, report);
  return report;
}

}  // namespace lutra::test

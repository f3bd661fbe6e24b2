// The Verilog side of the data movers' lockstep bench.
#include <cstring>
#include <random>

#include "gen/buffers.h"
#include "gen/load_unit.h"
#include "gen/rtl_files.h"
#include "gen/store_unit.h"
#include "sim/cosim/verilated_module.h"
#include "sim/memory/axi_slave.h"
#include "sim/memory/beat_hash.h"
#include "sim/model/scratchpad.h"
#include "tests/gen/dma_trace.h"

namespace lutra::test {
namespace {

using cosim::PortRef;
using cosim::VerilatedModule;
using model::Channel;

std::unique_ptr<VerilatedModule> build(const std::string& top, const std::string& text, const std::vector<gen::FloatUnit>& units = {}) {
  std::vector<gen::EmittedFile> files = {{top + ".v", text}};
  for (const gen::FloatUnit& unit : units) files.push_back(gen::emit_float_unit(unit));
  for (const gen::EmittedFile& file : gen::rtl_files()) {
    if (file.name == "lutra_fifo.v" || file.name == "lutra_sram.v" || file.name == "lutra_unit_queue.v") files.push_back(file);
  }
  return VerilatedModule::build(files, top);
}

/// Sets a port of any width from a bit string built LSB first.
class Packer {
 public:
  Packer& add(std::uint64_t value, int bits) {
    for (int i = 0; i < bits; ++i) bits_.push_back((value >> static_cast<unsigned>(i)) & 1U);
    return *this;
  }
  void store(PortRef port) const {
    std::memset(port.bytes(), 0, static_cast<std::size_t>(port.byte_count()));
    for (std::size_t i = 0; i < bits_.size(); ++i) port.bytes()[i / 8] |= static_cast<std::uint8_t>(bits_[i] << (i % 8));
  }

 private:
  std::vector<bool> bits_;
};

std::vector<std::uint8_t> bytes_of(PortRef port) { return {port.bytes(), port.bytes() + port.byte_count()}; }

class Recorder {
 public:
  Recorder(const DmaScenario& s, memory::Memory& memory)
      : s_(s),
        g_(s.config),
        random_(s.seed),
        slave_(memory),
        load_(build("lutra_load_unit", gen::emit_load_unit(s.config, g_))),
        store_(build("lutra_store_unit", gen::emit_store_unit(s.config, g_), gen::store_units(s.config))),
        buffers_(build("lutra_buffers", gen::emit_buffers(s.config, g_))) {}

  DmaTrace run() {
    reset();
    for (model::Cycle now = 0; now < s_.cycles; ++now) step(now);
    return std::move(trace_);
  }

 private:
  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  int pick(int low, int high) { return std::uniform_int_distribution<>(low, high)(random_); }

  void reset() {
    for (auto* m : {load_.get(), store_.get(), buffers_.get()}) {
      m->port("rst_ni").set(0);
      m->tick();
      m->tick();
      m->port("rst_ni").set(1);
    }
    for (auto* m : {load_.get(), store_.get()}) {
      m->port("window_lo_i").set(kWindowLo);
      m->port("window_hi_i").set(kWindowHi);
    }
  }

  model::LoadCommand random_load() {
    const int bus = g_.bus_bytes;
    const int buffer = std::array{1, 2, 4}[static_cast<std::size_t>(pick(0, 2))];
    const int long_row = std::min({3 * s_.config.axi.max_burst_beats, 8192 / bus, 400});
    model::LoadCommand c{static_cast<std::uint8_t>(pick(0, 255)),
                         static_cast<std::uint8_t>(pick(0, 255)),
                         buffer,
                         pick(0, 65535),
                         0,
                         pick(1, chance(0.1) ? long_row : 6),
                         pick(1, 3),
                         static_cast<std::uint32_t>(pick(0, 9000) / bus * bus),
                         pick(0, 65535)};
    c.mem = static_cast<std::uint64_t>(pick(static_cast<int>(kWindowLo), static_cast<int>(kWindowHi) - 3 * 9000 - 8192) / bus * bus);
    if (chance(0.1)) {  // up to the window's last byte
      c.rows = 1;
      c.mem = kWindowHi - static_cast<std::uint64_t>(c.beats * bus);
    }
    if (chance(s_.bad_command))
      (chance(0.5) ? c.mem += chance(0.5) ? 1 : kWindowHi - kWindowLo : c.mem_pitch += static_cast<std::uint32_t>(bus) / 2);
    return c;
  }

  model::StoreCommand random_store() {
    const int unit = std::min(g_.output_row_bytes, g_.bus_bytes);
    model::StoreCommand c{static_cast<std::uint8_t>(pick(0, 255)),
                          static_cast<std::uint8_t>(pick(0, 255)),
                          pick(0, 65535),
                          0,
                          pick(1, s_.config.array.columns),
                          pick(1, s_.config.array.rows),
                          static_cast<std::uint32_t>(pick(0, 3000) / unit * unit)};
    c.mem = static_cast<std::uint64_t>(pick(static_cast<int>(kWindowLo), static_cast<int>(kWindowHi) - 16 * 3000 - 2048) / unit * unit);
    if (chance(0.4)) c.mem = (c.mem & ~std::uint64_t{4095}) - static_cast<std::uint64_t>(unit * pick(0, 4));
    if (c.mem < kWindowLo) c.mem = kWindowLo;
    if (chance(s_.bad_command)) (chance(0.5) ? c.mem += chance(0.5) ? 1 : kWindowHi - kWindowLo : c.mem_pitch += 1);
    return c;
  }

  void drive_commands(DmaEdge& e) {
    const int aw = s_.config.axi.address_bits;
    const bool offer = !e.stop || (!trace_.edges.empty() && !trace_.edges.back().stop);  // control may push at the first edge of a stop
    e.load_push = offer && s_.loads && chance(s_.push);
    e.store_push = offer && s_.stores && chance(s_.push / 4);
    if (e.load_push) {
      const model::LoadCommand& c = e.load = random_load();
      Packer()
          .add(c.signal, 8)
          .add(c.wait, 8)
          .add(static_cast<unsigned>(c.buffer), 3)
          .add(static_cast<unsigned>(c.dst), 16)
          .add(c.mem, aw)
          .add(static_cast<unsigned>(c.beats), 16)
          .add(static_cast<unsigned>(c.rows), 8)
          .add(c.mem_pitch, 32)
          .add(static_cast<unsigned>(c.dst_pitch), 16)
          .store(load_->port("load_cmd_data_i"));
    }
    if (e.store_push) {
      const model::StoreCommand& c = e.store = random_store();
      Packer()
          .add(c.signal, 8)
          .add(c.wait, 8)
          .add(static_cast<unsigned>(c.src), 16)
          .add(c.mem, aw)
          .add(static_cast<unsigned>(c.cols), 9)
          .add(static_cast<unsigned>(c.rows), 8)
          .add(c.mem_pitch, 32)
          .store(store_->port("store_cmd_data_i"));
    }
    e.fetch = !e.stop && s_.loads && chance(0.01);
    e.fetch_address = static_cast<std::uint64_t>(pick(0x1000, 0x8000) / g_.bus_bytes * g_.bus_bytes);
    e.fetch_beats = pick(1, 20);
    load_->port("load_cmd_valid_i").set(e.load_push);
    store_->port("store_cmd_valid_i").set(e.store_push);
    load_->port("fetch_valid_i").set(e.fetch);
    load_->port("fetch_addr_i").set(e.fetch_address);
    load_->port("fetch_beats_i").set(static_cast<std::uint64_t>(e.fetch_beats));
    load_->port("load_sem_gnt_i").set(0);
    store_->port("store_sem_gnt_i").set(0);
    load_->port("stop_i").set(e.stop);
    store_->port("stop_i").set(e.stop);
  }

  void drive_buffers(DmaEdge& e) {
    static const std::array<const char*, 5> kRead = {"ird", "ard", "wrd", nullptr, "prd"};
    for (const char* name : kRead) {
      if (name) buffers_->port(std::string(name) + "_en_i").set(0);
    }
    if (chance(s_.port_use)) {
      e.read_buffer = std::array{0, 1, 2, 4}[static_cast<std::size_t>(pick(0, 3))];
      e.read_word = pick(0, model::loadable_layout(g_, e.read_buffer).words - 1);
      buffers_->port(std::string(kRead[static_cast<std::size_t>(e.read_buffer)]) + "_en_i").set(1);
      buffers_->port(std::string(kRead[static_cast<std::size_t>(e.read_buffer)]) + "_addr_i").set(static_cast<std::uint64_t>(e.read_word));
    }
    e.ocr = chance(s_.port_use);
    e.ocr_word = pick(0, g_.accumulator_words - 1);
    e.ocw = chance(s_.port_use);
    e.ocw_word = pick(0, g_.accumulator_words - 1);
    e.ocw_data.resize(static_cast<std::size_t>(g_.accumulator_word_bits / 8));
    for (auto& b : e.ocw_data) b = static_cast<std::uint8_t>(pick(0, 255));
    buffers_->port("ocr_en_i").set(e.ocr);
    buffers_->port("ocr_addr_i").set(static_cast<std::uint64_t>(e.ocr_word));
    buffers_->port("ocw_en_i").set(e.ocw);
    buffers_->port("ocw_addr_i").set(static_cast<std::uint64_t>(e.ocw_word));
    std::memcpy(buffers_->port("ocw_data_i").bytes(), e.ocw_data.data(), e.ocw_data.size());
    for (const char* name : {"twr_en_i", "twr_sen_i"})
      std::memset(buffers_->port(name).bytes(), 0, static_cast<std::size_t>(buffers_->port(name).byte_count()));
    copy(load_->port("bwr_valid_o"), buffers_->port("bwr_valid_i"));
    copy(load_->port("bwr_buffer_o"), buffers_->port("bwr_buffer_i"));
    copy(load_->port("bwr_beat_o"), buffers_->port("bwr_beat_i"));
    copy(load_->port("bwr_data_o"), buffers_->port("bwr_data_i"));
    copy(store_->port("osr_en_o"), buffers_->port("osr_en_i"));
    copy(store_->port("osr_addr_o"), buffers_->port("osr_addr_i"));
    buffers_->eval();
    copy(buffers_->port("osr_gnt_o"), store_->port("osr_gnt_i"));
    copy(buffers_->port("osr_data_o"), store_->port("osr_data_i"));
  }

  static void copy(PortRef from, PortRef to) { std::memcpy(to.bytes(), from.bytes(), static_cast<std::size_t>(from.byte_count())); }

  void drive_axi(const memory::AxiMasterInputs& in) {
    load_->port("m_axi_arready_i").set(in.arready);
    load_->port("m_axi_rvalid_i").set(in.rvalid);
    std::memcpy(load_->port("m_axi_rdata_i").bytes(), in.rdata.data(), in.rdata.size());
    load_->port("m_axi_rresp_i").set(static_cast<std::uint64_t>(in.rresp));
    load_->port("m_axi_rlast_i").set(in.rlast);
    store_->port("m_axi_awready_i").set(in.awready);
    store_->port("m_axi_wready_i").set(in.wready);
    store_->port("m_axi_bvalid_i").set(in.bvalid);
    store_->port("m_axi_bresp_i").set(static_cast<std::uint64_t>(in.bresp));
  }

  void step(model::Cycle now) {
    DmaEdge e;
    e.stop = stopping_;
    drive_commands(e);
    drive_buffers(e);
    const memory::AxiMasterInputs in = slave_.present(now);
    drive_axi(in);
    load_->eval();
    store_->eval();
    sample(e);
    record_ends(now);
    const memory::AxiMasterOutputs out = axi_outputs();
    record_axi(now, in, out);
    update_stop(e);
    slave_.clock(out);
    for (auto* m : {load_.get(), store_.get(), buffers_.get()}) m->tick();
    if (e.read_buffer >= 0) {
      static const std::array<const char*, 5> kData = {"ird_data_o", "ard_data_o", "wrd_data_o", nullptr, "prd_data_o"};
      e.read_data = bytes_of(buffers_->port(kData[static_cast<std::size_t>(e.read_buffer)]));
    }
    if (e.ocr) e.ocr_data = bytes_of(buffers_->port("ocr_data_o"));
    trace_.edges.push_back(std::move(e));
  }

  void sample(DmaEdge& e) {
    e.load_req = load_->port("load_sem_req_o").get() != 0;
    e.store_req = store_->port("store_sem_req_o").get() != 0;
    e.load_mask = static_cast<std::uint8_t>(load_->port("load_sem_mask_o").get());
    e.store_mask = static_cast<std::uint8_t>(store_->port("store_sem_mask_o").get());
    e.load_start = e.load_req && chance(s_.grant);
    e.store_start = e.store_req && chance(s_.grant);
    load_->port("load_sem_gnt_i").set(e.load_start);
    store_->port("store_sem_gnt_i").set(e.store_start);
    e.load_ready = load_->port("load_cmd_ready_o").get() != 0;
    e.store_ready = store_->port("store_cmd_ready_o").get() != 0;
    e.load_push = e.load_push && e.load_ready;
    e.store_push = e.store_push && e.store_ready;
    e.load_idle = load_->port("load_idle_o").get() != 0;
    e.store_idle = store_->port("store_idle_o").get() != 0;
    e.fetch_ready = load_->port("fetch_ready_o").get() != 0;
    // Control fetches only while the unit is idle.
    e.fetch = e.fetch && e.fetch_ready && e.load_idle && !e.load_push;
    load_->port("fetch_valid_i").set(e.fetch);
    e.rd_beat = load_->port("rd_beats_o").get() != 0;
    e.wr_beat = store_->port("wr_beats_o").get() != 0;
  }

  void record_ends(model::Cycle now) {
    trapped_ = false;
    const auto unit_ends = [&](VerilatedModule& m, const std::string& prefix, int unit) {
      if (m.port(prefix + "_done_valid_o").get()) trace_.ends.push_back({now, 'r', unit, m.port(prefix + "_done_signal_o").get(), 0});
      if (m.port(prefix + "_trap_valid_o").get()) {
        trace_.ends.push_back({now, 't', unit, m.port(prefix + "_trap_cause_o").get(), m.port(prefix + "_trap_addr_o").get()});
        trapped_ = true;
      }
    };
    unit_ends(*load_, "load", 0);
    unit_ends(*store_, "store", 1);
    if (load_->port("fetch_done_o").get()) trace_.ends.push_back({now, 'f', 0, 0, 0});
  }

  memory::AxiMasterOutputs axi_outputs() {
    memory::AxiMasterOutputs out;
    out.arvalid = load_->port("m_axi_arvalid_o").get() != 0;
    out.araddr = load_->port("m_axi_araddr_o").get();
    out.arlen = static_cast<int>(load_->port("m_axi_arlen_o").get());
    out.awvalid = store_->port("m_axi_awvalid_o").get() != 0;
    out.awaddr = store_->port("m_axi_awaddr_o").get();
    out.awlen = static_cast<int>(store_->port("m_axi_awlen_o").get());
    out.wvalid = store_->port("m_axi_wvalid_o").get() != 0;
    out.wdata = store_->port("m_axi_wdata_o").bytes();
    out.wstrb = store_->port("m_axi_wstrb_o").bytes();
    out.wlast = store_->port("m_axi_wlast_o").get() != 0;
    return out;
  }

  void log(Channel channel, model::Cycle now, std::uint64_t a, std::uint64_t b) {
    trace_.events[static_cast<std::size_t>(channel)].push_back({now, channel, a, b, 0});
  }

  void record_axi(model::Cycle now, const memory::AxiMasterInputs& in, const memory::AxiMasterOutputs& out) {
    const int bus = g_.bus_bytes;
    if (out.arvalid && in.arready) log(Channel::kAr, now, out.araddr, static_cast<std::uint64_t>(out.arlen));
    if (in.rvalid)
      log(Channel::kR, now, memory::beat_hash(in.rdata.data(), bus),
          static_cast<std::uint64_t>(in.rresp) << 1U | static_cast<std::uint64_t>(in.rlast));
    if (out.awvalid && in.awready) log(Channel::kAw, now, out.awaddr, static_cast<std::uint64_t>(out.awlen));
    if (out.wvalid && in.wready)
      log(Channel::kW, now, memory::beat_hash(out.wdata, out.wstrb, bus), memory::strobe_hash(out.wstrb, bus, out.wlast));
    if (in.bvalid) log(Channel::kB, now, 0, static_cast<std::uint64_t>(in.bresp));
  }

  void update_stop(const DmaEdge& e) {
    if (!stopping_) {
      stopping_ = trapped_ || chance(s_.stop);
    } else if (e.load_idle && e.store_idle) {
      stopping_ = false;
    }
  }

  const DmaScenario& s_;
  Geometry g_;
  std::mt19937_64 random_;
  memory::AxiSlave slave_;
  std::unique_ptr<VerilatedModule> load_, store_, buffers_;
  DmaTrace trace_;
  bool stopping_ = false;
  bool trapped_ = false;
};

}  // namespace

memory::MemoryOptions memory_options(const DmaScenario& scenario) {
  memory::MemoryOptions options;
  options.stall_probability = scenario.stalls;
  options.seed = scenario.seed;
  options.read_queue = scenario.read_queue;
  options.write_queue = scenario.write_queue;
  if (scenario.errors) options.slverr = {{0x9000, 0x1400}};
  return options;
}

void fill_memory(memory::Image& image, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::uint64_t address = 0; address < kWindowHi; address += 8) {
    const std::uint64_t value = random();
    image.write(address, &value, 8);
  }
}

DmaTrace record_dma(const DmaScenario& scenario, memory::Memory& memory) { return Recorder(scenario, memory).run(); }

}  // namespace lutra::test

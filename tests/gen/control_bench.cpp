// The two sides of the command processor's bench.
#include "tests/gen/control_bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "gen/control.h"
#include "gen/csr.h"
#include "gen/netlist.h"
#include "gen/rtl_files.h"
#include "isa/splitmix.h"

namespace lutra::test {
namespace {

using cosim::PortRef;
using model::Cycle;

constexpr std::array<const char*, kUnits> kNames = {"load", "store", "build", "array"};

// A packed command as hex, lowest bits last, from (value, bits) parts.
class Packer {
 public:
  Packer& add(std::uint64_t value, int bits) {
    for (int b = 0; b < bits; ++b) bits_.push_back((value >> b & 1) != 0);
    return *this;
  }
  [[nodiscard]] std::string hex() const {
    std::string text;
    for (std::size_t byte = 0; byte * 8 < bits_.size(); ++byte) {
      unsigned value = 0;
      for (std::size_t b = 0; b < 8 && byte * 8 + b < bits_.size(); ++b) value |= (bits_[byte * 8 + b] ? 1U : 0U) << b;
      text += fmt::format("{:02x}", value);
    }
    return text;
  }

 private:
  std::vector<bool> bits_;
};

std::string hex(const PortRef& port) {
  std::string text;
  for (int i = 0; i < port.byte_count(); ++i) text += fmt::format("{:02x}", port.bytes()[i]);
  return text;
}

// Logs lite responses and interrupts of both sides alike.
struct LiteLog : model::EventSink {
  explicit LiteLog(Log& l) : log(l) {}
  void event(const model::Event& e) override {
    if (e.channel == model::Channel::kLite) log.push_back(fmt::format("{} lite {:x} {:x} {}", e.cycle, e.a, e.b, e.c));
    if (e.channel == model::Channel::kIrq) log.push_back(fmt::format("{} irq", e.cycle));
    if (e.channel == model::Channel::kIssue) log.push_back(fmt::format("{} issue {} {:x}", e.cycle, e.a, e.b));
    if (e.channel == model::Channel::kTrap) log.push_back(fmt::format("{} trap {} {:x}", e.cycle, e.a, e.b));
  }
  Log& log;
};

struct MockUnit : model::Unit {
  const Neighbours* neighbours = nullptr;
  int index = 0;
  Cycle at = 0;
  Log* log = nullptr;
  bool wants_start(Cycle now) override {
    at = now;
    return neighbours->request(now, index);
  }
  [[nodiscard]] std::uint8_t wait_mask() const override { return neighbours->mask(at, index); }
  void start(Cycle now) override { log->push_back(fmt::format("{} grant {}", now, kNames[static_cast<std::size_t>(index)])); }
  bool idle(Cycle now) override { return neighbours->idle(now, index); }
  void stop(Cycle) override {}
  void release() override {}
  bool operate(Cycle) override { return false; }
  [[nodiscard]] Cycle next_event(Cycle now) const override { return now + 1; }
  void describe(std::ostream&) const override {}
};

struct ModelBench : model::ControlPorts {
  ModelBench(const ArchConfig& c, const ControlCase& t, Log& l)
      : config(c),
        test(t),
        neighbours(t.neighbours),
        log(l),
        sink(l),
        csr(c, &sink),
        control(c, geometry, csr, *this, &sink),
        host(t.script) {}

  bool can_push(Cycle now, lutra::Unit unit) override { return neighbours.ready(now, static_cast<int>(unit)); }
  void pushed(Cycle now, const char* unit, const Packer& p) { log.push_back(fmt::format("{} push {} {}", now, unit, p.hex())); }
  void push(Cycle now, const model::LoadCommand& c) override {
    Packer p;
    p.add(c.signal, 8).add(c.wait, 8).add(static_cast<std::uint64_t>(c.buffer), 3).add(static_cast<std::uint64_t>(c.dst), 16);
    p.add(c.mem, config.axi.address_bits).add(static_cast<std::uint64_t>(c.beats), 16).add(static_cast<std::uint64_t>(c.rows), 8);
    pushed(now, "load", p.add(c.mem_pitch, 32).add(static_cast<std::uint64_t>(c.dst_pitch), 16));
  }
  void push(Cycle now, const model::StoreCommand& c) override {
    Packer p;
    p.add(c.signal, 8).add(c.wait, 8).add(static_cast<std::uint64_t>(c.src), 16).add(c.mem, config.axi.address_bits);
    pushed(now, "store", p.add(static_cast<std::uint64_t>(c.cols), 9).add(static_cast<std::uint64_t>(c.rows), 8).add(c.mem_pitch, 32));
  }
  void push(Cycle now, const model::BuildCommand& c) override {
    Packer p;
    p.add(c.signal, 8).add(c.wait, 8).add(static_cast<std::uint64_t>(c.src), 16).add(static_cast<std::uint64_t>(c.dst), 16);
    p.add(static_cast<std::uint64_t>(c.ksteps), 16).add(static_cast<std::uint64_t>(c.rows), 8);
    pushed(now, "build", p.add(static_cast<std::uint64_t>(c.src_pitch), 16));
  }
  void push(Cycle now, const model::ArrayCommand& c) override {
    Packer p;
    const auto put = [&](int value, int bits) { p.add(static_cast<std::uint64_t>(value), bits); };
    put(c.signal, 8), put(c.wait, 8), put(c.table, 16), put(c.weight, 16), put(c.ksteps, 16), put(c.rows, 8), put(c.out, 16),
        put(c.param, 16);
    put(c.segment, 16), put(c.first ? 1 : 0, 1), put(c.last ? 1 : 0, 1), put(c.accumulate ? 1 : 0, 1), put(c.planes, 4);
    p.add(c.shifts, 32);
    put(c.zmode, 2), put(c.zero, 10);
    pushed(now, "array", p);
  }
  bool fetch_ready(Cycle now) override { return neighbours.fetch_ready(now); }
  void fetch(Cycle now, std::uint64_t address, int beats) override {
    log.push_back(fmt::format("{} fetch {:x} {}", now, address, beats));
    done_at = now + test.fetch_cycles;
  }
  bool fetch_done(Cycle now) override { return now == done_at; }
  Encoded instruction(int index) override {
    return index < static_cast<int>(test.program.size()) ? test.program[static_cast<std::size_t>(index)] : Encoded{};
  }
  bool all_idle(Cycle now) override {
    for (int u = 0; u < kUnits; ++u)
      if (!neighbours.idle(now, u)) return false;
    return true;
  }
  void post(Cycle now, std::uint8_t mask, int count) override { semaphores.post(now, mask, count); }
  void clear_semaphores(Cycle now) override { semaphores.clear(now); }
  void stop(Cycle first) override { log.push_back(fmt::format("{} stop", first)); }
  void release(Cycle first) override { log.push_back(fmt::format("{} release", first)); }

  void edge(Cycle now) {
    if (const auto data = csr.answer(now)) host.answered(now, *data);
    if (host.waits_for_irq()) host.sample_irq(now, csr.irq());
    if (const model::HostOp* op = host.request(now)) {
      csr.accept(now, *op);
      host.accepted();
    }
    if (csr.reads_at(now)) {
      model::Counters counters;
      counters.cycles = control.cycles(now);
      counters.instructions = control.instructions();
      counters.control_stalls = control.stalls();
      csr.capture(control.status(), counters);
    }
    csr.sample_status(now, control.status());
    semaphores.arbitrate(now, units);
    for (int u = 0; u < kUnits; ++u)
      if (neighbours.done(now, u)) semaphores.signal(now, neighbours.signal(now, u));
    if (semaphores.overflowed()) control.semaphore_trap(now);
    for (const int u : {0, 1})
      if (neighbours.trap(now, u))
        control.unit_trap(now, static_cast<lutra::Unit>(u), static_cast<Trap>(neighbours.trap_cause(now, u)),
                          neighbours.trap_address(now, u, config.axi.address_bits));
    control.operate(now);
    semaphores.finish(now);
    csr.finish(now);
  }

  const ArchConfig& config;
  const ControlCase& test;
  Geometry geometry{config};
  Neighbours neighbours;
  Log& log;
  LiteLog sink;
  model::Csr csr;
  model::Control control;
  model::Semaphores semaphores;
  model::Host host;
  Cycle done_at = -1;
  std::array<MockUnit, kUnits> mocks;
  std::array<model::Unit*, kUnits> units{};
};

void sort_by_cycle(Log& log) {
  std::stable_sort(log.begin(), log.end(), [](const std::string& a, const std::string& b) {
    const long long x = std::stoll(a), y = std::stoll(b);
    return x != y ? x < y : a < b;
  });
}

class RtlBench {
 public:
  RtlBench(cosim::VerilatedModule& module, const ArchConfig& config, const ControlCase& test, Log& log)
      : module_(module),
        config_(config),
        test_(test),
        neighbours_(test.neighbours),
        log_(log),
        sink_(log),
        host_(test.script),
        driver_(module, host_, &sink_) {
    done_at_ = -1;
    for (PortRef p : {port("rst_ni")}) p.set(0);
    for (int i = 0; i < 3; ++i) module_.tick();
    port("rst_ni").set(1);
  }

  void edge(Cycle now) {
    drive(now);
    driver_.present(now);
    module_.eval();
    sample(now);
    driver_.clock(now);
    const bool read = port("ird_en_o").get() != 0;
    const auto index = static_cast<std::size_t>(port("ird_addr_o").get());
    module_.tick();
    if (!read) return;
    const Encoded word = index < test_.program.size() ? test_.program[index] : Encoded{};
    PortRef data = port("ird_data_i");
    for (std::size_t i = 0; i < 16; ++i) data.bytes()[i] = static_cast<std::uint8_t>(word.word[i / 8] >> (8 * (i % 8)));
  }

 private:
  [[nodiscard]] PortRef port(const std::string& name) const { return module_.port(name); }

  void drive(Cycle now) {
    for (int u = 0; u < kUnits; ++u) {
      const std::string name = kNames[static_cast<std::size_t>(u)];
      port(name + "_cmd_ready_i").set(neighbours_.ready(now, u) ? 1 : 0);
      port(name + "_idle_i").set(neighbours_.idle(now, u) ? 1 : 0);
      port(name + "_sem_req_i").set(neighbours_.request(now, u) ? 1 : 0);
      port(name + "_sem_mask_i").set(neighbours_.mask(now, u));
      port(name + "_done_valid_i").set(neighbours_.done(now, u) ? 1 : 0);
      port(name + "_done_signal_i").set(neighbours_.signal(now, u));
      if (u > 1) continue;
      port(name + "_trap_valid_i").set(neighbours_.trap(now, u) ? 1 : 0);
      port(name + "_trap_cause_i").set(static_cast<std::uint64_t>(neighbours_.trap_cause(now, u)));
      port(name + "_trap_addr_i").set(neighbours_.trap_address(now, u, config_.axi.address_bits));
    }
    port("fetch_ready_i").set(neighbours_.fetch_ready(now) ? 1 : 0);
    port("fetch_done_i").set(now == done_at_ ? 1 : 0);
  }

  void sample(Cycle now) {
    for (int u = 0; u < kUnits; ++u) {
      const std::string name = kNames[static_cast<std::size_t>(u)];
      if (port(name + "_cmd_valid_o").get() != 0) log_.push_back(fmt::format("{} push {} {}", now, name, hex(port(name + "_cmd_data_o"))));
      if (port(name + "_sem_gnt_o").get() != 0) log_.push_back(fmt::format("{} grant {}", now, name));
    }
    if (port("fetch_valid_o").get() != 0 && neighbours_.fetch_ready(now)) {
      log_.push_back(fmt::format("{} fetch {:x} {}", now, port("fetch_addr_o").get(), port("fetch_beats_o").get()));
      done_at_ = now + test_.fetch_cycles;
    }
    const bool stop = port("stop_o").get() != 0;
    if (stop != stop_) log_.push_back(fmt::format("{} {}", now, stop ? "stop" : "release"));
    stop_ = stop;
    if (port("executed_o").get() != 0)
      log_.push_back(fmt::format("{} issue {} {:x}", now, port("executed_pc_o").get(), port("executed_opcode_o").get()));
    if (port("trap_taken_o").get() != 0)
      log_.push_back(fmt::format("{} trap {} {:x}", now, port("trap_taken_cause_o").get(), port("trap_taken_addr_o").get()));
  }

  cosim::VerilatedModule& module_;
  const ArchConfig& config_;
  const ControlCase& test_;
  Neighbours neighbours_;
  Log& log_;
  LiteLog sink_;
  model::Host host_;
  cosim::HostDriver driver_;
  Cycle done_at_ = -1;
  bool stop_ = false;
};

}  // namespace

std::uint64_t Neighbours::hash(Cycle now, int what) const {
  return splitmix_finalise(settings.seed * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(now) * 0xBF58476D1CE4E5B9ULL +
                           static_cast<std::uint64_t>(what) * 0x94D049BB133111EBULL) >>
         8;
}

std::uint8_t Neighbours::mask(Cycle now, int unit) const {
  const std::uint64_t h = hash(now, 24 + unit);
  return static_cast<std::uint8_t>(h & (h >> 8) & 0xFF);
}

std::uint8_t Neighbours::signal(Cycle now, int unit) const {
  const std::uint64_t h = hash(now, 40 + unit);
  return static_cast<std::uint8_t>(h & (h >> 8) & 0xFF);
}

Log run_rtl(cosim::VerilatedModule& module, const ArchConfig& config, const ControlCase& test, int cycles) {
  Log log;
  RtlBench bench(module, config, test, log);
  for (Cycle now = 0; now < cycles; ++now) bench.edge(now);
  sort_by_cycle(log);
  return log;
}

Log run_model(const ArchConfig& config, const ControlCase& test, int cycles) {
  Log log;
  ModelBench bench(config, test, log);
  for (int u = 0; u < kUnits; ++u) {
    MockUnit& mock = bench.mocks[static_cast<std::size_t>(u)];
    mock.neighbours = &bench.neighbours;
    mock.index = u;
    mock.log = &log;
    bench.units[static_cast<std::size_t>(u)] = &mock;
  }
  for (Cycle now = 0; now < cycles; ++now) bench.edge(now);
  // Stop and release are announced an edge ahead.
  std::erase_if(log, [&](const std::string& line) { return std::stoll(line) >= cycles; });
  sort_by_cycle(log);
  return log;
}

std::unique_ptr<cosim::VerilatedModule> build_bench(const ArchConfig& config) {
  const Geometry geometry(config);
  std::vector<gen::EmittedFile> files = {{"lutra_csr.v", gen::emit_csr(config, geometry)},
                                         {"lutra_control.v", gen::emit_control(config, geometry)}};
  for (const gen::EmittedFile& f : gen::rtl_files())
    if (f.name == "lutra_semaphores.v") files.push_back(f);
  gen::Netlist netlist;
  std::vector<std::string> inside, outside;
  for (const char* module : {"lutra_csr", "lutra_control", "lutra_semaphores"}) {
    const auto file =
        std::find_if(files.begin(), files.end(), [&](const gen::EmittedFile& f) { return f.name == std::string(module) + ".v"; });
    netlist.add(module, std::string("u_") + module, file->text);
    for (const gen::Port& p : gen::ports_of(file->text, module))
      (p.output ? inside : outside).push_back(p.name.substr(0, p.name.size() - 2));
  }
  // What one of the three drives and none of them reads, and what none of them drives, becomes a port. Traced nets are ports, too.
  const auto has = [](const std::vector<std::string>& list, const std::string& net) {
    return std::find(list.begin(), list.end(), net) != list.end();
  };
  std::vector<std::string> exposed;
  for (const std::string& net : inside)
    if (!has(outside, net) || net == "executed") exposed.push_back(net);
  for (const std::string& net : outside)
    if (!has(inside, net) && !has(exposed, net) && net != "clk" && net != "rst_") exposed.push_back(net);
  for (const std::string& net : exposed) netlist.expose(net, net);
  files.push_back({"control_bench.v", gen::module_text("Bench.", "control_bench", netlist.ports(), netlist.text())});
  return cosim::VerilatedModule::build(files, "control_bench");
}

}  // namespace lutra::test

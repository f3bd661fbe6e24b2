// Host scripts and their player.
#include "sim/model/host.h"

#include <algorithm>

#include "isa/register_map.h"

namespace lutra::model {

HostScriptWriter& HostScriptWriter::write(std::string_view register_name, std::uint32_t data, Cycle not_before) {
  script_.push_back({HostOp::Kind::kWrite, register_offset(register_name), data, not_before});
  return *this;
}

HostScriptWriter& HostScriptWriter::read(std::string_view register_name, Cycle not_before) {
  script_.push_back({HostOp::Kind::kRead, register_offset(register_name), 0, not_before});
  return *this;
}

HostScriptWriter& HostScriptWriter::wait_irq(Cycle not_before) {
  script_.push_back({HostOp::Kind::kWaitIrq, 0, 0, not_before});
  return *this;
}

HostScriptWriter& HostScriptWriter::set(std::string_view register_name, std::uint32_t data) {
  const std::uint32_t offset = register_offset(register_name);
  const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& entry) { return entry.first == offset; });
  // Registers are 0 after reset.
  const std::uint32_t old = held == held_.end() ? 0 : held->second;
  if (old == data) return *this;
  if (held == held_.end())
    held_.emplace_back(offset, data);
  else
    held->second = data;
  return write(register_name, data);
}

HostScriptWriter& HostScriptWriter::set_wide(const std::string& prefix, std::uint64_t data) {
  set(prefix + "_LO", static_cast<std::uint32_t>(data));
  return set(prefix + "_HI", static_cast<std::uint32_t>(data >> 32));
}

HostScriptWriter& HostScriptWriter::start(const Launch& launch, Cycle not_before) {
  set("IRQ_ENABLE", 1);
  set_wide("PROG_ADDR", launch.program_address);
  set("PROG_LEN", launch.program_length);
  set_wide("WATCHDOG", launch.watchdog);
  set_wide("WINDOW_LO", launch.window_lo);
  set_wide("WINDOW_HI", launch.window_hi);
  for (std::size_t i = 0; i < launch.args.size(); ++i) set_wide("ARG" + std::to_string(i), launch.args[i]);
  return write("CTRL", 1, not_before);
}

HostScriptWriter& HostScriptWriter::run(const Launch& launch, Cycle not_before) {
  return start(launch, not_before).wait_irq().read("STATUS").read("CAUSE").write("CTRL", 4);
}

HostScriptWriter& HostScriptWriter::read_counters() {
  for (const Register& r : registers())
    if (r.offset >= register_offset("CYCLES_LO")) read(r.name);
  return *this;
}

const HostOp* Host::request(Cycle now) const {
  if (finished() || waiting_ || script_[index_].kind == HostOp::Kind::kWaitIrq || now < begin()) return nullptr;
  return &script_[index_];
}

Cycle Host::next_request(Cycle from) const {
  if (finished() || waiting_ || script_[index_].kind == HostOp::Kind::kWaitIrq) return kNever;
  return std::max(from, begin());
}

void Host::answered(Cycle now, std::uint32_t data) {
  if (!waiting_) return;  // a response that nobody asked for, of a faulty core
  if (script_[index_].kind == HostOp::Kind::kRead) read_values_.push_back(data);
  waiting_ = false;
  free_from_ = now + 1;
  ++index_;
}

void Host::sample_irq(Cycle now, bool level) {
  if (!level || now < begin()) return;
  free_from_ = now + 1;
  ++index_;
}

}  // namespace lutra::model

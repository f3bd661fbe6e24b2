// Register reads and writes of the host, and the interrupt.
#include "sim/model/csr.h"

#include <cstdio>
#include <stdexcept>
#include <string>

namespace lutra::model {
namespace {

constexpr std::uint32_t kId = 0x4C555452;

std::size_t index_of(std::string_view name) { return register_offset(name) / 4; }

// A counter by its register: which of Counters, or nullptr.
const std::int64_t Counters::*counter_member(std::size_t pair) {
  static constexpr std::array<const std::int64_t Counters::*, 8> kMembers = {
      &Counters::cycles,       &Counters::instructions, &Counters::array_steps, &Counters::array_waits,
      &Counters::builder_busy, &Counters::read_beats,   &Counters::write_beats, &Counters::control_stalls};
  return pair < kMembers.size() ? kMembers[pair] : nullptr;
}

std::uint32_t version_word() {
  unsigned major = 0, minor = 0, patch = 0;
  if (std::sscanf(LUTRA_VERSION, "%u.%u.%u", &major, &minor, &patch) != 3) throw std::logic_error("LUTRA_VERSION is not major.minor.patch");
  return major << 16 | minor << 8 | patch;
}

}  // namespace

Csr::Csr(const ArchConfig& config, EventSink* events)
    : events_(events),
      address_bits_(config.axi.address_bits),
      program_hash_(static_cast<std::uint32_t>(std::stoul(program_hash(config).substr(0, 8), nullptr, 16))),
      version_(version_word()),
      program_address_(index_of("PROG_ADDR_LO")),
      program_length_(index_of("PROG_LEN")),
      watchdog_(index_of("WATCHDOG_LO")),
      window_lo_(index_of("WINDOW_LO_LO")),
      window_hi_(index_of("WINDOW_HI_LO")),
      arguments_(index_of("ARG0_LO")),
      irq_enable_(index_of("IRQ_ENABLE")),
      control_(index_of("CTRL")) {
  for (const Register& r : registers())
    if (r.access == Access::kReadWrite) writable_[r.offset / 4] = r.bits == 32 ? 0xFFFFFFFFU : (1U << r.bits) - 1;
}

void Csr::accept(Cycle now, const HostOp& op) {
  pending_ = true;
  op_ = op;
  executes_ = now + 1;
}

std::optional<std::uint32_t> Csr::answer(Cycle now) {
  if (!pending_ || executes_ + 1 != now) return std::nullopt;
  pending_ = false;
  const bool is_write = op_.kind == HostOp::Kind::kWrite;
  const std::uint32_t data = is_write ? 0 : read_data_;
  if (events_ != nullptr) events_->event({now, Channel::kLite, op_.offset, data, is_write ? 1U : 0U});
  return data;
}

std::uint32_t Csr::read(std::uint32_t offset, const Status& status, const Counters& counters) const {
  const std::size_t index = (offset & 0xFFFU) / 4;
  if (writable_[index] != 0) return values_[index];
  if (index == index_of("ID")) return kId;
  if (index == index_of("VERSION")) return version_;
  if (index == index_of("PROGRAM_HASH")) return program_hash_;
  if (index == index_of("STATUS")) return (status.trapped ? 4U : 0U) | (status.done ? 2U : 0U) | (status.busy ? 1U : 0U);
  if (index == index_of("CAUSE")) return static_cast<std::uint32_t>(status.cause);
  if (index == index_of("TRAP_PC")) return static_cast<std::uint32_t>(status.pc);
  if (index == index_of("TRAP_ADDR_LO")) return static_cast<std::uint32_t>(status.address);
  if (index == index_of("TRAP_ADDR_HI")) return static_cast<std::uint32_t>(status.address >> 32);
  const std::size_t first = index_of("CYCLES_LO");
  if (index < first) return 0;
  const auto member = counter_member((index - first) / 2);
  if (member == nullptr) return 0;
  const auto value = static_cast<std::uint64_t>(counters.*member);
  return static_cast<std::uint32_t>((index - first) % 2 == 0 ? value : value >> 32);
}

void Csr::capture(const Status& status, const Counters& counters) { read_data_ = read(op_.offset, status, counters); }

void Csr::sample_status(Cycle, const Status& status) { next_irq_ = values_[irq_enable_] != 0 && (status.done || status.trapped); }

void Csr::write(Cycle now) {
  const std::size_t index = (op_.offset & 0xFFFU) / 4;
  if (index == control_) {
    strobes_ = static_cast<int>(op_.data & 7U);
    strobe_at_ = now + 1;
  }
  values_[index] = op_.data & writable_[index];
  update_window();
}

void Csr::update_window() {
  const std::uint64_t lo = wide(window_lo_), hi = wide(window_hi_), beyond = std::uint64_t{1} << address_bits_;
  window_.lo = lo & (beyond - 1);
  window_.hi = lo >= beyond ? 0 : hi >= beyond ? beyond : hi;
}

bool Csr::finish(Cycle now) {
  bool changed = false;
  if (pending_ && executes_ == now) {
    changed = true;
    if (op_.kind == HostOp::Kind::kWrite) write(now);
  }
  if (irq_ != next_irq_) {
    irq_ = next_irq_;
    changed = true;
    if (irq_ && events_ != nullptr) events_->event({now + 1, Channel::kIrq, 0, 0, 0});
  }
  return changed;
}

Cycle Csr::next_event(Cycle now) const {
  Cycle next = kNever;
  if (pending_) next = std::max(now + 1, executes_);
  if (strobe_at_ > now) next = std::min(next, strobe_at_);
  return next;
}

void Csr::describe(std::ostream& out) const {
  out << "csr: " << (pending_ ? "access pending" : "no access") << ", interrupt " << irq_ << '\n';
}

}  // namespace lutra::model

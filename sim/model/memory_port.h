// Where the load unit and the store unit meet the memory: keeps their beats in the order of time although both catch up lazily.
#pragma once

#include <cstdint>

#include "sim/memory/memory.h"
#include "sim/model/block.h"

namespace lutra::model {

/// The side of the load unit that the port drives.
class ReadMaster {
 public:
  virtual ~ReadMaster() = default;
  /// Performs everything at edges up to and including `to`, in which no write beat comes before the read beat of its edge.
  virtual void advance(Cycle to) = 0;
};

/// The side of the store unit that the port drives.
class WriteMaster {
 public:
  virtual ~WriteMaster() = default;
  /// Next edge, after those stepped, at which step() may have something to do; kNever when it waits for another block.
  [[nodiscard]] virtual Cycle next_edge() const = 0;
  /// Performs one edge.
  virtual void step(Cycle now) = 0;
};

/// One AXI port of a core.
class MemoryPort {
 public:
  explicit MemoryPort(memory::Memory& memory) : memory_(memory) {}

  void attach(ReadMaster* reader) { reader_ = reader; }
  void attach(WriteMaster* writer) { writer_ = writer; }
  [[nodiscard]] memory::Memory& memory() { return memory_; }
  [[nodiscard]] const memory::Memory& memory() const { return memory_; }

  /// Brings both units to the end of edge `to`.
  void catch_up(Cycle to) {
    if (writer_) {
      for (Cycle edge = writer_->next_edge(); edge <= to; edge = writer_->next_edge()) {
        if (reader_) reader_->advance(edge);
        writer_->step(edge);
      }
    }
    if (reader_) reader_->advance(to);
  }

 private:
  memory::Memory& memory_;
  ReadMaster* reader_ = nullptr;
  WriteMaster* writer_ = nullptr;
};

/// The bytes a program may touch, [lo, hi); held by the CSR block and read by both units at their check edge.
struct AddressWindow {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;
};

/// Edges from the start of a load or store to the edge at which alignment and window are decided (and work begins or a trap is raised).
inline constexpr Cycle kAddressCheckCycles = 3;

}  // namespace lutra::model

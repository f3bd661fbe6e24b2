// Port values of a module, cycle by cycle, recorded from one simulation to be replayed in another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lutra::cost {

/// A row a cycle. Row t holds every input as it is sampled at edge t and every output as it stands just before that edge, with those inputs
/// applied. The first row belongs to a machine that was just built (all registers 0). The clock is not a port of it.
class Stimulus {
 public:
  struct Port {
    std::string name;
    int bits;
    bool output;
    std::size_t offset;  // in a row
  };

  /// Declares a port before the first cycle; gives its index.
  std::size_t add_port(const std::string& name, int bits, bool output) {
    ports_.push_back({name, bits, output, row_bytes_});
    row_bytes_ += static_cast<std::size_t>((bits + 7) / 8);
    return ports_.size() - 1;
  }
  /// Appends a cycle with all ports 0.
  void begin_cycle() { data_.resize(data_.size() + row_bytes_); }
  /// Value of a port in the last cycle: ceil(bits / 8) little-endian bytes.
  void write(std::size_t port, const std::uint8_t* bytes) {
    const Port& p = ports_[port];
    std::uint8_t* to = data_.data() + data_.size() - row_bytes_ + p.offset;
    for (int i = 0; i < (p.bits + 7) / 8; ++i) to[i] = bytes[i];
  }

  [[nodiscard]] const std::vector<Port>& ports() const { return ports_; }
  [[nodiscard]] std::size_t cycles() const { return row_bytes_ == 0 ? 0 : data_.size() / row_bytes_; }
  [[nodiscard]] const std::uint8_t* row(std::size_t cycle) const { return data_.data() + cycle * row_bytes_; }

 private:
  std::vector<Port> ports_;
  std::size_t row_bytes_ = 0;
  std::vector<std::uint8_t> data_;
};

}  // namespace lutra::cost

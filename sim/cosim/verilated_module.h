// Compiles Verilog with Verilator into a shared object at run time and lets C++ drive its ports.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gen/verilog.h"

namespace lutra::cosim {

/// A port's storage inside the Verilated model; `words` 32-bit words wide when over 64 bits.
class PortRef {
 public:
  PortRef() = default;
  PortRef(void* storage, int bits) : storage_(storage), bits_(bits) {}

  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] bool valid() const { return storage_ != nullptr; }
  /// Value of a port of at most 64 bits (of a wider one: its low 64 bits).
  [[nodiscard]] std::uint64_t get() const {
    if (bits_ <= 8) return *static_cast<const std::uint8_t*>(storage_);
    if (bits_ <= 16) return *static_cast<const std::uint16_t*>(storage_);
    if (bits_ <= 32) return *static_cast<const std::uint32_t*>(storage_);
    return *static_cast<const std::uint64_t*>(storage_);
  }
  /// Bits above the port's width must be zero.
  void set(std::uint64_t value) {
    if (bits_ <= 8)
      *static_cast<std::uint8_t*>(storage_) = static_cast<std::uint8_t>(value);
    else if (bits_ <= 16)
      *static_cast<std::uint16_t*>(storage_) = static_cast<std::uint16_t>(value);
    else if (bits_ <= 32)
      *static_cast<std::uint32_t*>(storage_) = static_cast<std::uint32_t>(value);
    else
      *static_cast<std::uint64_t*>(storage_) = value;
  }
  /// The port as little-endian bytes, ceil(bits / 8) of them; valid for any width.
  [[nodiscard]] std::uint8_t* bytes() { return static_cast<std::uint8_t*>(storage_); }
  [[nodiscard]] const std::uint8_t* bytes() const { return static_cast<const std::uint8_t*>(storage_); }
  [[nodiscard]] int byte_count() const { return (bits_ + 7) / 8; }

 private:
  void* storage_ = nullptr;
  int bits_ = 0;
};

/// A register or a memory inside a module that was built with "--public-flat-rw". Memories are `words` words of `bits` bits.
class StateRef {
 public:
  StateRef(std::string name, void* storage, int bits, int words, int word_bytes)
      : name_(std::move(name)), storage_(static_cast<std::uint8_t*>(storage)), bits_(bits), words_(words), word_bytes_(word_bytes) {}

  /// Instances and signal, joined by dots: "lutra_core.u_control.state_q".
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int bits() const { return bits_; }
  [[nodiscard]] int words() const { return words_; }
  /// Inverts a bit; the next eval() sees it.
  void flip(int word, int bit) { storage_[word * word_bytes_ + bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8)); }

 private:
  std::string name_;
  std::uint8_t* storage_;
  int bits_, words_, word_bytes_;
};

struct BuildOptions {
  std::string optimisation = "-O1";          // C++ optimisation of the model; "-O3" for speed measurements
  std::vector<std::string> verilator_flags;  // e.g. {"--assert", "-DLUTRA_ASSERT"}
  std::vector<std::string> defines;
};

/// One instance of a Verilated module. Builds are cached by content under cache_directory()/verilated.
class VerilatedModule {
 public:
  /// Compiles `files` with `top` as top module (or takes the cached build) and makes an instance. Throws Error with the tool's
  /// last lines when Verilator or the compiler refuses.
  static std::unique_ptr<VerilatedModule> build(const std::vector<gen::EmittedFile>& files, const std::string& top,
                                                const BuildOptions& options = {});

  ~VerilatedModule();
  VerilatedModule(const VerilatedModule&) = delete;
  VerilatedModule& operator=(const VerilatedModule&) = delete;

  /// The named port; throws std::out_of_range for a name the module does not have.
  [[nodiscard]] PortRef port(const std::string& name) const;
  [[nodiscard]] bool has_port(const std::string& name) const { return ports_.count(name) != 0; }
  [[nodiscard]] const std::map<std::string, PortRef>& ports() const { return ports_; }
  /// Names of the input ports.
  [[nodiscard]] const std::vector<std::string>& inputs() const { return inputs_; }

  /// All registers and memories, by name: what the Verilog calls `_q` (CONTRIBUTING.md). Empty without "--public-flat-rw".
  [[nodiscard]] const std::vector<StateRef>& state() const { return state_; }
  /// Writes what has been covered so far, in the format of verilator_coverage. Throws Error without "--coverage-line" or
  /// "--coverage-toggle" among the flags.
  void write_coverage(const std::string& path) const;

  /// Settles combinational logic. Throws std::runtime_error when an assertion ($fatal, $stop) fires.
  void eval();
  /// One rising edge of `clk_i` seen from settled inputs: eval with clock low, eval with clock high. Outputs then show the new state.
  void tick();

 private:
  VerilatedModule() = default;
  void* library_ = nullptr;
  void* model_ = nullptr;
  void (*eval_)(void*) = nullptr;
  void (*destroy_)(void*) = nullptr;
  void (*write_coverage_)(void*, const char*) = nullptr;
  PortRef clock_;
  std::map<std::string, PortRef> ports_;
  std::vector<std::string> inputs_;
  std::vector<StateRef> state_;
};

}  // namespace lutra::cosim

// Builder, array and scale unit in Verilog beside their models, under one stimulus, compared at every edge.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/scale_unit.h"
#include "sim/model/scratchpad.h"
#include "tests/gen/compute_module.h"

namespace lutra::tests {

/// A 1W1R SRAM beside the Verilog: reads give the contents before the edge's writes and hold.
struct BenchSram {
  BenchSram(int words, int bits)
      : word_bytes((bits + 7) / 8), data(static_cast<std::size_t>(words), Bits(static_cast<std::size_t>(word_bytes))) {}
  int word_bytes;
  std::vector<Bits> data;
};

/// Stimulus: how often things happen, in percent of cycles.
struct BenchOptions {
  int command = 20;    // a command is offered to a queue
  int grant = 70;      // a semaphore request is granted
  int write = 0;       // some on-chip word is written while units may be reading it
  int read_tile = 0;   // a tile is read while it may be written
  int stop_every = 0;  // cycles between stops, 0: never
  int max_ksteps = 12;
  int max_shift = 15;
  bool race = false;  // tables are built while they are read
};

class ComputeBench : public model::RetireSink {
 public:
  ComputeBench(const ArchConfig& config, std::uint64_t seed, BenchOptions options = {});

  /// Runs `cycles` edges with random commands. Every difference fails the Catch test that runs it.
  void run(int cycles);
  /// Runs without new commands until all is idle, then compares all tables and tiles.
  void drain();

  // Directed use: commands are pushed at the next edge.
  void push(const model::ArrayCommand& command) { array_commands_.push_back(command); }
  void push(const model::BuildCommand& command) { build_commands_.push_back(command); }
  void fill_random();
  [[nodiscard]] model::Scratchpads& pads() { return pads_; }
  [[nodiscard]] model::Cycle now() const { return now_; }
  [[nodiscard]] const std::vector<std::pair<model::Cycle, lutra::Unit>>& retired() const { return retired_; }
  [[nodiscard]] std::int32_t output(int tile, int row, int column);
  void set_activation(int word, const std::vector<std::int8_t>& values);
  void set_weight(int word, const Bits& bits);
  void set_parameter(int word, int output, int zero);

  void retire(model::Cycle d, lutra::Unit unit, std::uint8_t signal) override;

 private:
  void edge();
  void compare_answers();
  void compare_done();
  void choose_commands();
  void drive_commands();
  void sram_edge();
  void read_tile();
  void disturb();
  void step_model(bool start_build, bool start_array);
  void compare_memories();
  void expect_table(Bits& to, int at, const std::uint8_t* row, int g);
  void write_word(model::Scratchpad& pad, BenchSram& sram, std::int64_t address);
  model::ArrayCommand random_array();
  model::BuildCommand random_build();
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  int uniform(int low, int high) { return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1)); }
  cosim::PortRef port(const std::string& name) { return module_->port(name); }

  ArchConfig config_;
  Geometry geometry_;
  BenchOptions options_;
  std::mt19937_64 random_;
  model::Scratchpads pads_;
  model::ScaleUnit scale_;
  model::Array array_;
  model::TableBuilder builder_;
  std::unique_ptr<cosim::VerilatedModule> module_;
  BenchSram activation_, weight_, parameter_, token_scale_, table_, accumulator_;

  model::Cycle now_ = 0;
  model::Cycle next_event_ = 0;
  bool stopping_ = false, stopped_ = false, random_commands_ = false;
  std::int64_t steps_seen_ = 0, waits_seen_ = 0, busy_seen_ = 0;
  std::deque<model::ArrayCommand> array_commands_;
  std::deque<model::BuildCommand> build_commands_;
  bool pushed_array_ = false, pushed_build_ = false;
  model::ArrayCommand offered_array_{};
  model::BuildCommand offered_build_{};
  std::map<lutra::Unit, std::uint8_t> done_;  // of this edge, by the model
  std::vector<std::pair<model::Cycle, lutra::Unit>> retired_;
  struct Writer {
    model::Scratchpad* pad = nullptr;
    BenchSram* sram = nullptr;
    int window = -1;
    std::int64_t first = 0;
    int left = 0;
  } writer_;
  bool writer_opened_ = false;
  int tile_window_ = -1, tile_word_ = 0, tile_left_ = 0;
};

/// A configuration with short keys changed: M N K G P R (pipeline), A (accumulator bits), B (builder tables), O (outputs a cycle), and
/// others by their names, which throws Error where the result is not legal.
ArchConfig variant(const std::string& file, const std::map<char, int>& changes, const std::map<std::string, std::string>& fields = {});

}  // namespace lutra::tests

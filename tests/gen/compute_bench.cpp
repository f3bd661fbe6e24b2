#include "tests/gen/compute_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "isa/schema.h"
#include "tests/shipped_config.h"

namespace lutra::tests {
ArchConfig variant(const std::string& file, const std::map<char, int>& changes, const std::map<std::string, std::string>& fields) {
  ArchConfig c = test::shipped_config(file);
  for (const auto& [key, value] : changes) {
    switch (key) {
      case 'M':
        c.array.rows = value;
        break;
      case 'N':
        c.array.columns = value;
        break;
      case 'K':
        c.array.table_inputs = value;
        break;
      case 'G':
        c.array.tables_per_lane = value;
        break;
      case 'P':
        c.array.planes_per_cycle = value;
        break;
      case 'R':
        c.array.pipeline_registers = value;
        break;
      case 'A':
        c.array.accumulator_bits = value;
        break;
      case 'B':
        c.table.builder_tables = value;
        break;
      case 'O':
        c.scale.outputs_per_cycle = value;
        break;
      default:
        FAIL("no key " << key);
    }
  }
  for (const auto& [key, value] : fields) set_field(c, key, value);
  if (!fields.empty()) validate(c);
  return c;
}

ComputeBench::ComputeBench(const ArchConfig& config, std::uint64_t seed, BenchOptions options)
    : config_(config),
      geometry_(config_),
      options_(options),
      random_(seed),
      pads_(config_, geometry_, true),
      scale_(config_, geometry_, pads_, *this),
      array_(config_, geometry_, pads_, scale_),
      builder_(config_, geometry_, pads_, *this),
      module_(build_compute_module(config_, geometry_)),
      activation_(geometry_.activation.words, geometry_.activation.word_bits),
      weight_(geometry_.weight.words, geometry_.weight.word_bits),
      parameter_(geometry_.parameter.words, geometry_.parameter.word_bits),
      token_scale_(geometry_.token_scale.words, geometry_.token_scale.word_bits),
      table_(config_.buffer.table_words, geometry_.table_word_bits),
      accumulator_(geometry_.accumulator_words, geometry_.accumulator_word_bits) {
  port("rst_ni").set(0);
  module_->tick();
  module_->tick();
  port("rst_ni").set(1);
}

void ComputeBench::retire(model::Cycle d, lutra::Unit unit, std::uint8_t signal) {
  CHECK(d == now_);
  done_[unit] = signal;
  retired_.emplace_back(d, unit);
}

void ComputeBench::write_word(model::Scratchpad& pad, BenchSram& sram, std::int64_t address) {
  Bits& word = sram.data[static_cast<std::size_t>(address & (pad.words() - 1))];
  for (std::uint8_t& byte : word) byte = static_cast<std::uint8_t>(random_());
  std::memcpy(pad.word(address), word.data(), word.size());
}

void ComputeBench::fill_random() {
  for (int i = 0; i < pads_.activation.words(); ++i) write_word(pads_.activation, activation_, i);
  for (int i = 0; i < pads_.weight.words(); ++i) write_word(pads_.weight, weight_, i);
  for (int i = 0; i < pads_.parameter.words(); ++i) write_word(pads_.parameter, parameter_, i);
  for (int i = 0; geometry_.scaled && i < pads_.token_scale.words(); ++i) write_word(pads_.token_scale, token_scale_, i);
}

void ComputeBench::set_activation(int word, const std::vector<std::int8_t>& values) {
  std::memcpy(activation_.data[static_cast<std::size_t>(word)].data(), values.data(), values.size());
  std::memcpy(pads_.activation.word(word), values.data(), values.size());
}

void ComputeBench::set_weight(int word, const Bits& bits) {
  std::memcpy(weight_.data[static_cast<std::size_t>(word)].data(), bits.data(), weight_.data[0].size());
  std::memcpy(pads_.weight.word(word), bits.data(), weight_.data[0].size());
}

void ComputeBench::set_parameter(int word, int output, int zero) {
  const auto value = static_cast<std::int16_t>(zero);
  std::memcpy(parameter_.data[static_cast<std::size_t>(word)].data() + output * 2, &value, 2);
  std::memcpy(pads_.parameter.word(word) + output * 2, &value, 2);
}

std::int32_t ComputeBench::output(int tile, int row, int column) {
  std::int32_t value = 0;
  const int index = row * config_.array.columns + column, outputs = config_.scale.outputs_per_cycle;
  std::memcpy(&value, pads_.accumulator.word(tile * geometry_.accumulator_words_per_tile + index / outputs) + index % outputs * 4,
              sizeof value);
  return value;
}

model::ArrayCommand ComputeBench::random_array() {
  model::ArrayCommand c{};
  c.signal = static_cast<std::uint8_t>(random_());
  c.wait = static_cast<std::uint8_t>(random_());
  c.table = uniform(0, 65535);
  c.weight = uniform(0, 65535);
  c.rows = uniform(1, config_.array.rows);
  c.out = uniform(0, 65535);
  c.param = uniform(0, 65535);
  c.segment = chance(50) ? uniform(1, options_.max_ksteps / 2) : 0;
  c.ksteps = c.segment != 0 ? c.segment * uniform(1, 4) : uniform(1, options_.max_ksteps);
  c.first = c.segment != 0 || chance(60);
  c.last = c.segment != 0 || chance(60);
  c.accumulate = chance(50);
  c.planes = uniform(1, 8);
  for (int p = 0; p < 8; ++p) c.shifts |= static_cast<std::uint32_t>(uniform(0, options_.max_shift)) << (4 * p);
  c.zmode = uniform(0, 2);
  c.zero = uniform(-512, 511);
  return c;
}

model::BuildCommand ComputeBench::random_build() {
  model::BuildCommand c{};
  c.signal = static_cast<std::uint8_t>(random_());
  c.wait = static_cast<std::uint8_t>(random_());
  c.src = uniform(0, 65535);
  c.dst = uniform(0, 65535);
  c.ksteps = uniform(1, options_.max_ksteps);
  c.rows = uniform(1, config_.array.rows);
  c.src_pitch = uniform(0, 65535);
  return c;
}

void ComputeBench::choose_commands() {
  if (!random_commands_) return;
  if (array_commands_.empty() && chance(options_.command)) array_commands_.push_back(random_array());
  if (build_commands_.empty() && chance(options_.command) && (options_.race || now_ < 200)) build_commands_.push_back(random_build());
}

void ComputeBench::drive_commands() {
  pushed_array_ = !array_commands_.empty() && array_.can_push(now_) && !stopping_;
  pushed_build_ = !build_commands_.empty() && builder_.can_push(now_) && !stopping_;
  port("array_cmd_valid_i").set(pushed_array_);
  port("build_cmd_valid_i").set(pushed_build_);
  if (pushed_array_) set_bits(port("array_cmd_data_i"), pack(array_commands_.front()));
  if (pushed_build_) set_bits(port("build_cmd_data_i"), pack(build_commands_.front()));
}

/// Registered outputs and answers as they are sampled at this edge.
void ComputeBench::compare_answers() {
  if (!stopping_) {
    CHECK(port("array_cmd_ready_o").get() == array_.can_push(now_));
    CHECK(port("build_cmd_ready_o").get() == builder_.can_push(now_));
  }
  CHECK(port("array_idle_o").get() == array_.idle(now_));
  CHECK(port("build_idle_o").get() == builder_.idle(now_));
  CHECK(port("array_sem_req_o").get() == array_.wants_start(now_));
  CHECK(port("build_sem_req_o").get() == builder_.wants_start(now_));
  CHECK(port("ocr_en_o").get() == pads_.accumulator.read_reserved(now_));
  if (array_.wants_start(now_)) CHECK(port("array_sem_mask_o").get() == array_.wait_mask());
  if (builder_.wants_start(now_)) CHECK(port("build_sem_mask_o").get() == builder_.wait_mask());
}

void ComputeBench::compare_done() {
  CHECK(port("array_done_valid_o").get() == done_.count(lutra::Unit::kArray));
  CHECK(port("build_done_valid_o").get() == done_.count(lutra::Unit::kBuild));
  if (done_.count(lutra::Unit::kArray) != 0) CHECK(port("array_done_signal_o").get() == done_[lutra::Unit::kArray]);
  if (done_.count(lutra::Unit::kBuild) != 0) CHECK(port("build_done_signal_o").get() == done_[lutra::Unit::kBuild]);
  // A strobe sampled at this edge is a step one edge earlier; a register that counts it shows it after this edge.
  steps_seen_ += static_cast<std::int64_t>(port("array_step_o").get());
  waits_seen_ += static_cast<std::int64_t>(port("array_wait_o").get());
  busy_seen_ += static_cast<std::int64_t>(port("builder_busy_o").get());
  CHECK(array_.steps(now_ - 1) == steps_seen_);
  CHECK(array_.waits(now_ - 1) == waits_seen_);
  CHECK(builder_.busy(now_ - 1) == busy_seen_);
}

/// Takes part in the edge as the SRAMs do: reads first.
void ComputeBench::sram_edge() {
  struct Read {
    const char* prefix;
    BenchSram* sram;
  };
  std::vector<Read> ports_read = {{"ard", &activation_}, {"trd", &table_}, {"wrd", &weight_}, {"prd", &parameter_}, {"ocr", &accumulator_}};
  if (geometry_.scaled) ports_read.push_back({"srd", &token_scale_});
  std::vector<std::pair<std::string, const Bits*>> reads;
  for (const Read& r : ports_read)
    if (port(std::string(r.prefix) + "_en_o").get() != 0)
      reads.emplace_back(std::string(r.prefix) + "_data_i", &r.sram->data[port(std::string(r.prefix) + "_addr_o").get()]);
  std::vector<std::pair<std::string, Bits>> old;
  for (const auto& [name, bits] : reads) old.emplace_back(name, *bits);
  if (port("ocw_en_o").get() != 0)
    copy_bits(accumulator_.data[port("ocw_addr_o").get()], 0, port("ocw_data_o").bytes(), 0, geometry_.accumulator_word_bits);
  const int groups = config_.array.tables_per_lane / config_.table.builder_tables;
  const int group_bits = geometry_.table_row_bits / groups;
  Bits& word = table_.data[port("twr_addr_o").get()];
  for (int i = 0; i < config_.array.rows * groups; ++i)
    if (((port("twr_en_o").bytes()[i / 8] >> (i % 8)) & 1) != 0)
      copy_bits(word, i * group_bits, port("twr_tables_o").bytes(), 0, group_bits);
  for (int m = 0; m < config_.array.rows; ++m)
    if (((port("twr_sen_o").get() >> m) & 1U) != 0)
      copy_bits(word, config_.array.rows * groups * group_bits + m * geometry_.sum_bits, port("twr_sum_o").bytes(), 0, geometry_.sum_bits);
  for (int m = 0; geometry_.grouped && m < config_.array.rows; ++m)
    if (((port("twr_sen_o").get() >> m) & 1U) != 0)
      copy_bits(word, config_.array.rows * (geometry_.table_row_bits + geometry_.sum_bits) + m * geometry_.table_scale_bits,
                port("twr_scale_o").bytes(), 0, geometry_.table_scale_bits);
  module_->tick();
  for (const auto& [name, bits] : old) set_bits(port(name), bits);
}

/// Reads a tile while it may be written, as a racing store would. In the model the store goes first.
void ComputeBench::read_tile() {
  if (tile_window_ >= 0 && tile_left_ > 0 && chance(60) && !pads_.accumulator.read_reserved(now_)) {
    const auto& word = accumulator_.data[static_cast<std::size_t>(tile_word_)];
    CHECK(std::memcmp(word.data(), pads_.accumulator.word(tile_word_), word.size()) == 0);
    ++tile_word_;
    --tile_left_;
  }
  if (tile_window_ >= 0 && tile_left_ == 0) {
    pads_.accumulator.close(tile_window_);
    tile_window_ = -1;
  }
}

/// Writes words that units may be reading, as a racing load would. In the model the load goes last.
void ComputeBench::disturb() {
  if (writer_.window >= 0 && writer_.left > 0 && chance(70)) {
    write_word(*writer_.pad, *writer_.sram, writer_.first++);
    --writer_.left;
  }
  if (writer_.window >= 0 && writer_.left == 0) {
    writer_.pad->close(writer_.window);
    writer_.window = -1;
  }
}

void ComputeBench::step_model(bool start_build, bool start_array) {
  if (start_build) builder_.start(now_);
  if (start_array) array_.start(now_);
  writer_opened_ = false;
  if (writer_.window < 0 && chance(options_.write)) {
    const int which = uniform(0, geometry_.scaled ? 3 : 2);
    model::Scratchpad& pad = which == 0 ? pads_.activation : which == 1 ? pads_.weight : which == 2 ? pads_.parameter : pads_.token_scale;
    BenchSram& sram = which == 0 ? activation_ : which == 1 ? weight_ : which == 2 ? parameter_ : token_scale_;
    const int count = uniform(1, 8), first = uniform(0, pad.words() - 1);
    writer_ = {&pad, &sram, pad.open(model::Scratchpad::Access::kWrite, first, count), first, count};
    writer_opened_ = true;
  }
  bool tile_opened = false;
  if (tile_window_ < 0 && chance(options_.read_tile)) {
    tile_left_ = geometry_.accumulator_words_per_tile;
    tile_word_ = uniform(0, config_.buffer.accumulator_tiles - 1) * tile_left_;
    tile_window_ = pads_.accumulator.open(model::Scratchpad::Access::kRead, tile_word_, tile_left_);
    tile_opened = true;
  }
  if (!tile_opened) read_tile();
  // As the core does: only when something may have to be done, and sometimes for no reason.
  if (start_build || start_array || pads_.conflict() || stopping_ || now_ >= next_event_ || chance(20)) {
    array_.operate(now_);
    scale_.operate(now_);
    builder_.operate(now_);
  }
  if (pushed_array_) {
    array_.push(now_, array_commands_.front());
    array_commands_.pop_front();
  }
  if (pushed_build_) {
    builder_.push(now_, build_commands_.front());
    build_commands_.pop_front();
  }
  next_event_ = std::min({array_.next_event(now_), scale_.next_event(now_), builder_.next_event(now_)});
}

void ComputeBench::edge() {
  done_.clear();
  choose_commands();
  const bool stop_starts = options_.stop_every != 0 && random_commands_ && !stopping_ && now_ > 0 && now_ % options_.stop_every == 0;
  if (stop_starts) stopping_ = true;
  drive_commands();
  port("stop_i").set(stopping_);
  port("array_sem_gnt_i").set(0);
  port("build_sem_gnt_i").set(0);
  if (stop_starts) {
    array_.stop(now_);
    builder_.stop(now_);
  }
  module_->eval();
  compare_answers();
  const bool start_array = array_.wants_start(now_) && chance(options_.grant);
  const bool start_build = builder_.wants_start(now_) && chance(options_.grant);
  port("array_sem_gnt_i").set(start_array);
  port("build_sem_gnt_i").set(start_build);
  module_->eval();
  step_model(start_build, start_array);
  compare_done();
  if (stopping_ && !stop_starts && array_.idle(now_) && builder_.idle(now_)) {
    stopping_ = false;
    array_.release();
    builder_.release();
  }
  sram_edge();
  if (!writer_opened_) disturb();
  ++now_;
}

void ComputeBench::run(int cycles) {
  random_commands_ = true;
  for (int i = 0; i < cycles; ++i) {
    edge();
    // One difference is enough to look at; the ones after it follow from it.
    if (Catch::getResultCapture().lastAssertionPassed() == false) {
      INFO("cycle " << now_ - 1);
      FAIL("Verilog and model differ");
    }
  }
  random_commands_ = false;
}

void ComputeBench::drain() {
  options_.write = options_.read_tile = 0;
  int quiet = 0;
  for (int i = 0; i < 100000 && quiet < 3; ++i) {
    edge();
    const bool busy = !array_commands_.empty() || !build_commands_.empty() || !array_.idle(now_) || !builder_.idle(now_) || stopping_ ||
                      writer_.window >= 0 || tile_window_ >= 0;
    quiet = busy ? 0 : quiet + 1;
  }
  REQUIRE(quiet == 3);
  compare_memories();
}

void ComputeBench::compare_memories() {
  for (int i = 0; i < geometry_.accumulator_words; ++i) {
    const Bits& word = accumulator_.data[static_cast<std::size_t>(i)];
    INFO("accumulator word " << i);
    REQUIRE(std::memcmp(word.data(), pads_.accumulator.word(i), word.size()) == 0);
  }
  for (int i = 0; i < config_.buffer.table_words; ++i) {
    Bits expected(static_cast<std::size_t>(table_.word_bytes));
    if (geometry_.looked_up) {
      copy_bits(expected, 0, pads_.table.word(i), 0, geometry_.table_word_bits);
      INFO("table word " << i);
      REQUIRE(expected == table_.data[static_cast<std::size_t>(i)]);
      continue;
    }
    const int row_bytes = geometry_.kstep * geometry_.activation_bits / 8;
    for (int m = 0; m < config_.array.rows; ++m) {
      const std::uint8_t* row = pads_.table.word(i) + m * row_bytes;
      if (geometry_.rebuilt) copy_bits(expected, m * geometry_.table_row_bits, row, 0, geometry_.table_row_bits);
      for (int g = 0; !geometry_.rebuilt && g < geometry_.tables; ++g)
        expect_table(expected, m * geometry_.table_row_bits + g * geometry_.stored_table_bits, row, g);
      copy_bits(expected, config_.array.rows * geometry_.table_row_bits + m * geometry_.sum_bits,
                pads_.table.word(i) + config_.array.rows * row_bytes + m * 4, 0, geometry_.sum_bits);
    }
    INFO("table word " << i);
    REQUIRE(expected == table_.data[static_cast<std::size_t>(i)]);
  }
}

/// The stored bits of table `g` of a row's activations.
void ComputeBench::expect_table(Bits& to, int at, const std::uint8_t* row, int g) {
  const int inputs = config_.array.table_inputs;
  const auto activation = [&](int k) {
    const int i = g * inputs + k;
    return geometry_.wide ? static_cast<std::int16_t>(row[2 * i] | row[2 * i + 1] << 8) : static_cast<std::int8_t>(row[i]);
  };
  for (int j = 0; j < geometry_.entries; ++j, at += geometry_.entry_bits) {
    std::int64_t entry = 0;
    int number = j + 1;
    for (int k = 0; k < inputs; ++k) {
      const int trit = (number + 1) % 3 - 1;
      number = (number - trit) / 3;
      const int factor = geometry_.ternary ? trit : k == inputs - 1 || ((j >> k) & 1) != 0 ? 1 : -1;
      entry += factor * activation(k);
    }
    put(to, at, geometry_.entry_bits, static_cast<std::uint64_t>(geometry_.parity ? entry >> 1 : entry));
    if (geometry_.parity && j == 0) put(to, at + geometry_.entries * geometry_.entry_bits, 1, static_cast<std::uint64_t>(entry & 1));
  }
}

}  // namespace lutra::tests

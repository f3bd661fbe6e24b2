// FIFO, unit queue, semaphores, load and store unit: the properties of rtl/formal, proven by induction for all inputs and all time.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "gen/generator.h"
#include "tests/rtl/formal/prover.h"
#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

/// Files of a design by name, the first with its properties put into it.
std::vector<gen::EmittedFile> files_of(const gen::Design& design, const std::vector<std::string>& names, const std::string& properties) {
  std::vector<gen::EmittedFile> files;
  for (const std::string& name : names)
    for (const gen::EmittedFile& f : design.files)
      if (f.name == name + ".v") files.push_back(f);
  REQUIRE(files.size() == names.size());
  files[0].text = with_properties(files[0].text, properties);
  return files;
}

ArchConfig tiny() { return test::shipped_config("tiny"); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// The properties hold, and no longer do when `from` in the first file is replaced by `to`.
void holds_unless_broken(Question question, const std::string& from, const std::string& to) {
  const Proof proof = prove(question);
  INFO(proof.output);
  CHECK(proof.holds);
  question.files[0].text = replaced(question.files[0].text, from, to);
  CHECK_FALSE(prove(question).holds);
}

}  // namespace

TEST_CASE("the FIFO is a queue, for depths that are powers of two and others") {
  const gen::Design design = gen::generate(tiny());
  for (const int depth : {1, 2, 3, 4}) {
    INFO(depth);
    Question q{files_of(design, {"lutra_fifo"}, property_file("fifo.v")), "lutra_fifo", {"DEPTH", std::to_string(depth), "WIDTH", "2"}};
    const Proof proof = prove(q);
    INFO(proof.output);
    CHECK(proof.holds);
    q.files[0].text = replaced(q.files[0].text, "ready_o = count_q != FULL[CW-1:0]", "ready_o = 1'b1");
    CHECK_FALSE(prove(q).holds);
  }
}

TEST_CASE("a unit queue starts its head exactly when unit and semaphores allow, and is empty after a stop") {
  const gen::Design design = gen::generate(tiny());
  holds_unless_broken({files_of(design, {"lutra_unit_queue", "lutra_fifo"}, property_file("unit_queue.v")),
                       "lutra_unit_queue",
                       {"DEPTH", "2", "WIDTH", "16"}},
                      "valid_o && accept_i && !stop_i", "valid_o && accept_i");
}

TEST_CASE("semaphores are granted in order of priority, never below zero, and count every retirement and post") {
  const gen::Design design = gen::generate(tiny());
  holds_unless_broken({files_of(design, {"lutra_semaphores"}, property_file("semaphores.v")), "lutra_semaphores", {}},
                      "(~nonzero | load_take)", "~nonzero");
}

TEST_CASE("the load unit's bursts stay within 4 KB and their length, and are held until taken") {
  const gen::Design design = gen::generate(tiny());
  holds_unless_broken(
      {files_of(design, {"lutra_load_unit", "lutra_unit_queue", "lutra_fifo"}, property_file("load_unit.v")), "lutra_load_unit", {}},
      "to_page < MAX_BEATS[9:0]", "to_page > MAX_BEATS[9:0]");
}

TEST_CASE("the store unit's bursts stay within 4 KB and have the beats that they say; addresses and data are held until taken") {
  ArchConfig wide = tiny(), narrow = tiny();
  narrow.axi.data_bits = 128;  // a row of outputs is a beat
  for (const ArchConfig& config : {wide, narrow}) {
    const gen::Design design = gen::generate(config);
    const std::string bound =
        fmt::format("  localparam [31:0] F_MAX_BEATS = {}, F_COLUMNS = {};\n", config.axi.max_burst_beats, config.array.columns);
    const Question q{files_of(design, {"lutra_store_unit", "lutra_unit_queue", "lutra_fifo"}, bound + property_file("store_unit.v")),
                     "lutra_store_unit",
                     {}};
    holds_unless_broken(q, "else if (grant && beat_last) request_q", "else if (grant && burst_last) request_q");
    if (config.axi.data_bits == wide.axi.data_bits) {
      Question too_long = q;
      too_long.files[0].text = replaced(q.files[0].text, "burst_len = ", "burst_len = 8'd1 + ");
      CHECK_FALSE(prove(too_long).holds);
    }
  }
}

}  // namespace lutra::test

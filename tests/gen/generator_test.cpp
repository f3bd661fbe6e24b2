// The generator: what a design consists of, and that it is the same every time.
#include "gen/generator.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "isa/error.h"
#include "isa/file.h"
#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

namespace fs = std::filesystem;

// A directory of its own that goes away with the test.
struct Scratch {
  fs::path path =
      fs::temp_directory_path() / ("lutra_generator_test_" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  Scratch() { fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("two runs of the generator give the same bytes") {
  for (const char* name : {"tiny", "edge_w2a8"}) {
    const gen::Design a = gen::generate(test::shipped_config(name)), b = gen::generate(test::shipped_config(name));
    REQUIRE(a.files.size() == b.files.size());
    for (std::size_t i = 0; i < a.files.size(); ++i) {
      CHECK(a.files[i].name == b.files[i].name);
      CHECK(a.files[i].text == b.files[i].text);
    }
    REQUIRE(a.companions.size() == b.companions.size());
    for (std::size_t i = 0; i < a.companions.size(); ++i) {
      CHECK(a.companions[i].name == b.companions[i].name);
      CHECK(a.companions[i].text == b.companions[i].text);
    }
  }
}

TEST_CASE("every file of a design opens with configuration, hash and version") {
  const ArchConfig config = test::shipped_config("tiny");
  for (const gen::EmittedFile& f : gen::generate(config).files) {
    const std::string first = f.text.substr(0, f.text.find('\n'));
    INFO(f.name);
    CHECK(first.find("tiny") != std::string::npos);
    CHECK(first.find(config_hash(config)) != std::string::npos);
    CHECK(first.find(LUTRA_VERSION) != std::string::npos);
  }
}

TEST_CASE("the emitted core instantiates only modules that the design contains, each defined once") {
  const gen::Design design = gen::generate(test::shipped_config("edge_w2a8"));
  std::set<std::string> defined;
  for (const gen::EmittedFile& f : design.files) {
    std::istringstream lines(f.text);
    for (std::string line; std::getline(lines, line);)
      if (line.rfind("module ", 0) == 0) {
        std::istringstream words(line);
        std::string word, name;
        words >> word >> name;
        CHECK(defined.insert(name.substr(0, name.find('('))).second);
      }
  }
  CHECK(defined.count("lutra_core") == 1);
  CHECK(defined.count("lutra_array") == 1);
}

TEST_CASE("a design is written with its file list and manifest, and replaces only a design") {
  const Scratch scratch;
  const gen::Design design = gen::generate(test::shipped_config("tiny"));
  const fs::path target = scratch.path / "out";
  gen::write_design(design, target.string());
  gen::write_design(design, target.string());
  const auto manifest = nlohmann::json::parse(read_file((target / "manifest.json").string()));
  CHECK(manifest["name"] == "tiny");
  CHECK(manifest["program_hash"] == program_hash(test::shipped_config("tiny")));
  for (const auto& file : manifest["files"]) CHECK(fs::exists(target / file.get<std::string>()));
  CHECK(fs::exists(target / manifest["file_list"].get<std::string>()));
  CHECK(manifest["memories"].size() == design.memories.size());
  CHECK(design.memories.size() >= 6);  // one a buffer, or more
  for (const gen::MemoryMacro& m : design.memories) CHECK(m.words * m.bits > 0);
  CHECK(std::distance(fs::directory_iterator(scratch.path), fs::directory_iterator()) == 1);

  const fs::path other = scratch.path / "precious";
  fs::create_directories(other);
  std::ofstream(other / "thesis.tex") << "years of work";
  CHECK_THROWS_AS(gen::write_design(design, other.string()), Error);
  CHECK(fs::exists(other / "thesis.tex"));
}

TEST_CASE("generating takes less than 0.2 seconds") {
  const ArchConfig config = test::shipped_config("edge_w2a8");
  const auto begin = std::chrono::steady_clock::now();
  const gen::Design design = gen::generate(config);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  CHECK(design.files.size() > 10);
  CHECK(seconds.count() < 0.2);
}

}  // namespace lutra::test

// What pages show of a command is what the command prints; LUTRA_UPDATE_DOCS=1 writes it anew.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <regex>

#include "isa/file.h"
#include "sim/process/process.h"
#include "tests/source_dir.h"

namespace {

/// The output of `lutra WORDS`, given as a line of words.
std::string output_of(const std::string& words) {
  std::vector<std::string> arguments{LUTRA_EXECUTABLE};
  const std::regex word("[^ ]+");
  for (std::sregex_iterator it(words.begin(), words.end(), word), end; it != end; ++it) arguments.push_back(it->str());
  const lutra::ProcessResult result = lutra::run_process(arguments);
  REQUIRE(result.exit_code == 0);
  return result.output;
}

/// `page` with every fenced block that opens with "$ lutra WORDS" holding what the command prints; `blocks` counts them.
std::string with_outputs(const std::string& page, int& blocks) {
  static const std::string kFence = "```\n", kPrompt = kFence + "$ lutra ";
  std::string text;
  std::size_t at = 0;
  for (std::size_t found; (found = page.find(kPrompt, at)) != std::string::npos; ++blocks) {
    const std::size_t words = found + kPrompt.size(), line = page.find('\n', words), close = page.find("\n" + kFence, line);
    REQUIRE(line != std::string::npos);
    REQUIRE(close != std::string::npos);
    text += page.substr(at, line + 1 - at) + output_of(page.substr(words, line - words));
    at = close + 1;
  }
  return text + page.substr(at);
}

}  // namespace

TEST_CASE("the outputs shown in docs/types.md are those of the commands") {
  const std::string path = lutra::test::source_dir() + "/docs/types.md", page = lutra::read_file(path);
  int blocks = 0;
  const std::string renewed = with_outputs(page, blocks);
  if (std::getenv("LUTRA_UPDATE_DOCS") != nullptr) lutra::write_file_atomically(path, renewed);
  CHECK(blocks == 3);
  CHECK(lutra::read_file(path) == renewed);
}

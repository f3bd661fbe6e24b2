// Writes a valid file of each kind into DIR/PARSER, for the fuzzers to start from.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/workloads/import/file_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int number = 0;
  for (const auto& [parser, bytes] : lutra::test::seeds()) {
    const auto folder = std::filesystem::path(argv[1]) / parser;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / ("seed" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file) return 1;
  }
  return 0;
}

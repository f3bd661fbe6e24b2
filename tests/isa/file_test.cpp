// Bounded reading and atomic writing.
#include "isa/file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/isa/message_of.h"
#include "tests/isa/temporary_directory.h"

using namespace lutra;
using lutra::test::message_of;
using lutra::test::TemporaryDirectory;

TEST_CASE("what was written is read back, zero bytes included") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a");
  const std::string data("one\0two", 7);
  write_file_atomically(path, data);
  CHECK(read_file(path) == data);
  write_file_atomically(path, "");
  CHECK(read_file(path).empty());
  CHECK(directory.entries() == 1);
}

TEST_CASE("missing files, directories and too long files are refused") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a");
  CHECK(message_of([&] { read_file(path); }) == path + ": cannot read: No such file or directory");
  CHECK(message_of([&] { read_file(directory.file("")); }).find("a directory was given") != std::string::npos);
  write_file_atomically(path, std::string(1000, 'x'));
  CHECK(read_file(path, 1000).size() == 1000);
  CHECK(message_of([&] { read_file(path, 999); }) == path + ": the file is longer than the 999 bytes allowed");
  CHECK(message_of([&] { read_file("/dev/zero", 100000); }).find("longer than the 100000 bytes") != std::string::npos);
}

TEST_CASE("a write that fails leaves nothing behind") {
  const TemporaryDirectory directory;
  CHECK(message_of([&] { write_file_atomically(directory.file("no/such"), "x"); }).find("cannot write") != std::string::npos);
  const std::string occupied = directory.file("occupied");
  REQUIRE(::mkdir(occupied.c_str(), 0755) == 0);  // rename onto a directory fails after the data are written
  CHECK_FALSE(message_of([&] { write_file_atomically(occupied, "x"); }).empty());
  CHECK(directory.entries() == 1);
}

// The progress bar's line.
#include "cli/progress.h"

#include <catch2/catch.hpp>

using lutra::cli::Progress;

TEST_CASE("a progress line shows the share done and the time left") {
  CHECK(Progress::line("sim", 0.5, 60) == "sim [###############---------------]  50 % 1:00 left");
  CHECK(Progress::line("sim", 0.25, 1) == "sim [########----------------------]  25 % 0:03 left");
}

TEST_CASE("a progress line promises no time before anything is done") {
  CHECK(Progress::line("sim", 0, 5) == "sim [------------------------------]   0 %");
}

TEST_CASE("a progress line stays within its bounds") {
  CHECK(Progress::line("sim", 1.7, 10) == "sim [##############################] 100 % 0:00 left");
  CHECK(Progress::line("sim", -1, 10) == "sim [------------------------------]   0 %");
}

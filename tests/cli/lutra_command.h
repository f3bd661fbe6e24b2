// The executable with arguments, as a person would start it.
#pragma once

#include <string>
#include <vector>

#include "sim/process/process.h"

namespace lutra::test {

inline ProcessResult lutra_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {LUTRA_EXECUTABLE};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_process(command);
}

}  // namespace lutra::test

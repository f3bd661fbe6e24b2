// Catches an Error and hands back what it says.
#pragma once

#include <string>

#include "isa/error.h"

namespace lutra::test {

/// The message of the Error that `action` throws, or "" when it throws none.
template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace lutra::test

// Runs RTL and model to their end in tests.
#pragma once

#include <catch2/catch.hpp>

#include "sim/cosim/lockstep.h"

namespace lutra::test {

/// Runs to the end; the message of a divergence fails the test.
inline void check_agreement(cosim::Lockstep& lockstep) {
  const bool agreed = cosim::run_to_end(lockstep);
  if (!agreed) FAIL(lockstep.divergence()->str());
}

}  // namespace lutra::test

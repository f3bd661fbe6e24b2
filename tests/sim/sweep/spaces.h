// Spaces that the tests of sweeps share.
#pragma once

#include <string>

#include "sim/sweep/evaluate.h"
#include "tests/shipped_config.h"

namespace lutra::sweep {

inline ArchConfig tiny_base(const std::string& name) { return test::shipped_config(name); }

inline Space space_from(const std::string& yaml) { return parse_space(yaml, "space.yaml", tiny_base, "none"); }

/// `parameters` and everything behind it; the rest is the same for all.
inline std::string space_text(const std::string& parameters, const std::string& rest = "objectives: [tokens_per_s, array_macs]\n") {
  return "name: test\nbase: tiny\nparameters:\n" + parameters + "workloads:\n  - {name: step, model: bitnet_b158_2b4t, context: 64}\n" +
         rest;
}

/// 5 x 3 x 4 points of which nothing is simulated.
inline Space plain_space() {
  return space_from(space_text(
      "  array.rows: {from: 1, to: 5, step: 1}\n  control.loop_depth: [4, 5, 6]\n  array.columns: {from: 4, to: 32, factor: 2}\n"));
}

/// A result made of the indices alone: fast, and with a front.
inline Outcome made_up(const Choice& choice) {
  Outcome outcome;
  double sum = 0, mix = 1;
  for (const std::uint16_t index : choice) {
    sum += index;
    mix = mix * 7 + index * 3.0;
  }
  outcome.values[kTokensPerS] = 100 + sum * 10 - static_cast<double>(static_cast<long long>(mix) % 13);
  outcome.values[kArrayMacs] = 10 + sum * sum;
  outcome.cycles["total"] = static_cast<long long>(mix);
  return outcome;
}

}  // namespace lutra::sweep

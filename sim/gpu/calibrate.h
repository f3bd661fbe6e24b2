// Table 1 of LUT Tensor Core (ISCA'25), what this model says about it, and the calibration on its conventional rows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/gpu/host.h"
#include "sim/gpu/simulate.h"

namespace lutra::gpu {

/// A published time of a whole model.
struct PublishedTime {
  const char* row;    // as the paper calls the hardware
  const char* host;   // built-in host
  const char* model;  // built-in model
  Precision precision;
  const char* phase;  // "prefill": one sequence of 2048 tokens; "decode": 1024 sequences of one token without history
  double paper_ms;
  bool calibrates;  // used for calibration; the others are predictions
};
std::span<const PublishedTime> table1();

/// The pass that a row times. The paper's BitNet runs every product with W_INT2, so the LM head takes the projections' format here.
workloads::Trace trace_of(const PublishedTime& row);
/// This model's time of a row, in ms, with the host's parameters and the given calibration.
double our_ms(const PublishedTime& row, const Calibration& calibration, Mode mode = Mode::kFast);

/// The two calibration figures with the least sum of squared relative errors on the rows that calibrate: a pattern search from a fixed
/// start, so that it always finds the same.
Calibration calibrate();

struct Table1Entry {
  PublishedTime published;
  double ours_ms = 0;
  double error_pct = 0;
};
std::vector<Table1Entry> compare_table1(const Calibration& calibration, Mode mode = Mode::kFast);

}  // namespace lutra::gpu

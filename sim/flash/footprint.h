// How many bytes each part of a model takes in DRAM and in flash.
#pragma once

#include "workloads/model.h"

namespace lutra::flash {

/// How weights are stored. Scales are FP16.
struct Storage16 {};

struct WeightStorage {
  double bits = 4;              // a weight; 16: FP16 without scales
  int scale_group = 0;          // weights that share an FP16 scale; 0: one scale a row
  bool scales_in_dram = false;  // the scales of the feed-forward blocks stay in DRAM and are not read with the neurons
  double predictor_bytes = 0;   // of all layers and experts; the predictor of an expert is read whenever that is used
  double runtime_bytes = 0;     // KV cache, activations, code
  int page_bytes = 4096;        // reads of single rows and bundles are rounded up to this
};

/// Bytes. "Fixed" stays in DRAM whatever happens.
struct Footprint {
  double attention = 0;  // of a layer, read for every token
  double head = 0;       // LM head, read for every token
  double embedding = 0;  // table, of which a token reads one row
  double predictor = 0;  // of one expert of one layer
  double runtime = 0;
  double resident_scales = 0;  // all feed-forward scales when they stay in DRAM, else 0
  double fixed = 0;            // sum of what has to be in DRAM

  int matrices = 3;     // of a neuron: gate, up, down, or two
  double row = 0;       // weights of one neuron in one matrix, in flash and in cache
  double row_read = 0;  // bytes that computing with a row reads from DRAM: weights and scales
  double neuron = 0;    // matrices x row: what a cached neuron takes
  double neuron_read = 0;
  double macs = 0;   // of one neuron
  double model = 0;  // everything in flash
};

Footprint footprint(const workloads::ModelConfig& model, const WeightStorage& storage);

}  // namespace lutra::flash

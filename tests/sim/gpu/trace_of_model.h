// Traces for the tests of GPU hosts.
#pragma once

#include "workloads/trace.h"

namespace lutra::test {

inline workloads::Trace trace_of_model(const char* name, const workloads::TraceRequest& request, int layers = 2) {
  workloads::ModelConfig model = workloads::load_model(name);
  model.layers = layers;
  return workloads::trace_model(model, request);
}

}  // namespace lutra::test

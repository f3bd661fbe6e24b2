// Makes every artefact and hashes its bytes.
#include "sim/trust/fingerprints.h"

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <future>
#include <random>

#include "gen/generator.h"
#include "isa/program.h"
#include "isa/sha256.h"
#include "kernels/mpgemm.h"
#include "sim/model/core.h"
#include "sim/regression/bench.h"
#include "sim/regression/random_config.h"
#include "workloads/compile.h"
#include "workloads/trace.h"

namespace lutra::trust {
namespace {

using Maker = std::function<std::string()>;

std::string design_text(const ArchConfig& config) {
  const gen::Design design = gen::generate(config);
  std::string text;
  for (const auto* files : {&design.files, &design.companions})
    for (const gen::EmittedFile& f : *files) text += f.name + "\n" + f.text;
  return text;
}

std::string random_designs() {
  std::string text;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    text += design_text(regression::random_config(random));
  }
  return text;
}

workloads::Trace decode_trace() {
  return workloads::trace_model(workloads::load_model("bitnet_b158_2b4t"), {workloads::Phase::kDecode, 1, 1, 2048});
}

struct EventText : model::EventSink {
  std::string text;
  void event(const model::Event& e) override {
    text += fmt::format("{} {} {:x} {:x} {:x}\n", e.cycle, model::channel_name(e.channel), e.a, e.b, e.c);
  }
};

/// Every event of the regression bench on the model.
std::string simulated_events(const ArchConfig& config) {
  EventText events;
  for (const regression::BenchRun& run : regression::regression_bench(config, 12, 1)) {
    memory::Memory memory(config, run.memory);
    memory.image() = run.image;
    model::Core core(config, memory, run.script, {&events, true});
    core.run();
    for (const std::uint32_t value : core.host().read_values()) events.text += fmt::format("{:x}\n", value);
  }
  return events.text;
}

/// FP32 outputs of ternary weights with a scale a group, in `threads` threads.
std::string kernel_outputs(int threads) {
  constexpr int kOutputs = 200, kDepth = 384, kGroup = 64, kTokens = 3;
  std::mt19937_64 random(1);
  std::vector<std::uint8_t> codes(kOutputs * kDepth);
  std::vector<float> scales(kOutputs * kDepth / kGroup);
  std::vector<std::int8_t> activations(kTokens * kDepth);
  for (std::uint8_t& code : codes) code = static_cast<std::uint8_t>(random() % 4);
  for (float& scale : scales) scale = static_cast<float>(1 + random() % 255) / 1024;
  for (std::int8_t& a : activations) a = static_cast<std::int8_t>(random() % 255 - 127);
  kernels::WeightMatrix weights;
  weights.outputs = kOutputs;
  weights.depth = kDepth;
  weights.type.planes = 2;
  weights.type.shifts[1] = 1;
  weights.group = kGroup;
  weights.codes = codes;
  weights.scales = scales;
  std::vector<float> outputs(kTokens * kOutputs);
  const kernels::Plan plan = kernels::make_plan(weights, {}, threads);
  kernels::mpgemm(plan, {kernels::ValueType::kInt8, activations.data(), kTokens, 0, {}}, {kernels::ValueType::kFp32, outputs.data(), 0},
                  threads);
  return {reinterpret_cast<const char*>(outputs.data()), outputs.size() * sizeof(float)};
}

std::vector<std::pair<std::string, Maker>> makers(const std::vector<ArchConfig>& configs, int threads) {
  std::vector<std::pair<std::string, Maker>> all;
  for (const ArchConfig& config : configs) all.emplace_back("verilog " + config.name, [&config] { return design_text(config); });
  all.emplace_back("verilog of 20 random cores", random_designs);
  all.emplace_back("trace of a decode step", [] { return workloads::trace_json(decode_trace()); });
  for (const ArchConfig& config : configs) {
    if (config.name.rfind("tiny", 0) == 0)
      all.emplace_back("events " + config.name, [&config] { return simulated_events(config); });
    else
      all.emplace_back("program " + config.name, [&config] { return serialize_program(workloads::compile(config, decode_trace())); });
  }
  all.emplace_back("outputs of a kernel", [threads] { return kernel_outputs(threads); });
  return all;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> fingerprints(const std::vector<ArchConfig>& configs, int threads) {
  const std::vector<std::pair<std::string, Maker>> all = makers(configs, threads);
  std::vector<std::pair<std::string, std::string>> prints(all.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < all.size(); i = next++) prints[i] = {all[i].first, sha256_hex(all[i].second())};
  };
  std::vector<std::future<void>> running;
  for (int t = 1; t < threads; ++t) running.push_back(std::async(std::launch::async, work));
  work();
  for (std::future<void>& f : running) f.get();
  return prints;
}

}  // namespace lutra::trust

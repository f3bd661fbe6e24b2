// Decoding from flash: invariants hold for every policy, and each technique does what it is for.
#include "sim/flash/decoder.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/isa/message_of.h"
#include "tests/sim/flash/decode_fixture.h"

using namespace lutra;
using namespace lutra::flash;
using test::SmallDecode;

namespace {

DecodeResult decode(const char* policy, double share = 0.4) { return SmallDecode(find_policy(policy), share).run(); }

Policy changed(const char* name, void (*change)(Policy&)) {
  Policy policy = find_policy(name);
  change(policy);
  return policy;
}

}  // namespace

TEST_CASE("every policy keeps its budget, computes what is needed and loses no read, over random traces") {
  for (const Policy& policy : policies()) {
    for (const double share : {0.0, 0.05, 0.4, 1.0}) {
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        INFO(policy.name << " share " << share << " seed " << seed);
        for (const char* sparse : {"cpu", "core"}) {
          // A window that does not fit is refused, see below; clusters of the core nearly all hold a predicted neuron.
          if (policy.residency == "window" && share < (std::string(sparse) == "cpu" ? 0.4 : 1)) continue;
          Policy variant = policy;
          variant.sparse_unit = sparse;
          if (variant.dense_unit == "cpu") variant.dense_unit = sparse;
          SmallDecode small(variant, share, 4, seed);
          if (std::string(sparse) == "core") small.setup.budget_bytes += 2e6, small.setup.staging_bytes += 2e6;
          const DecodeResult r = small.run(12, 4);  // the decoder's assertions throw
          CHECK(r.tokens == 12);
          CHECK(r.needed == r.hot + r.hits + r.loaded);
          CHECK(r.held_bytes <= small.setup.budget_bytes);
          CHECK(r.computed_neurons >= r.needed_neurons);
          CHECK(r.seconds >= r.attention_s + r.predictor_s + r.ffn_s - 1e-6);
        }
      }
    }
  }
}

TEST_CASE("each technique alone makes a predictor's decode faster, and together more than any alone") {
  const double base = decode("predictor").seconds;
  for (const char* single : {"window", "bundle", "gate_first", "hot", "lru", "matrix", "cluster"}) {
    INFO(single);
    CHECK(decode(single, 0.6).seconds < base);
  }
  double best_single = base;
  for (const char* single : {"window", "bundle", "gate_first", "hot", "lru", "matrix", "cluster"})
    best_single = std::min(best_single, decode(single, 0.6).seconds);
  CHECK(decode("segmented", 0.6).seconds < best_single);
}

TEST_CASE("streaming whole layers reads every byte, a static share as much less") {
  SmallDecode small(find_policy("stream"), 0);
  const DecodeResult all = small.run();
  // 64 pieces of 16 neurons an expert, each rounded up to pages.
  const Footprint f = footprint(small.setup.model, small.setup.storage);
  const double piece = std::ceil(16 * f.neuron / 4096) * 4096;
  CHECK(all.flash_bytes / static_cast<double>(all.tokens) == 4 * 2 * 64 * piece);
  CHECK(decode("static", 0.5).flash_bytes / all.flash_bytes == Approx(0.5).epsilon(0.05));
}

TEST_CASE("bundles cut the reads of a neuron to one, two-phase loading leaves out rows behind closed gates") {
  const DecodeResult rows = decode("predictor"), bundles = decode("bundle"), gates = decode("gate_first");
  CHECK(rows.reads == 3 * bundles.reads);
  CHECK(gates.reads > bundles.reads);
  CHECK(static_cast<double>(gates.reads) / static_cast<double>(bundles.reads) == Approx(1.8).epsilon(0.03));  // 20 % closed
}

TEST_CASE("a larger cache misses less, and one that holds everything reads nothing once it is warm") {
  double before = 1.1;
  for (const double share : {0.05, 0.2, 0.4, 0.7}) {
    const double rate = decode("bundle_lru", share).miss_rate();
    CHECK(rate < before);
    before = rate;
  }
  SmallDecode all(find_policy("bundle_lru"), 1.0);
  CHECK(all.run(10, 400).miss_rate() < 0.003);
}

TEST_CASE("clusters overlap reads and computing better than matrices do, and those better than nothing") {
  const auto with = [](const char* schedule) {
    Policy policy = find_policy("cluster_pipeline");
    policy.schedule = schedule;
    SmallDecode small(policy, 0.3);
    small.setup.phone.units[0].gb_s = 2;  // computing takes about as long as reading
    return small.run().seconds;
  };
  const double serial = with("serial"), matrix = with("matrix"), cluster = with("cluster");
  CHECK(matrix < serial);
  CHECK(cluster < matrix);
}

TEST_CASE("a window that does not fit the budget, and budgets below the fixed weights, are refused") {
  CHECK_THAT(test::message_of([] { decode("window", 0.01); }), Catch::Contains("a window of 5 tokens holds more than the"));
  SmallDecode small(find_policy("segmented"));
  small.setup.budget_bytes = 1e5;
  CHECK_THAT(test::message_of([&] { small.run(); }), Catch::Contains("a DRAM budget of 0.0001 GB is smaller than the"));
  CHECK_THAT(test::message_of([&] { SmallDecode(changed("segmented", [](Policy& p) { p.hot_share = 0.9; })).run(); }),
             Catch::Contains("a hot set of 90 % of the neurons needs"));
}

TEST_CASE("a trace or profile of another model is refused") {
  SmallDecode small(find_policy("segmented"));
  workloads::ActivityGenerator other({"other", 4, 4, 2, 1024}, small.statistics, 1, 3);
  Decoder decoder(small.setup);
  CHECK_THAT(test::message_of([&] { decoder.run(other); }), Catch::Contains("a trace of other, the model is small"));
  Profile wrong = small.profile;
  wrong.shape.model = "other";
  small.setup.profile = &wrong;
  CHECK_THAT(test::message_of([&] { Decoder d(small.setup); }), Catch::Contains("the profile is of other, the model is small"));
}

TEST_CASE("units are checked: a mac unit gathers nothing, unknown names are answered") {
  CHECK_THAT(test::message_of([] { SmallDecode(changed("lru", [](Policy& p) { p.sparse_unit = "npu"; })).run(); }),
             Catch::Contains("computes dense matrices only"));
  CHECK_THAT(test::message_of([] { SmallDecode(changed("lru", [](Policy& p) { p.dense_unit = "npv"; })).run(); }),
             Catch::Contains("did you mean npu?"));
  CHECK_THAT(test::message_of([] { find_policy("bundel"); }), Catch::Contains("did you mean bundle?"));
}

TEST_CASE("cores share the work of a LUT unit, and only such a unit has cores") {
  SmallDecode small(find_policy("segmented"));
  Unit unit = find_unit(small.setup.phone, "core");
  const UnitCost one = unit_cost(unit, 4, 512, test::test_arch);
  unit.cores = 2;
  const UnitCost two = unit_cost(unit, 4, 512, test::test_arch);
  CHECK(two.ns_per_mac == Approx(one.ns_per_mac / 2));
  CHECK(two.fixed_ns == one.fixed_ns);
  CHECK(one.gather == 32);
  std::string text = test::kSmallPhone;
  text.replace(text.find("gb_s: 40,"), 9, "gb_s: 40, cores: 2,");
  CHECK_THAT(test::message_of([&] { parse_phone(text, "small.yaml"); }), Catch::Contains("units[0].cores: a unit of kind cpu has none"));
}

TEST_CASE("guessed experts are read during attention and save time") {
  SmallDecode with(find_policy("expert_prefetch"), 0.3), without(find_policy("experts"), 0.3);
  for (SmallDecode* small : {&with, &without}) small->setup.phone.units[0].gb_s = 0.5;  // attention takes a while
  CHECK(with.run().seconds < without.run().seconds);
}

TEST_CASE("the planner pins more neurons when a dense unit is beside the CPU, and its choice is no worse than its neighbours") {
  const auto with_hot = [](double share) {
    Policy policy = find_policy("segmented");
    policy.hot_share = share;
    policy.dense_unit = "npu";
    SmallDecode small(policy, 0.5);
    small.setup.phone.units[0].gb_s = 1;  // sparse work is dear
    small.setup.phone.units[1].gb_s = 5;
    return small.run();
  };
  const DecodeResult planned = with_hot(-1);
  CHECK(planned.hot_per_expert > 0);
  CHECK(planned.seconds < with_hot(0).seconds);
  CHECK(planned.seconds < with_hot(0.5).seconds * 1.02);
}

TEST_CASE("energy adds up and follows the bytes") {
  const DecodeResult r = decode("segmented");
  CHECK(r.joules() == Approx(r.flash_j + r.dram_j + r.compute_j + r.base_j));
  CHECK(r.base_j == Approx(r.seconds));
  CHECK(r.dram_j == Approx(r.dram_bytes * 8 * 4e-12));
  CHECK(r.flash_j == Approx((r.flash_bytes * 300 + static_cast<double>(r.reads) * 500e3) * 1e-12));
}

TEST_CASE("prefill reads every weight that does not fit once and overlaps it with computing") {
  SmallDecode small(find_policy("segmented"), 0.5);
  const PrefillResult p = prefill(small.setup, "npu", 128);
  const Footprint f = footprint(small.setup.model, small.setup.storage);
  CHECK(p.flash_bytes == Approx(0.5 * f.neuron * 4 * 4 * 1024).epsilon(0.02));
  CHECK(p.seconds < p.read_s + p.compute_s);
  CHECK(p.seconds >= std::max(p.read_s, p.compute_s));
}

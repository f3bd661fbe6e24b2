// Generated traces have the statistics they state, and those are the published ones.
#include "workloads/sparsity/generator.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "tests/isa/message_of.h"
#include "workloads/sparsity/statistics.h"

using namespace lutra;
using namespace lutra::workloads;

namespace {

SparsityShape shape_of(const char* model) { return sparsity_shape(load_model(model)); }

MeasuredSparsity measured(SparsityShape shape, const char* statistics, std::int64_t tokens, std::uint64_t seed = 1) {
  ActivityGenerator generator(std::move(shape), published_statistics(statistics), seed, tokens);
  return measure_sparsity(generator, 5);
}

}  // namespace

TEST_CASE("a generated OPT 6.7B trace is 97 % sparse and loads 2.4 % a token behind a window of five") {
  SparsityShape shape = shape_of("opt_6.7b");
  shape.layers = 4;
  const MeasuredSparsity m = measured(shape, "opt_6.7b", 60);
  CHECK(m.tokens == 60);
  CHECK(m.active_share == Approx(0.03).epsilon(0.03));
  CHECK(m.predicted_share == Approx(0.10).epsilon(0.03));
  CHECK(m.window_load == Approx(0.024).epsilon(0.05));
  CHECK(m.window_held == Approx(0.24).epsilon(0.05));
  CHECK(m.false_negative == Approx(0.05).margin(0.008));
}

TEST_CASE("a generated TurboSparse-Mixtral trace activates 3 to 4 billion parameters a token") {
  const ModelConfig model = load_model("mixtral_8x7b");
  SparsityShape shape = sparsity_shape(model);
  shape.layers = 4;
  const MeasuredSparsity m = measured(shape, "turbosparse_mixtral", 60);
  CHECK(m.active_share == Approx(0.15).epsilon(0.03));
  const double attention = 2.0 * static_cast<double>(model.hidden) *
                           static_cast<double>(model.hidden + static_cast<long long>(model.kv_heads) * model.head_dim) * model.layers;
  const double head = static_cast<double>(model.vocabulary) * static_cast<double>(model.hidden) * 2;
  const double ffn = m.active_share * 3.0 * static_cast<double>(model.hidden) * 2 * static_cast<double>(model.ffn) * model.layers;
  CHECK(attention + head + ffn > 3.0e9);
  CHECK(attention + head + ffn < 4.0e9);
  CHECK(m.hot_half > 0.95);  // "3.5 % misses" with half of the neurons kept
  CHECK(m.false_positive == Approx(0.2).margin(0.01));
}

TEST_CASE("a generated LLAMA2 FATReLU trace is 90 % sparse") {
  SparsityShape shape = shape_of("llama2_7b");
  shape.layers = 4;
  const MeasuredSparsity m = measured(shape, "llama2_fatrelu", 40);
  CHECK(m.active_share == Approx(0.10).epsilon(0.03));
  CHECK(m.false_negative == Approx(0.05).margin(0.005));
}

TEST_CASE("a dense trace lists every neuron of every token") {
  const MeasuredSparsity m = measured({"m", 2, 1, 1, 100}, "dense", 4);
  CHECK(m.active_share == 1);
  CHECK(m.predicted_share == 1);
}

TEST_CASE("persistence raises the overlap between tokens and leaves the shares alone") {
  SparsityStatistics s = published_statistics("opt_6.7b");
  double before = 0;
  for (const double persistence : {0.0, 0.4, 0.8}) {
    s.persistence = persistence;
    ActivityGenerator generator({"m", 1, 1, 1, 8192}, s, 3, 150);
    const MeasuredSparsity m = measure_sparsity(generator, 5);
    CHECK(m.predicted_share == Approx(0.10).epsilon(0.05));
    CHECK(m.overlap > before);
    before = m.overlap;
  }
}

TEST_CASE("the planner's probabilities are the frequencies of the trace") {
  const SparsityShape shape{"m", 1, 4, 2, 512};
  ActivityGenerator generator(shape, published_statistics("turbosparse_mixtral"), 5, 4000);
  std::vector<double> uses(512, 0);
  double chosen = 0;
  TokenActivity token;
  while (generator.next(token)) {
    for (const ActivitySlice& slice : token.slices) {
      if (slice.expert != 2) continue;
      ++chosen;
      for (std::uint32_t i = slice.begin; i < slice.end; ++i) uses[token.neurons[i].id()] += token.neurons[i].predicted() ? 1 : 0;
    }
  }
  CHECK(chosen == Approx(2000).epsilon(0.05));
  double error = 0;
  for (std::uint32_t n = 0; n < 512; ++n) error = std::max(error, std::abs(uses[n] / chosen - generator.probability(0, 2, n)));
  CHECK(error < 0.06);
}

TEST_CASE("the same seed gives the same trace, another seed another one") {
  const SparsityShape shape{"m", 2, 4, 2, 300};
  const auto all = [&](std::uint64_t seed) {
    ActivityGenerator generator(shape, published_statistics("turbosparse_mixtral"), seed, 5);
    std::vector<TokenActivity> tokens;
    for (TokenActivity token; generator.next(token);) {
      CHECK(activity_problem(shape, token).empty());
      tokens.push_back(token);
    }
    return tokens;
  };
  CHECK(all(7) == all(7));
  CHECK_FALSE(all(7) == all(8));
}

TEST_CASE("popularity has the mean that is asked for and falls") {
  for (const double mean : {0.03, 0.1, 0.178, 0.6}) {
    const std::vector<double> p = popularity(mean, 0.4, 5000);
    CHECK(std::accumulate(p.begin(), p.end(), 0.0) / 5000 == Approx(mean).epsilon(1e-6));
    CHECK(std::is_sorted(p.rbegin(), p.rend()));
  }
}

TEST_CASE("statistics that contradict each other are refused") {
  SparsityStatistics s = published_statistics("opt_6.7b");
  s.predicted_share = 0.02;
  CHECK_THAT(test::message_of([&] {
               ActivityGenerator({"m", 1, 1, 1, 10}, s, 1, 1);
             }),
             Catch::Contains("predicted_share: given 0.02, allowed at least"));
  CHECK_THAT(test::message_of([] { published_statistics("turbosparse_mixtrl"); }), Catch::Contains("did you mean turbosparse_mixtral?"));
}

// The generator's chain of activations, and the published statistics.
#include "workloads/sparsity/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "isa/error.h"
#include "isa/splitmix.h"

namespace lutra::workloads {
namespace {

constexpr int kClasses = 96;  // neurons of similar probability, drawn together
constexpr int kMaxNeurons = 1 << 16;
constexpr double kOften = 0.15;  // from this probability on, asking every neuron is quicker than jumping to the next one that comes on

const std::array<SparsityStatistics, 5>& table() {
  static const std::array<SparsityStatistics, 5> kTable = {{
      {"opt_6.7b",
       "LLM in a flash: 97 % sparse; the predictor asks for about 10 % and misses 5 %; a window of 5 tokens holds 24 % of the neurons and "
       "loads 2.4 % a token. Skew and persistence are the pair that gives the last two.",
       0.03, 0.10, 0.05, 0.4, 0.34, 0},
      {"llama2_fatrelu",
       "LLM in a flash: LLAMA2 with FATReLU is 90 % sparse, predictors miss about 5 %. Predicted share, skew and persistence are assumed.",
       0.10, 0.13, 0.05, 0.4, 0.34, 0},
      {"turbosparse_mistral",
       "Turbo Sparse: 90 % of the neurons inactive; PowerInfer-2: a predicted bundle is used with 80 %, half of the neurons kept give 95 % "
       "hits (fixes the skew). Persistence as OPT.",
       0.10, 0.119, 0.05, 0.3, 0.34, 0},
      {"turbosparse_mixtral",
       "Turbo Sparse: 85 % of an expert's neurons inactive, 2 of 8 experts; PowerInfer-2: a predicted bundle is used with 80 %, 3.5 % "
       "misses "
       "with half of the neurons kept (fixes the skew). Persistence as OPT; experts repeat as often as by chance.",
       0.15, 0.178, 0.05, 0.3, 0.34, 0},
      {"dense", "Every neuron works: a SiLU model without a threshold.", 1, 1, 0, 1, 0, 0},
  }};
  return kTable;
}

void check(const SparsityStatistics& s) {
  const auto share = [](const char* name, double value, double min, double max) {
    if (!(value >= min && value <= max)) throw Error(fmt::format("{}: given {}, allowed {} to {}", name, value, min, max));
  };
  share("active_share", s.active_share, 1e-6, 1);
  share("predicted_share", s.predicted_share, 1e-6, 1);
  share("false_negative", s.false_negative, 0, 0.99);
  share("skew", s.skew, 0.05, 20);
  share("persistence", s.persistence, 0, 0.99);
  share("expert_repeat", s.expert_repeat, 0, 1);
  if (s.false_positive() < 0)
    throw Error(fmt::format("predicted_share: given {}, allowed at least {}: the active neurons that the predictor finds",
                            s.predicted_share, s.active_share * (1 - s.false_negative)));
}

}  // namespace

SparsityStatistics published_statistics(std::string_view name) {
  for (const SparsityStatistics& s : table())
    if (s.name == name) return s;
  const std::vector<std::string> names = published_statistics_names();
  throw Error(fmt::format("no sparsity statistics named '{}', allowed {}{}", name, listed(names), did_you_mean(std::string(name), names)));
}

std::vector<std::string> published_statistics_names() {
  std::vector<std::string> names;
  for (const SparsityStatistics& s : table()) names.push_back(s.name);
  return names;
}

std::vector<double> popularity(double mean, double skew, int count) {
  std::vector<double> p(static_cast<std::size_t>(count), 1.0);
  if (mean >= 1) return p;
  // Quantile: (1 - (1 - u)^(1/b))^(1/a). A larger b moves all mass towards 0, so the mean decides b.
  double low = 1e-4, high = 1e7;
  for (int step = 0; step < 200; ++step) {
    const double b = std::sqrt(low * high);
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      const double u = 1 - (i + 0.5) / count;
      p[static_cast<std::size_t>(i)] = std::pow(1 - std::pow(1 - u, 1 / b), 1 / skew);
      sum += p[static_cast<std::size_t>(i)];
    }
    (sum / count > mean ? low : high) = b;
    if (high / low < 1 + 1e-12) break;
  }
  return p;
}

ActivityGenerator::ActivityGenerator(SparsityShape shape, const SparsityStatistics& statistics, std::uint64_t seed, std::int64_t tokens)
    : shape_(std::move(shape)), statistics_(statistics), tokens_(tokens), state_(splitmix(seed)) {
  check(statistics_);
  if (shape_.neurons < 1 || shape_.neurons > kMaxNeurons)
    throw Error(fmt::format("{} neurons an expert, allowed 1 to {}", shape_.neurons, kMaxNeurons));
  // Candidates of a token: the predicted ones and those the predictor misses.
  const double candidates = std::min(1.0, statistics_.predicted_share + statistics_.active_share * statistics_.false_negative);
  probability_ = popularity(candidates, statistics_.skew, shape_.neurons);
  for (const double p : probability_) keep_threshold_.push_back(static_cast<std::uint32_t>(std::min(p * 0x1p32, 4294967295.0)));
  for (int c = 0; c < kClasses; ++c) {
    const int begin = static_cast<int>(std::int64_t{shape_.neurons} * c / kClasses);
    const int end = static_cast<int>(std::int64_t{shape_.neurons} * (c + 1) / kClasses);
    if (begin < end) classes_.push_back({begin, end, probability_[static_cast<std::size_t>(begin)]});
  }
  experts_.resize(static_cast<std::size_t>(shape_.layers * shape_.experts));
  for (Expert& expert : experts_) {
    expert.id_of_rank.resize(static_cast<std::size_t>(shape_.neurons));
    std::iota(expert.id_of_rank.begin(), expert.id_of_rank.end(), std::uint16_t{0});
    for (std::size_t i = expert.id_of_rank.size(); i > 1; --i) std::swap(expert.id_of_rank[i - 1], expert.id_of_rank[random() % i]);
    expert.rank_of_id.resize(expert.id_of_rank.size());
    for (std::size_t r = 0; r < expert.id_of_rank.size(); ++r) expert.rank_of_id[expert.id_of_rank[r]] = static_cast<std::uint16_t>(r);
    expert.on.assign(static_cast<std::size_t>(shape_.neurons + 63) / 64, 0);
  }
  next_on_.resize(static_cast<std::size_t>(shape_.neurons + 63) / 64);
  last_experts_.resize(static_cast<std::size_t>(shape_.layers));
}

std::uint64_t ActivityGenerator::random() const { return splitmix_finalise(state_ += kSplitmixStep); }

double ActivityGenerator::probability(int layer, int expert, std::uint32_t neuron) const {
  const Expert& e = experts_[static_cast<std::size_t>(layer * shape_.experts + expert)];
  const double missed = statistics_.active_share * statistics_.false_negative;
  return probability_[e.rank_of_id[neuron]] * statistics_.predicted_share / (statistics_.predicted_share + missed);
}

void ActivityGenerator::choose_experts(int layer, std::vector<int>& chosen) {
  std::vector<int>& last = last_experts_[static_cast<std::size_t>(layer)];
  chosen.clear();
  const auto taken = [&chosen](int e) { return std::find(chosen.begin(), chosen.end(), e) != chosen.end(); };
  for (const int e : last)
    if (uniform() < statistics_.expert_repeat) chosen.push_back(e);
  while (static_cast<int>(chosen.size()) < shape_.active_experts) {
    const int e = static_cast<int>(random() % static_cast<std::uint64_t>(shape_.experts));
    if (!taken(e)) chosen.push_back(e);
  }
  std::sort(chosen.begin(), chosen.end());
  last = chosen;
}

/// To the present token: the chain of a neuron whose expert was not used for g tokens has forgotten persistence^g.
void ActivityGenerator::advance(Expert& expert) {
  const double gap = static_cast<double>(token_ - expert.last_token);
  const double stays = expert.last_token < 0 ? 0 : std::pow(statistics_.persistence, gap);
  const auto stay_threshold = static_cast<std::uint32_t>(std::min(stays * 0x1p32, 4294967295.0));
  std::fill(next_on_.begin(), next_on_.end(), std::uint64_t{0});
  for (std::size_t w = 0; w < expert.on.size(); ++w) {
    for (std::uint64_t bits = expert.on[w]; bits != 0; bits &= bits - 1) {
      const std::size_t id = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      const std::uint64_t draw = random();
      // No branches on random outcomes: they would be guessed wrong half of the time.
      const auto kept = static_cast<std::uint64_t>(static_cast<std::uint32_t>(draw) < stay_threshold) |
                        static_cast<std::uint64_t>(static_cast<std::uint32_t>(draw >> 32) < keep_threshold_[expert.rank_of_id[id]]);
      next_on_[w] |= (bits & (~bits + 1)) & (std::uint64_t{0} - kept);
    }
  }
  // Neurons that were off come on with (1 - stays) p. Where that is often each is asked; else, inside a class of similar p, the distance to
  // the next candidate is geometric.
  const auto fresh = std::uint64_t{0xFFFFFFFFU} - stay_threshold;
  for (const Class& c : classes_) {
    const double most = (1 - stays) * c.most;
    if (most <= 0) continue;
    if (most > kOften && most < 1) {
      std::uint64_t draw = 0;
      for (int rank = c.begin; rank < c.end; ++rank, draw >>= 32) {
        const auto r = static_cast<std::size_t>(rank);
        if (((rank - c.begin) & 1) == 0) draw = random();
        const std::uint16_t id = expert.id_of_rank[r];
        const auto comes = static_cast<std::uint64_t>((draw & 0xFFFFFFFFU) < (fresh * keep_threshold_[r] >> 32));
        next_on_[id / 64U] |= (comes & ~(expert.on[id / 64U] >> (id % 64U))) << (id % 64U);
      }
      continue;
    }
    const double scale = most < 1 ? 1 / std::log1p(-most) : 0;
    for (int rank = c.begin;; ++rank) {
      if (most < 1) rank += static_cast<int>(std::min(std::log(uniform() + 0x1p-54) * scale, 1e9));
      if (rank >= c.end) break;
      const auto r = static_cast<std::size_t>(rank);
      const std::uint16_t id = expert.id_of_rank[r];
      const bool was_on = (expert.on[id / 64U] >> (id % 64U) & 1U) != 0;
      if (!was_on && uniform() * c.most < probability_[r]) next_on_[id / 64U] |= std::uint64_t{1} << (id % 64U);
    }
  }
  expert.on.swap(next_on_);
  expert.last_token = token_;
}

void ActivityGenerator::emit(int layer, int index, const Expert& expert, TokenActivity& token) {
  const double missed = statistics_.active_share * statistics_.false_negative;
  const double candidates = statistics_.predicted_share + missed;
  const auto missed_threshold = static_cast<std::uint32_t>(missed / candidates * 0x1p32);
  const auto active_threshold = static_cast<std::uint32_t>(std::min((1 - statistics_.false_positive()) * 0x1p32, 4294967295.0));
  ActivitySlice slice{layer, index, static_cast<std::uint32_t>(token.neurons.size()), 0};
  for (std::size_t w = 0; w < expert.on.size(); ++w) {
    for (std::uint64_t bits = expert.on[w]; bits != 0; bits &= bits - 1) {
      const auto id = static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
      const std::uint64_t draw = random();
      const bool predicted = static_cast<std::uint32_t>(draw) >= missed_threshold;
      const bool active = !predicted || static_cast<std::uint32_t>(draw >> 32) <= active_threshold;
      token.neurons.emplace_back(id, active, predicted);
    }
  }
  slice.end = static_cast<std::uint32_t>(token.neurons.size());
  token.slices.push_back(slice);
}

bool ActivityGenerator::next(TokenActivity& token) {
  token.clear();
  if (token_ >= tokens_) return false;
  std::vector<int> chosen;
  for (int layer = 0; layer < shape_.layers; ++layer) {
    choose_experts(layer, chosen);
    for (const int e : chosen) {
      Expert& expert = experts_[static_cast<std::size_t>(layer * shape_.experts + e)];
      advance(expert);
      emit(layer, e, expert, token);
    }
  }
  ++token_;
  return true;
}

}  // namespace lutra::workloads

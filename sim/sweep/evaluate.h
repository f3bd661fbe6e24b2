// From a point to its figures: time of the pass from the cycle-accurate model in fast mode, area and energy from the synthesised core.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sim/cost/ppa.h"
#include "sim/sweep/metrics.h"
#include "sim/sweep/space.h"
#include "sim/system/edge_run.h"

namespace lutra::sweep {

enum class Status { kOk, kFailed, kInfeasible };
std::string to_string(Status status);

/// What came of a point. `error` says why it failed or which constraint or rule it breaks. Figures that were not asked for are 0.
struct Outcome {
  Status status = Status::kOk;
  std::string error;
  Values values{};
  std::map<std::string, double> area_um2;   // by block of the core
  std::map<std::string, double> energy_pj;  // of the pass, by component
  std::map<std::string, long long> cycles;  // of the core in the pass, by what it did
};

/// An operator with the number of times it comes in a pass.
struct CountedOperator {
  workloads::Operator op;
  double count = 0;
};
/// Equal operators of a trace once, in the order of their first appearance.
std::vector<CountedOperator> distinct_operators(const workloads::Trace& trace);

/// A point's operators as describe_point() shows them.
struct OperatorFigures {
  workloads::Operator op;
  double count = 0, seconds = 0, bytes = 0, ops = 0;  // of one
  long long cycles = 0;                               // 0 on the vector unit
  std::string bound;
};

/// Safe to call from several threads: equal timings and equal Verilog are evaluated once. Core and vector unit share the memory of the
/// configuration; a pass runs its operators one behind the other.
class Evaluator {
 public:
  /// `price_all`: the core of every point is synthesised, whether or not an objective or a constraint needs it.
  Evaluator(const Space& space, std::string pdk, bool price_all = false);
  ~Evaluator();

  [[nodiscard]] Outcome evaluate(const Choice& choice);
  /// The same of a machine outside the space's parameters.
  [[nodiscard]] Outcome evaluate(const Point& point);
  [[nodiscard]] std::vector<OperatorFigures> operators(const Point& point);
  /// Whether cores are synthesised.
  [[nodiscard]] bool priced() const { return priced_; }
  /// Distinct timings simulated so far.
  [[nodiscard]] std::size_t timings() const;
  [[nodiscard]] const Space& space() const { return space_; }

 private:
  struct Pass;      // a workload, ready to be timed
  struct CoreTime;  // of its products on a core
  struct Beside;    // of the rest
  template <typename T>
  struct Memo;

  const CoreTime& core_time(const Point& point);
  const Beside& beside(const Point& point);
  const cost::Ppa& price(const Point& point);
  void fill_time(const Point& point, Outcome& outcome);
  void fill_price(const Point& point, Outcome& outcome);
  void judge(Outcome& outcome) const;

  Space space_;
  std::string pdk_;
  bool priced_ = false;
  std::vector<Pass> passes_;
  std::unique_ptr<Memo<CoreTime>> core_times_;
  std::unique_ptr<Memo<Beside>> besides_;
  std::unique_ptr<Memo<cost::Ppa>> prices_;
};

}  // namespace lutra::sweep

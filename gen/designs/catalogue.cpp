#include "gen/designs/catalogue.h"

#include <fmt/format.h>

#include <functional>

#include "gen/designs/lookup.h"
#include "gen/designs/multiplier.h"
#include "gen/designs/published.h"
#include "isa/error.h"

namespace lutra::gen {
namespace {

struct Entry {
  std::string name;
  std::function<IntegerDesign()> make;
};

Entry lookup(LookupParameters p) {
  return {p.name, [p] { return make_lookup(p); }};
}
Entry published(PublishedParameters p) {
  return {p.name, [p] { return make_published(p); }};
}
Entry multiplier(MultiplierParameters p) {
  return {p.name, [p] { return make_multiplier(p); }};
}
Entry ternary(TernaryParameters p) {
  return {p.name, [p] { return make_ternary_lookup(p); }};
}

using PP = PartialProduct;
constexpr TableMode kExact = TableMode::kExact, kQuantised = TableMode::kQuantised;

/// 512 one-bit multiply-accumulates a cycle each, unless the name says more.
std::vector<Entry> table() {
  return {
      published({.name = "unpu", .step = PublishedStep::kUnpu, .entry_bits = 10, .mode = kExact}),
      published({.name = "unpu_half_tables", .step = PublishedStep::kHalfTables, .entry_bits = 10, .mode = kExact}),
      published({.name = "unpu_no_negation", .step = PublishedStep::kNoNegation, .entry_bits = 10, .mode = kExact}),
      published({.name = "lut_tc_exact", .entry_bits = 10, .mode = kExact}),
      published({.name = "lut_tc"}),
      lookup({.name = "lut_g4_p2_q8", .columns = 8, .tables = 4, .planes = 2, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_p2_q8", .columns = 4, .tables = 8, .planes = 2, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_p2_parity", .columns = 4, .tables = 8, .planes = 2, .entry_bits = 9, .form = EntryForm::kParity}),
      lookup({.name = "lut_g8_p2_exact10", .columns = 4, .tables = 8, .planes = 2, .entry_bits = 10}),
      lookup({.name = "lut_g8_horner_q8", .columns = 8, .tables = 8, .planes = 1, .entry_bits = 8, .mode = kQuantised, .combine = Combine::kHorner}),
      lookup({.name = "lut_g16_horner_q8", .columns = 4, .tables = 16, .planes = 1, .entry_bits = 8, .mode = kQuantised, .combine = Combine::kHorner}),
      multiplier({.name = "add_dot32_horner", .product = PP::kSignFlip, .columns = 8, .depth = 32, .planes = 1, .combine = Combine::kHorner}),
      multiplier({.name = "add_dot64_horner", .product = PP::kSignFlip, .columns = 4, .depth = 64, .planes = 1, .combine = Combine::kHorner}),
      multiplier({.name = "add_dot32_p2", .product = PP::kSignFlip, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i8i2_gate_dot32", .product = PP::kGate, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i8i2_digit_dot32", .product = PP::kDigit, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i8i2_digit_dot64", .product = PP::kDigit, .columns = 2, .depth = 64, .planes = 2}),
      multiplier({.name = "mac_i8i2_operator_dot32", .product = PP::kOperator, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i8i8_operator_dot4", .product = PP::kOperator, .columns = 8, .depth = 4, .planes = 8}),
      ternary({.name = "ternary_mu2", .columns = 8, .inputs = 2, .tables = 8}),
  };
}

}  // namespace

std::vector<std::string> integer_design_names() {
  std::vector<std::string> names;
  for (const Entry& e : table()) names.push_back(e.name);
  return names;
}

IntegerDesign make_integer_design(const std::string& name) {
  std::string known;
  for (const Entry& e : table()) {
    if (e.name == name) return e.make();
    known += (known.empty() ? "" : ", ") + e.name;
  }
  throw Error(fmt::format("no design is named \"{}\"; there are {}", name, known));
}

}  // namespace lutra::gen

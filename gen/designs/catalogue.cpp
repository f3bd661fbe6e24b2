#include "gen/designs/catalogue.h"

#include <fmt/format.h>

#include <functional>

#include "gen/designs/float_mac.h"
#include "gen/designs/lookup.h"
#include "gen/designs/multiplier.h"
#include "gen/designs/published.h"
#include "isa/error.h"

namespace lutra::gen {
namespace {

struct Entry {
  std::string name;
  std::function<IntegerDesign(AdderStyle)> make;
};

template <typename Parameters>
Entry styled(const Parameters& p, IntegerDesign (*make)(const Parameters&)) {
  return {p.name, [p, make](AdderStyle style) {
            Parameters q = p;
            q.adder = style;
            return make(q);
          }};
}

Entry lookup(LookupParameters p) { return styled(p, make_lookup); }
Entry published(PublishedParameters p) { return styled(p, make_published); }
Entry multiplier(MultiplierParameters p) { return styled(p, make_multiplier); }
Entry ternary(TernaryParameters p) { return styled(p, make_ternary_lookup); }

using PP = PartialProduct;
constexpr TableMode kExact = TableMode::kExact, kQuantised = TableMode::kQuantised;

/// 512 one-bit multiply-accumulates a cycle each, except multipliers of whole INT8 and FP16 numbers, which are given with theirs.
std::vector<Entry> published_designs() {
  return {
      published({.name = "unpu", .step = PublishedStep::kUnpu, .entry_bits = 10, .mode = kExact}),
      published({.name = "unpu_half_tables", .step = PublishedStep::kHalfTables, .entry_bits = 10, .mode = kExact}),
      published({.name = "unpu_no_negation", .step = PublishedStep::kNoNegation, .entry_bits = 10, .mode = kExact}),
      published({.name = "lut_tc_exact", .entry_bits = 10, .mode = kExact}),
      published({.name = "lut_tc"}),
  };
}

std::vector<Entry> lookup_designs() {
  constexpr EntryForm kParity = EntryForm::kParity, kSubset = EntryForm::kSubset;
  constexpr Combine kHorner = Combine::kHorner;
  return {
      lookup({.name = "lut_g4_p2_q8", .columns = 8, .tables = 4, .planes = 2, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_p2_q8", .columns = 4, .tables = 8, .planes = 2, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g16_p2_q8", .columns = 2, .tables = 16, .planes = 2, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_p2_m4_q8", .rows = 4, .columns = 2, .tables = 8, .planes = 2, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_horner_q8", .columns = 8, .tables = 8, .entry_bits = 8, .mode = kQuantised, .combine = kHorner}),
      lookup({.name = "lut_g16_horner_q8", .columns = 4, .tables = 16, .entry_bits = 8, .mode = kQuantised, .combine = kHorner}),
      lookup({.name = "lut_g8_p2_exact10", .columns = 4, .tables = 8, .planes = 2}),
      lookup({.name = "lut_g8_p2_parity", .columns = 4, .tables = 8, .planes = 2, .entry_bits = 9, .form = kParity}),
      lookup({.name = "lut_g16_p2_parity", .columns = 2, .tables = 16, .planes = 2, .entry_bits = 9, .form = kParity}),
      lookup({.name = "lut_k2_g16_p2_parity", .columns = 4, .inputs = 2, .tables = 16, .planes = 2, .entry_bits = 8, .form = kParity}),
      lookup({.name = "lut_k2s_g16_p2_q8",
              .columns = 4,
              .inputs = 2,
              .tables = 16,
              .planes = 2,
              .entry_bits = 8,
              .form = kSubset,
              .mode = kQuantised}),
      lookup({.name = "lut_k2s_g32_p2_q8",
              .columns = 2,
              .inputs = 2,
              .tables = 32,
              .planes = 2,
              .entry_bits = 8,
              .form = kSubset,
              .mode = kQuantised}),
      lookup({.name = "lut_k2s_g16_p2_exact", .columns = 4, .inputs = 2, .tables = 16, .planes = 2, .form = kSubset}),
      lookup({.name = "lut_k2s_g32_p2_exact", .columns = 2, .inputs = 2, .tables = 32, .planes = 2, .form = kSubset}),
      lookup({.name = "lut_k2s_g16_p4_q8",
              .columns = 2,
              .inputs = 2,
              .tables = 16,
              .planes = 4,
              .entry_bits = 8,
              .form = kSubset,
              .mode = kQuantised}),
      lookup({.name = "lut_k2s_g16_p4_exact", .columns = 2, .inputs = 2, .tables = 16, .planes = 4, .form = kSubset}),
      lookup({.name = "lut_k2s_g32_p4_q8",
              .columns = 1,
              .inputs = 2,
              .tables = 32,
              .planes = 4,
              .entry_bits = 8,
              .form = kSubset,
              .mode = kQuantised}),
      lookup({.name = "lut_g4_p4_q8", .columns = 4, .tables = 4, .planes = 4, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_p4_q8", .columns = 2, .tables = 8, .planes = 4, .entry_bits = 8, .mode = kQuantised}),
      lookup({.name = "lut_g8_p4_parity", .columns = 2, .tables = 8, .planes = 4, .entry_bits = 9, .form = kParity}),
      lookup({.name = "lut_a16_g16_parity", .columns = 4, .tables = 16, .entry_bits = 13, .form = kParity, .activation_bits = 12}),
      lookup({.name = "lut_a16_g16_exact", .columns = 4, .tables = 16, .entry_bits = 14, .activation_bits = 12}),
      lookup({.name = "lut_a16_g8_p2_parity",
              .columns = 4,
              .tables = 8,
              .planes = 2,
              .entry_bits = 13,
              .form = kParity,
              .activation_bits = 12}),
      lookup({.name = "lut_a16_k2s_g32_exact", .columns = 4, .inputs = 2, .tables = 32, .form = kSubset, .activation_bits = 12}),
      lookup({.name = "lut_a16_k2s_g16_p2_exact",
              .columns = 4,
              .inputs = 2,
              .tables = 16,
              .planes = 2,
              .form = kSubset,
              .activation_bits = 12}),
      lookup({.name = "lut_a16_k2s_g32_q8",
              .columns = 4,
              .inputs = 2,
              .tables = 32,
              .entry_bits = 8,
              .form = kSubset,
              .mode = kQuantised,
              .activation_bits = 12}),
      lookup({.name = "lut_a16_k2s_g16_p2_q8",
              .columns = 4,
              .inputs = 2,
              .tables = 16,
              .planes = 2,
              .entry_bits = 8,
              .form = kSubset,
              .mode = kQuantised,
              .activation_bits = 12}),
      lookup({.name = "lut_a16_g16_q8", .columns = 4, .tables = 16, .entry_bits = 8, .mode = kQuantised, .activation_bits = 12}),
      lookup(
          {.name = "lut_a16_g8_p2_q8", .columns = 4, .tables = 8, .planes = 2, .entry_bits = 8, .mode = kQuantised, .activation_bits = 12}),
  };
}

std::vector<Entry> rival_designs() {
  return {
      multiplier({.name = "add_dot4_shift",
                  .product = PP::kSignFlip,
                  .columns = 64,
                  .depth = 4,
                  .planes = 1,
                  .combine = Combine::kShift,
                  .max_shift = 3}),
      multiplier({.name = "add_dot32_shift",
                  .product = PP::kSignFlip,
                  .columns = 8,
                  .depth = 32,
                  .planes = 1,
                  .combine = Combine::kShift,
                  .max_shift = 3}),
      multiplier({.name = "add_dot32_adders",
                  .product = PP::kSignFlip,
                  .columns = 8,
                  .depth = 32,
                  .planes = 1,
                  .combine = Combine::kHorner,
                  .carry_save = false}),
      multiplier(
          {.name = "add_dot32_horner", .product = PP::kSignFlip, .columns = 8, .depth = 32, .planes = 1, .combine = Combine::kHorner}),
      multiplier(
          {.name = "add_dot64_horner", .product = PP::kSignFlip, .columns = 4, .depth = 64, .planes = 1, .combine = Combine::kHorner}),
      multiplier({.name = "add_dot32_p2", .product = PP::kSignFlip, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i2_gate_dot32", .product = PP::kGate, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i2_gate_dot64", .product = PP::kGate, .columns = 2, .depth = 64, .planes = 2}),
      multiplier({.name = "mac_i2_digit_dot32", .product = PP::kDigit, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i2_digit_dot64", .product = PP::kDigit, .columns = 2, .depth = 64, .planes = 2}),
      multiplier({.name = "mac_i2_operator_dot32", .product = PP::kOperator, .columns = 4, .depth = 32, .planes = 2}),
      multiplier({.name = "mac_i4_gate_dot32", .product = PP::kGate, .columns = 2, .depth = 32, .planes = 4}),
      multiplier({.name = "mac_i4_digit_dot32", .product = PP::kDigit, .columns = 2, .depth = 32, .planes = 4}),
      multiplier({.name = "mac_i4_digit_dot64", .product = PP::kDigit, .columns = 1, .depth = 64, .planes = 4}),
      multiplier({.name = "mac_i4_operator_dot32", .product = PP::kOperator, .columns = 2, .depth = 32, .planes = 4}),
      multiplier({.name = "mac_i8_operator_dot4", .product = PP::kOperator, .columns = 8, .depth = 4, .planes = 8}),
      multiplier({.name = "mac_i8_operator_dot16", .product = PP::kOperator, .columns = 2, .depth = 16, .planes = 8}),
      multiplier({.name = "mac_i8_digit_dot4", .product = PP::kDigit, .columns = 8, .depth = 4, .planes = 8}),
      multiplier({.name = "mac_i8_digit_dot8", .product = PP::kDigit, .columns = 4, .depth = 8, .planes = 8}),
      multiplier({.name = "mac_i8_digit_dot32", .product = PP::kDigit, .columns = 1, .depth = 32, .planes = 8}),
      multiplier({.name = "mac_i8_dequant2_dot16", .product = PP::kOperator, .columns = 2, .depth = 16, .planes = 8, .stored_bits = 2}),
      multiplier({.name = "mac_i8_dequant4_dot16", .product = PP::kOperator, .columns = 2, .depth = 16, .planes = 8, .stored_bits = 4}),
  };
}

std::vector<Entry> ternary_designs() {
  return {
      ternary({.name = "ternary_mu1_dot32", .columns = 4, .inputs = 1, .tables = 32}),
      ternary({.name = "ternary_mu1_dot32_planes", .columns = 4, .inputs = 1, .tables = 32, .planes_too = true}),
      ternary({.name = "ternary_mu1_dot64_planes", .columns = 2, .inputs = 1, .tables = 64, .planes_too = true}),
      ternary({.name = "ternary_mu2_dot32", .columns = 4, .inputs = 2, .tables = 16}),
      ternary({.name = "ternary_mu2_dot64", .columns = 2, .inputs = 2, .tables = 32}),
      ternary({.name = "ternary_mu2_dot32_planes", .columns = 4, .inputs = 2, .tables = 16, .planes_too = true}),
      ternary({.name = "ternary_mu2_dot64_planes", .columns = 2, .inputs = 2, .tables = 32, .planes_too = true}),
      ternary({.name = "ternary_mu3_dot32", .columns = 4, .inputs = 3, .tables = 11, .depth = 32}),
      ternary({.name = "ternary_mu4_dot32", .columns = 4, .inputs = 4, .tables = 8}),
      multiplier({.name = "ternary_signflip_dot32", .product = PP::kTernary, .columns = 4, .depth = 32, .planes = 1}),
      multiplier({.name = "ternary_signflip_dot64", .product = PP::kTernary, .columns = 2, .depth = 64, .planes = 1}),
  };
}

/// With builder, registers and row sums, at 512, 2048 and 4096 one-bit multiply-accumulates a cycle.
std::vector<Entry> array_designs() {
  std::vector<Entry> all = {published({.name = "lut_tc_exact_array", .entry_bits = 10, .mode = kExact, .array = true})};
  for (const int size : {1, 4, 8}) {
    const std::string suffix = fmt::format("_array{}", 512 * size);
    const int columns = 4 * size, long_columns = 2 * size;
    all.push_back(lookup({.name = "lut_k2s_g16_p2_exact" + suffix,
                          .columns = columns,
                          .inputs = 2,
                          .tables = 16,
                          .planes = 2,
                          .form = EntryForm::kSubset,
                          .array = true}));
    all.push_back(lookup({.name = "lut_g8_p2_parity" + suffix,
                          .columns = columns,
                          .tables = 8,
                          .planes = 2,
                          .entry_bits = 9,
                          .form = EntryForm::kParity,
                          .array = true}));
    all.push_back(multiplier(
        {.name = "add_dot32_p2" + suffix, .product = PP::kSignFlip, .columns = columns, .depth = 32, .planes = 2, .array = true}));
    all.push_back(multiplier(
        {.name = "mac_i2_digit_dot32" + suffix, .product = PP::kDigit, .columns = columns, .depth = 32, .planes = 2, .array = true}));
    all.push_back(multiplier(
        {.name = "mac_i2_digit_dot64" + suffix, .product = PP::kDigit, .columns = long_columns, .depth = 64, .planes = 2, .array = true}));
  }
  return all;
}

std::vector<Entry> float_designs() {
  const auto unit = [](FloatMacParameters p) { return styled(p, make_float_mac); };
  return {
      unit({.name = "mac_fp16_dot4_fp32", .columns = 8, .length = 4}),
      unit({.name = "mac_fp16_dot8_fp32", .columns = 4, .length = 8}),
      unit({.name = "mac_fp16_dot16_fp32", .columns = 2, .length = 16}),
      unit({.name = "mac_fp16_dot4_fp16", .columns = 8, .length = 4, .half_result = true}),
      unit({.name = "mac_fp16_dot8_fp16", .columns = 4, .length = 8, .half_result = true}),
      unit({.name = "mac_fp16_dot16_fp16", .columns = 2, .length = 16, .half_result = true}),
      unit({.name = "mac_fp16_dequant1_dot8_fp16", .columns = 4, .length = 8, .half_result = true, .stored_bits = 1}),
      unit({.name = "mac_fp16_dequant2_dot8_fp16", .columns = 4, .length = 8, .half_result = true, .stored_bits = 2}),
      unit({.name = "mac_fp8_dot8_fp32", .columns = 4, .length = 8, .format = kFp8E4M3}),
      unit({.name = "mac_fp8_dot8_fp16", .columns = 4, .length = 8, .half_result = true, .format = kFp8E4M3}),
      unit({.name = "mac_fp8_dot16_fp16", .columns = 2, .length = 16, .half_result = true, .format = kFp8E4M3}),
  };
}

std::vector<Entry> table() {
  std::vector<Entry> all;
  for (const auto& part : {published_designs(), lookup_designs(), rival_designs(), ternary_designs(), array_designs(), float_designs()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

std::vector<std::string> integer_design_names() {
  std::vector<std::string> names;
  for (const Entry& e : table()) names.push_back(e.name);
  return names;
}

IntegerDesign make_integer_design(const std::string& name, AdderStyle style) {
  std::string known;
  for (const Entry& e : table()) {
    if (e.name == name) return e.make(style);
    known += (known.empty() ? "" : ", ") + e.name;
  }
  throw Error(fmt::format("no design is named \"{}\"; there are {}", name, known));
}

}  // namespace lutra::gen

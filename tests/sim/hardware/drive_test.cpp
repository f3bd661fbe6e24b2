// Small designs of every family compute the golden integers on a layer's operands, and a broken one is found out.
#include "sim/hardware/drive.h"

#include <catch2/catch.hpp>

#include "gen/designs/float_mac.h"
#include "gen/designs/lookup.h"
#include "gen/designs/multiplier.h"
#include "gen/designs/published.h"
#include "isa/error.h"

using namespace lutra;
using hardware::drive;
using hardware::layer_operands;

namespace {

void require_equal(const gen::IntegerDesign& design, const hardware::Operands& operands) {
  INFO(design.name << " " << operands.weight_type);
  const hardware::DriveResult result = drive(design, operands);
  CHECK(result.vectors == static_cast<long long>(operands.tokens) * operands.outputs * operands.segments());
  CHECK(result.mismatched_bits == 0);
}

}  // namespace

TEST_CASE("lookup lanes give the golden integers in every form of their tables") {
  const hardware::Operands w2 = layer_operands("W2", 8, 2, 4, 256, 5);
  require_equal(gen::make_lookup({.name = "plain", .columns = 2, .tables = 4, .planes = 2}), w2);
  require_equal(
      gen::make_lookup({.name = "parity", .columns = 2, .tables = 4, .planes = 2, .entry_bits = 9, .form = gen::EntryForm::kParity}), w2);
  require_equal(
      gen::make_lookup({.name = "quantised", .columns = 2, .tables = 4, .planes = 2, .entry_bits = 8, .mode = gen::TableMode::kQuantised}),
      w2);
}

TEST_CASE("tables of subset sums give the golden integers, exact and quantised") {
  const hardware::Operands w2 = layer_operands("W2", 8, 2, 4, 256, 5);
  for (const int inputs : {1, 2, 4})
    for (const gen::TableMode mode : {gen::TableMode::kExact, gen::TableMode::kQuantised})
      require_equal(gen::make_lookup({.name = "subset",
                                      .columns = 2,
                                      .inputs = inputs,
                                      .tables = 4,
                                      .planes = 2,
                                      .entry_bits = 8,
                                      .form = gen::EntryForm::kSubset,
                                      .mode = mode}),
                    w2);
}

TEST_CASE("Horner's rule runs weights of one, two and four bits on one lane") {
  const gen::IntegerDesign design = gen::make_lookup({.name = "horner",
                                                      .columns = 2,
                                                      .tables = 2,
                                                      .combine = gen::Combine::kHorner,
                                                      .adder = {gen::FinalAdder::kPrefix, gen::FullAdder::kInverting}});
  for (const char* type : {"W1", "W2", "W4"}) require_equal(design, layer_operands(type, 8, 2, 4, 256, 5));
}

TEST_CASE("the published designs give the golden integers, with and without their builder") {
  const hardware::Operands w2 = layer_operands("W2", 8, 2, 2, 256, 5);
  using gen::PublishedStep;
  for (const PublishedStep step : {PublishedStep::kUnpu, PublishedStep::kHalfTables, PublishedStep::kNoNegation, PublishedStep::kLutTc})
    require_equal(gen::make_published({.name = "step" + std::to_string(static_cast<int>(step)),
                                       .step = step,
                                       .columns = 2,
                                       .entry_bits = 10,
                                       .mode = gen::TableMode::kExact}),
                  w2);
}

TEST_CASE("the rivals give the golden integers") {
  const hardware::Operands w2 = layer_operands("W2", 8, 2, 2, 256, 5);
  using PP = gen::PartialProduct;
  require_equal(gen::make_multiplier({.name = "add",
                                      .product = PP::kSignFlip,
                                      .columns = 2,
                                      .depth = 8,
                                      .planes = 1,
                                      .combine = gen::Combine::kShift,
                                      .max_shift = 3}),
                w2);
  require_equal(gen::make_multiplier({.name = "adders",
                                      .product = PP::kSignFlip,
                                      .columns = 2,
                                      .depth = 8,
                                      .planes = 1,
                                      .combine = gen::Combine::kHorner,
                                      .carry_save = false}),
                w2);
  require_equal(gen::make_multiplier({.name = "gate", .product = PP::kGate, .columns = 2, .depth = 8, .planes = 2}), w2);
  require_equal(gen::make_multiplier({.name = "digit", .product = PP::kDigit, .columns = 2, .depth = 8, .planes = 4}),
                layer_operands("W4", 8, 2, 2, 256, 5));
  require_equal(gen::make_multiplier({.name = "whole", .product = PP::kOperator, .columns = 2, .depth = 4, .planes = 8}),
                as_uniform(w2, 8));
  require_equal(
      gen::make_multiplier({.name = "dequantised", .product = PP::kOperator, .columns = 2, .depth = 4, .planes = 8, .stored_bits = 2}), w2);
}

TEST_CASE("ternary lanes give the golden integers, and run two-bit weights where they promise to") {
  const hardware::Operands trits = layer_operands("ternary", 8, 2, 2, 256, 5);
  require_equal(gen::make_ternary_lookup({.name = "mu3", .columns = 2, .inputs = 3, .tables = 3, .depth = 8}), trits);
  const gen::IntegerDesign both = gen::make_ternary_lookup({.name = "mu2", .columns = 2, .inputs = 2, .tables = 4, .planes_too = true});
  require_equal(both, trits);
  require_equal(both, layer_operands("W2", 8, 2, 2, 256, 5));
  require_equal(gen::make_multiplier({.name = "signflip", .product = gen::PartialProduct::kTernary, .columns = 2, .depth = 8, .planes = 1}),
                trits);
}

TEST_CASE("floating-point lanes give the bits of their model and are close to the exact dot product") {
  const hardware::Operands w2 = layer_operands("W2", 12, 2, 2, 256, 5);
  for (const bool half : {false, true}) {
    const gen::IntegerDesign design =
        gen::make_float_mac({.name = half ? "half" : "single", .columns = 2, .length = 4, .half_result = half});
    const hardware::DriveResult result = drive(design, w2);
    CHECK(result.mismatched_bits == 0);
    CHECK(result.signal > 0);
    CHECK(result.noise < result.signal * (half ? 1e-4 : 1e-11));
  }
}

TEST_CASE("an FP8 lane and one that dequantises its weights give the bits of their models") {
  const hardware::Operands w2 = layer_operands("W2", 12, 2, 2, 256, 5);
  require_equal(gen::make_float_mac({.name = "fp8", .columns = 2, .length = 4, .format = kFp8E4M3}), w2);
  require_equal(gen::make_float_mac({.name = "dequantised2", .columns = 2, .length = 4, .half_result = true, .stored_bits = 2}), w2);
}

TEST_CASE("arrays build their tables and sum their rows' activations") {
  const hardware::Operands w2 = layer_operands("W2", 8, 2, 4, 256, 5);
  require_equal(gen::make_lookup(
                    {.name = "built", .columns = 2, .inputs = 2, .tables = 4, .planes = 2, .form = gen::EntryForm::kSubset, .array = true}),
                w2);
  require_equal(gen::make_lookup({.name = "built_parity",
                                  .columns = 2,
                                  .tables = 4,
                                  .planes = 2,
                                  .entry_bits = 9,
                                  .form = gen::EntryForm::kParity,
                                  .array = true}),
                w2);
  require_equal(
      gen::make_published({.name = "built_published", .columns = 2, .entry_bits = 10, .mode = gen::TableMode::kExact, .array = true}), w2);
  require_equal(gen::make_multiplier(
                    {.name = "registered", .product = gen::PartialProduct::kDigit, .columns = 2, .depth = 8, .planes = 2, .array = true}),
                w2);
}

TEST_CASE("a lane with a wrong gate is found out") {
  gen::IntegerDesign design = gen::make_lookup({.name = "broken", .columns = 2, .tables = 4, .planes = 2});
  for (gen::EmittedFile& f : design.files)
    if (const std::size_t at = f.text.find("} ^ ("); at != std::string::npos) f.text.replace(at, 5, "} & (");
  CHECK(drive(design, layer_operands("W2", 8, 2, 4, 256, 5)).mismatched_bits > 0);
}

TEST_CASE("operands that a design cannot run are refused with the reason") {
  const gen::IntegerDesign design = gen::make_lookup({.name = "narrow", .columns = 4, .tables = 4, .planes = 2});
  CHECK_THROWS_WITH(drive(design, layer_operands("W4", 8, 2, 4, 256, 5)), Catch::Contains("at most 2 bits"));
  CHECK_THROWS_WITH(drive(design, layer_operands("ternary", 8, 2, 4, 256, 5)), Catch::Contains("as_uniform"));
  CHECK_THROWS_WITH(drive(design, layer_operands("W2", 8, 2, 6, 256, 5)), Catch::Contains("does not divide"));
}

// A sweep's points as columns, and the page that holds them.
#include <catch2/catch.hpp>

#include "isa/error.h"
#include "sim/sweep_report/page.h"

namespace {

using lutra::sweep_report::columns_json;
using lutra::sweep_report::SweepDocument;
using Json = nlohmann::json;

SweepDocument small_sweep() {
  const char* text = R"({
    "lutra_version": "0.1.0", "seed": 7, "search": "grid",
    "parameters": [{"name": "array.rows", "unit": ""}, {"name": "table.storage", "unit": ""}],
    "objectives": [{"name": "area", "unit": "mm2", "direction": "minimise"}],
    "points": [
      {"id": 4, "status": "ok", "parameters": {"array.rows": 2, "table.storage": "sram"}, "objectives": {"area": 1.5},
       "area_um2": {"core": 1500000}},
      {"id": 9, "status": "failed", "error": "no </script> here", "parameters": {"array.rows": 4, "table.storage": "flops"}}],
    "front": [4],
    "references": [{"name": "edge_w2a8", "objectives": {"area": 4.3}, "source": "built in"}]})";
  return {Json::parse(text), Json(), "sweep.json", "details.json"};
}

std::string message_of(const SweepDocument& document) {
  try {
    columns_json(document);
  } catch (const lutra::Error& error) {
    return error.what();
  }
  return "no error";
}

Json column(const Json& columns, const std::string& name) {
  for (const Json& dimension : columns["dimensions"])
    if (dimension["name"] == name) return dimension;
  return {};
}

}  // namespace

TEST_CASE("a parameter of numbers becomes a column of numbers, and one of words indices into its words") {
  const Json columns = Json::parse(columns_json(small_sweep()));
  CHECK(column(columns, "array.rows")["values"] == Json({2, 4}));
  CHECK(column(columns, "table.storage")["categories"] == Json({"flops", "sram"}));
  CHECK(column(columns, "table.storage")["values"] == Json({1, 0}));
  CHECK(column(columns, "status")["values"] == Json({0, 2}));
}

TEST_CASE("a point without a figure has none in its column") {
  const Json columns = Json::parse(columns_json(small_sweep()));
  CHECK(column(columns, "area")["values"] == Json({1.5, nullptr}));
  CHECK(column(columns, "core")["values"] == Json({1500000, nullptr}));
}

TEST_CASE("the front is stated by place, ids and errors as they were") {
  const Json columns = Json::parse(columns_json(small_sweep()));
  CHECK(columns["ids"] == Json({"4", "9"}));
  CHECK(columns["front"] == Json::array({0}));
  CHECK(columns["errors"]["1"] == "no </script> here");
}

TEST_CASE("a sweep that does not hold together is refused with file and key") {
  SweepDocument sweep = small_sweep();
  sweep.sweep["front"] = {5};
  CHECK(message_of(sweep) == "sweep.json: 'front' has to be a list of ids of points");
  sweep = small_sweep();
  sweep.sweep["points"][1]["status"] = "lost";
  CHECK(message_of(sweep) == "sweep.json: 'points[1].status' has to be ok, infeasible or failed");
  sweep = small_sweep();
  sweep.sweep["points"][1]["id"] = 4;
  CHECK(message_of(sweep) == "sweep.json: 'points[1].id' has to be different for every point");
  sweep = small_sweep();
  sweep.sweep.erase("objectives");
  CHECK(message_of(sweep) == "sweep.json: key 'objectives' is missing");
}

TEST_CASE("the page holds the chart library and its licence, and no text of the data can end a script") {
  const std::string page = lutra::sweep_report::render_page(small_sweep());
  CHECK_THAT(page, Catch::Contains("https://d3js.org"));
  CHECK_THAT(page, Catch::Contains("Redistribution and use in source and binary forms"));
  CHECK_THAT(page, Catch::Contains("no <\\/script> here"));
  CHECK_THAT(page, !Catch::Contains("no </script> here"));
  for (const char* slot : {"{{style}}", "{{licence}}", "{{data}}", "{{d3}}", "{{scripts}}"}) CHECK_THAT(page, !Catch::Contains(slot));
}

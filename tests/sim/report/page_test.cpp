// The report: what it reads, what it refuses, what it shows.
#include "sim/report/page.h"

#include <catch2/catch.hpp>

#include "isa/error.h"
#include "sim/report/charts.h"
#include "sim/report/format.h"

using namespace lutra::report;
using Json = nlohmann::json;

namespace {

Json summary() {
  return {{"model", "a <b> model"},
          {"tokens_per_s", 6.25},
          {"tokens_per_s_projections", 7.5},
          {"energy_j_per_token", 0.121},
          {"prefill_s", 21.2},
          {"area_um2", 4.6e6},
          {"clock_mhz", 100.0},
          {"worst_slack_ps", 312.5},
          {"library", "osu018"},
          {"boundary", "core"},
          {"tops_per_w_basis", "achieved"},
          {"tops_per_mm2", 0.0223},
          {"tops_per_w", 0.21},
          {"lutra_version", "0.1"},
          {"config_hash", "abc"},
          {"seed", 1u},
          {"not_on_core", Json::array({{{"operator", "softmax"}}})},
          {"cosim", {{"programs", 2}, {"macs", 1000000}, {"mismatched_bits", 0}, {"cycle_difference", 0}}}};
}

Json details() {
  const Json gemm = {{"phase", "decode"}, {"name", "q_proj"}, {"shape", "1 × 8 × 8"}, {"types", "ternary × int8"},
                     {"calls", 30},       {"on_core", true},  {"macs", 1e6},          {"bytes", 5e5},
                     {"cycles", 1e5},     {"seconds", 1e-3}};
  const Json program = {{"name", "q_proj"},    {"phase", "decode"},     {"shape", "1 × 8 × 8"}, {"macs", 64},
                        {"rtl_cycles", 12345}, {"model_cycles", 12345}, {"mismatched_bits", 0}, {"cycle_difference", 0}};
  return {{"command", "lutra run"},
          {"created", "2026-01-01"},
          {"arch", {{"name", "tiny"}, {"description", "small"}, {"yaml", "name: tiny"}}},
          {"notes", Json::array({{{"what", "LM head"}, {"why", "as INT8"}}})},
          {"operators", Json::array({gemm})},
          {"area", Json::array({{{"block", "array"}, {"area_um2", 1e6}, {"power_mw", 3.0}}})},
          {"energy", Json::array({{{"component", "core"}, {"j_per_token", 0.1}, {"included", true}, {"source", "measured"}}})},
          {"cosim", Json::array({program})},
          {"roofline",
           {{"bandwidth_gb_s", 6.4},
            {"peaks", Json::array({{{"name", "2 planes"}, {"gops", 102.4}}})},
            {"points", Json::array({{{"name", "q_proj"}, {"phase", "decode"}, {"ops_per_byte", 4.0}, {"gops", 25.0}}})}}},
          {"steps", Json::array({{{"name", "trace"}, {"seconds", 0.1}, {"result", "done"}}})}};
}

std::string page(const Json& s, const Json& d) { return render_page(parse_document(s, "summary.json", d, "details.json")); }

std::string message(const Json& s, const Json& d) {
  try {
    page(s, d);
  } catch (const lutra::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a page says that RTL and model agree when they do") {
  const std::string html = page(summary(), details());
  CHECK_THAT(html, Catch::Contains("RTL and model agree: 2 programs, 1.00 M multiply-accumulates"));
  CHECK_THAT(html, Catch::Contains("class=\"verdict good\""));
  CHECK_THAT(html, Catch::Contains("12\u202f345"));
}

TEST_CASE("a page says that RTL and model differ when they do") {
  Json s = summary();
  s["cosim"]["mismatched_bits"] = 3;
  const std::string html = page(s, details());
  CHECK_THAT(html, Catch::Contains("RTL and model differ: 3 bits, 0 cycles."));
  CHECK_THAT(html, Catch::Contains("class=\"verdict bad\""));
}

TEST_CASE("a page without any co-simulated program does not claim agreement") {
  Json s = summary();
  s["cosim"]["programs"] = 0;
  CHECK_THAT(page(s, details()), Catch::Contains("class=\"verdict bad\""));
}

TEST_CASE("a page says by how much a clock is missed") {
  Json s = summary();
  s["worst_slack_ps"] = -250.0;
  CHECK_THAT(page(s, details()), Catch::Contains("The clock of 100 MHz is missed by 250 ps."));
}

TEST_CASE("a page escapes what comes from outside") {
  const std::string html = page(summary(), details());
  CHECK_THAT(html, Catch::Contains("a &lt;b&gt; model"));
  CHECK_THAT(html, !Catch::Contains("<b> model"));
}

TEST_CASE("a page asks nobody for anything and leaves no slot open") {
  const std::string html = page(summary(), details());
  for (const char* request : {"http://", "https://", "<script", "src=", "@import", "url(", "{{"}) {
    INFO(request);
    CHECK(html.find(request) == std::string::npos);
  }
}

TEST_CASE("a missing key is named with its file and path") {
  Json d = details();
  d["operators"][0].erase("bytes");
  CHECK(message(summary(), d) == "details.json: key 'operators[0].bytes' is missing");
  Json s = summary();
  s["cosim"].erase("macs");
  CHECK(message(s, details()) == "summary.json: key 'cosim.macs' is missing");
}

TEST_CASE("a value of the wrong type is named with what is expected") {
  Json s = summary();
  s["clock_mhz"] = "fast";
  CHECK(message(s, details()) == "summary.json: 'clock_mhz' has to be a number");
  CHECK(message(Json::array(), details()) == "summary.json: 'the document' has to be an object");
}

TEST_CASE("numbers carry three significant digits and a prefix") {
  CHECK(si(1234567) == "1.23 M");
  CHECK(si(0.00012, "s") == "120 µs");
  CHECK(si(999.7, "B") == "1.00 kB");
  CHECK(si(0, "s") == "0 s");
  CHECK(significant(0.01234) == "0.0123");
  CHECK(significant(99.96) == "100");
  CHECK(significant(9.999) == "10.0");
  CHECK(grouped(-1234567) == "−1\u202f234\u202f567");
}

TEST_CASE("bars beyond the limit are added up") {
  const std::string chart = bar_chart({{"a", 5, "", "core"}, {"b", 3, "", "core"}, {"c", 1, "", "host"}, {"d", 1, "", "host"}}, 3);
  CHECK_THAT(chart, Catch::Contains("2 others: 20.0 %"));
}

TEST_CASE("a roofline without points says so") { CHECK(roofline_chart({}) == "<p>No operator ran on the core.</p>\n"); }

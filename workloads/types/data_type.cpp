// Reads types from YAML and checks that every bit they name is inside the tile.
#include "workloads/types/data_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <set>

#include "isa/file.h"
#include "workloads/types/embedded_types.h"
#include "workloads/yaml_reader.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kMaxTypeFile = 1 << 20;
constexpr int kMaxTile = 4096;  // weights, and bytes
constexpr int kMaxCodeBits = 8;
constexpr std::size_t kMaxTypes = 1000;
constexpr std::size_t kMaxRuns = 64;

WordRun read_run(const YamlValue& yaml, const std::vector<std::string>& other_keys) {
  std::vector<std::string> keys{"count", "at", "step", "bits", "pieces"};
  keys.insert(keys.end(), other_keys.begin(), other_keys.end());
  yaml.only(keys);
  WordRun run;
  run.count = static_cast<int>(yaml.at("count").integer(1, kMaxTile));
  const auto piece = [](const YamlValue& y) {
    return BitPiece{static_cast<int>(y.at("at").integer(0, kMaxTile * 8)), static_cast<int>(y.at("step").integer(0, kMaxTile * 8)),
                    static_cast<int>(y.at("bits").integer(1, 32))};
  };
  if (yaml.has("pieces")) {
    for (const YamlValue& y : yaml.at("pieces").list(4)) {
      y.only({"at", "step", "bits"});
      run.pieces.push_back(piece(y));
    }
    if (run.pieces.empty()) yaml.at("pieces").refuse("allowed are one to four pieces");
  } else {
    run.pieces.push_back(piece(yaml));
  }
  return run;
}

int width(const WordRun& run) {
  return std::accumulate(run.pieces.begin(), run.pieces.end(), 0, [](int sum, const BitPiece& p) { return sum + p.bits; });
}

void check_inside(const YamlValue& yaml, const std::vector<WordRun>& words, int tile_bits, int max_width) {
  for (const WordRun& run : words) {
    if (width(run) > max_width) yaml.refuse(fmt::format("a word has {} bits, allowed are {}", width(run), max_width));
    for (const BitPiece& p : run.pieces) {
      const long long last = p.at + static_cast<long long>(run.count - 1) * p.step + p.bits;
      if (last > tile_bits) yaml.refuse(fmt::format("reaches bit {}, the tile has {}", last, tile_bits));
    }
  }
}

struct ScaleCodeName {
  const char* name;
  ScaleCode code;
  int bits;  // 0: any number up to 16
};
constexpr ScaleCodeName kScaleCodes[] = {{"fp16", ScaleCode::kFp16, 16},
                                         {"fp32", ScaleCode::kFp32, 32},
                                         {"e8m0", ScaleCode::kE8M0, 8},
                                         {"unsigned", ScaleCode::kUnsigned, 0},
                                         {"signed", ScaleCode::kSigned, 0}};

const ScaleCodeName& read_scale_code(const YamlValue& yaml) {
  std::vector<std::string> names;
  for (const ScaleCodeName& known : kScaleCodes) names.emplace_back(known.name);
  const std::string given = yaml.word(names);
  return *std::find_if(std::begin(kScaleCodes), std::end(kScaleCodes),
                       [&given](const ScaleCodeName& known) { return given == known.name; });
}

/// `runs` of words, or the one run that the mapping itself is.
std::vector<WordRun> read_runs(const YamlValue& yaml, const std::vector<std::string>& other_keys) {
  if (!yaml.has("runs")) return {read_run(yaml, other_keys)};
  std::vector<std::string> keys{"runs"};
  keys.insert(keys.end(), other_keys.begin(), other_keys.end());
  yaml.only(keys);
  std::vector<WordRun> runs;
  for (const YamlValue& r : yaml.at("runs").list(kMaxRuns)) runs.push_back(read_run(r, {}));
  if (runs.empty()) yaml.at("runs").refuse("allowed is one run or more");
  return runs;
}

Factor read_factor(const YamlValue& yaml, const DataType& type) {
  Factor factor;
  const ScaleCodeName& as = read_scale_code(yaml.at("as"));
  factor.as = as.code;
  factor.words = read_runs(yaml, {"as", "less", "negated"});
  for (const WordRun& run : factor.words) {
    factor.count += run.count;
    if (as.bits != 0 && width(run) != as.bits) yaml.refuse(fmt::format("{} has {} bits, given {}", as.name, as.bits, width(run)));
    if (width(run) != width(factor.words.front())) yaml.refuse("its runs have words of different widths");
  }
  if (yaml.has("less") && factor.as != ScaleCode::kUnsigned) yaml.at("less").refuse("allowed with 'unsigned' only");
  factor.less = yaml.integer_or("less", 0, 65535, 0);
  factor.negated = yaml.has("negated") && yaml.at("negated").boolean();
  check_inside(yaml, factor.words, type.bytes * 8, factor.as == ScaleCode::kFp32 ? 32 : 16);
  if (factor.count == 0 || type.weights % factor.count != 0)
    yaml.refuse(fmt::format("{} values do not divide the tile's {} weights", factor.count, type.weights));
  return factor;
}

std::vector<Factor> read_factors(const YamlValue& yaml, const DataType& type) {
  std::vector<Factor> factors;
  for (const YamlValue& y : yaml.list(4)) factors.push_back(read_factor(y, type));
  if (factors.empty()) yaml.refuse("allowed is 'beside' or one to four factors");
  return factors;
}

/// Values of all codes of a sign-magnitude float; NaN for those that are none or infinite.
std::vector<double> float_values(const YamlValue& yaml) {
  yaml.only({"exponent", "mantissa", "bias", "specials"});
  const int e = static_cast<int>(yaml.at("exponent").integer(1, 6)), m = static_cast<int>(yaml.at("mantissa").integer(0, 6));
  const int bias = static_cast<int>(yaml.at("bias").integer(-64, 64));
  const std::string specials = yaml.at("specials").word({"none", "nan", "ieee"});
  if (1 + e + m > kMaxCodeBits)
    yaml.refuse(fmt::format("1 + exponent + mantissa is {}, allowed is up to {} bits", 1 + e + m, kMaxCodeBits));
  std::vector<double> values;
  for (int code = 0; code < 1 << (1 + e + m); ++code) {
    const int mantissa = code & ((1 << m) - 1), exponent = (code >> m) & ((1 << e) - 1), top = (1 << e) - 1;
    double value = exponent == 0 ? std::ldexp(mantissa, 1 - bias - m) : std::ldexp((1 << m) + mantissa, exponent - bias - m);
    if (specials == "ieee" && exponent == top) value = std::numeric_limits<double>::quiet_NaN();
    if (specials == "nan" && exponent == top && mantissa == (1 << m) - 1) value = std::numeric_limits<double>::quiet_NaN();
    values.push_back((code >> (e + m)) != 0 ? -value : value);
  }
  return values;
}

void read_values(const YamlValue& yaml, DataType& type) {
  yaml.only({"signed", "offset", "bits", "odd", "list", "float", "zero_point", "planes"});
  const auto bits_of = [&yaml, &type](const char* key) {
    type.code_bits = static_cast<int>(yaml.at(key).integer(1, kMaxCodeBits));
    return type.code_bits;
  };
  const auto fill = [&type](auto value) {
    for (int code = 0; code < 1 << type.code_bits; ++code) type.values.push_back(value(code));
  };
  if (yaml.has("signed")) {
    const int b = bits_of("signed");
    fill([b](int code) { return static_cast<double>(code < 1 << (b - 1) ? code : code - (1 << b)); });
  } else if (yaml.has("offset")) {
    bits_of("bits");
    const auto offset = static_cast<double>(yaml.at("offset").integer(0, 255));
    fill([offset](int code) { return code - offset; });
  } else if (yaml.has("odd")) {
    const int b = bits_of("odd");
    fill([b](int code) { return static_cast<double>(2 * code - ((1 << b) - 1)); });
  } else if (yaml.has("zero_point")) {
    type.kind = ValueKind::kZeroPoint;
    bits_of("zero_point");
  } else if (yaml.has("planes")) {
    type.kind = ValueKind::kPlanes;
    bits_of("planes");
  } else if (yaml.has("float")) {
    type.values = float_values(yaml.at("float"));
    while (1U << type.code_bits < type.values.size()) ++type.code_bits;
  } else {
    for (const YamlValue& y : yaml.at("list").list(1U << kMaxCodeBits)) type.values.push_back(y.number());
    if (type.values.size() < 2) yaml.at("list").refuse("allowed are two values or more");
    type.code_bits = 1;
    while (1U << type.code_bits < type.values.size()) ++type.code_bits;
    type.values.resize(std::size_t{1} << type.code_bits, std::numeric_limits<double>::quiet_NaN());
  }
}

/// Codes that the stored words hold, in stored order.
int stored_codes(const DataType& type) {
  int words = 0;
  for (const WordRun& run : type.code) words += run.count;
  return words * digits_of(type.digits);
}

void read_order(const YamlValue& yaml, DataType& type) {
  const int stored = stored_codes(type);
  int covered = 0;
  std::set<long long> seen;
  for (const YamlValue& y : yaml.list(kMaxRuns)) {
    y.only({"from", "walk"});
    OrderRun run;
    run.from = static_cast<int>(y.at("from").integer(0, kMaxTile - 1));
    if (run.from != covered) y.refuse(fmt::format("from is {}, the elements before it end at {}", run.from, covered));
    long long count = 1, last = 0;
    for (const YamlValue& pair : y.at("walk").list(6)) {
      const auto both = pair.list(2);
      if (both.size() != 2) pair.refuse("allowed is a pair of size and stride");
      run.walk.emplace_back(static_cast<int>(both[0].integer(1, kMaxTile)), static_cast<int>(both[1].integer(1, kMaxTile)));
      count *= run.walk.back().first;
      last += static_cast<long long>(run.walk.back().first - 1) * run.walk.back().second;
      if (count > kMaxTile) y.refuse(fmt::format("walks over more than {} elements", kMaxTile));
    }
    if (run.from + last >= stored) y.refuse(fmt::format("reaches code {}, the tile stores {}", run.from + last, stored));
    covered += static_cast<int>(count);
    type.order.push_back(run);
  }
  if (covered != type.weights) yaml.refuse(fmt::format("covers {} elements, the tile has {}", covered, type.weights));
}

/// Stored words, what they mean, and whether the one fits the other.
void read_code(const YamlValue& yaml, DataType& type) {
  const YamlValue code = yaml.at("code");
  type.code = read_runs(code, {});
  for (const WordRun& run : type.code)
    if (width(run) != width(type.code.front())) code.refuse("its runs have words of different widths");
  check_inside(code, type.code, type.bytes * 8, 8);
  read_values(yaml.at("values"), type);
  if (yaml.has("digits")) {
    const std::string digits = yaml.at("digits").word({"base3", "base3_fraction", "balanced3"});
    type.digits = digits == "base3" ? Digits::kBase3 : digits == "base3_fraction" ? Digits::kBase3Fraction : Digits::kBalanced3;
    const int wanted = type.digits == Digits::kBalanced3 ? 5 : 8;
    if (width(type.code.front()) != wanted) yaml.at("digits").refuse(fmt::format("{} needs words of {} bits", digits, wanted));
    if (type.code_bits != 2) yaml.at("digits").refuse("a digit has three values, so `values` must be a list of three");
  } else if (width(type.code.front()) != type.code_bits) {
    code.refuse(fmt::format("a word has {} bits, the values are of {}-bit codes", width(type.code.front()), type.code_bits));
  }
}

DataType read_type(const YamlValue& yaml, const std::string& file) {
  yaml.only({"name", "title", "tile", "code", "digits", "order", "values", "scale", "minimum"});
  DataType type;
  type.name = yaml.at("name").text();
  type.place = yaml.place();
  type.place.file = file;
  if (type.name.empty() || type.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    yaml.at("name").refuse(fmt::format("given '{}', allowed are lower-case letters, digits and _", type.name));
  type.title = yaml.at("title").text();
  const YamlValue tile = yaml.at("tile");
  tile.only({"weights", "bytes"});
  type.weights = static_cast<int>(tile.at("weights").integer(1, kMaxTile));
  type.bytes = static_cast<int>(tile.at("bytes").integer(1, kMaxTile));
  read_code(yaml, type);
  if (yaml.has("order")) {
    read_order(yaml.at("order"), type);
  } else if (stored_codes(type) != type.weights) {
    yaml.at("code").refuse(fmt::format("holds {} codes, the tile has {} weights", stored_codes(type), type.weights));
  }
  const YamlValue scale = yaml.at("scale");
  if (scale.is_scalar()) {
    static_cast<void>(scale.word({"beside"}));
  } else {
    type.scale = read_factors(scale, type);
  }
  if (yaml.has("minimum")) {
    if (type.scales_beside()) yaml.at("minimum").refuse("needs a scale inside the tile");
    type.minimum = read_factors(yaml.at("minimum"), type);
  }
  if (!type.scales_beside() && type.kind != ValueKind::kTable)
    scale.refuse("zero points and plane scales lie beside the tensor, so does the scale: 'beside'");
  type.group = type.scales_beside() ? 0 : type.weights;
  for (const auto* factors : {&type.scale, &type.minimum})
    for (const Factor& factor : *factors) type.group = std::gcd(type.group, type.weights / factor.count);
  return type;
}

}  // namespace

int digits_of(Digits digits) {
  switch (digits) {
    case Digits::kNone:
      return 1;
    case Digits::kBase3:
    case Digits::kBase3Fraction:
      return 5;
    case Digits::kBalanced3:
      return 3;
  }
  return 1;
}

std::vector<DataType> parse_types(const std::string& yaml, const std::string& file) {
  const YamlValue root = YamlValue::parse(yaml, file);
  root.only({"types"});
  std::vector<DataType> types;
  std::set<std::string> names;
  for (const YamlValue& y : root.at("types").list(kMaxTypes)) {
    types.push_back(read_type(y, file));
    if (!names.insert(types.back().name).second) y.at("name").refuse(fmt::format("'{}' is there twice", types.back().name));
  }
  return types;
}

const std::vector<DataType>& builtin_types() {
  static const std::vector<DataType> types = parse_types(std::string(embedded_types("builtin.yaml")), "builtin.yaml");
  return types;
}

DataType find_type(const std::string& name) {
  const std::size_t colon = name.rfind(':');
  const std::string wanted = colon == std::string::npos ? name : name.substr(colon + 1);
  std::vector<DataType> own;
  if (colon != std::string::npos) own = parse_types(read_file(name.substr(0, colon), kMaxTypeFile), name.substr(0, colon));
  const std::vector<DataType>& types = colon == std::string::npos ? builtin_types() : own;
  std::vector<std::string> names;
  for (const DataType& type : types) {
    if (type.name == wanted) return type;
    names.push_back(type.name);
  }
  const std::string known = colon == std::string::npos ? "`lutra types` lists all" : "known are " + listed(names);
  throw Error(fmt::format("the type '{}' is not known{}; {}", name, did_you_mean(wanted, names), known));
}

}  // namespace lutra::workloads

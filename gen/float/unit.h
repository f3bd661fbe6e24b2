// Emits the floating-point units as Verilog modules; gen/float/model.h gives the same bits in C++.
#pragma once

#include <string>

#include "gen/verilog.h"
#include "isa/float_format.h"

namespace lutra::gen {

enum class FloatOperation { kAdd, kMultiply, kDivide, kMaximum, kCompare, kConvert, kFromInt, kToInt };

/// One unit: a new operation every cycle, the result `registers` rising edges after its operands (0: combinational, no clock).
/// Ports: operands a_i and b_i, or value_i; result_o, or less_o, equal_o and unordered_o.
struct FloatUnit {
  FloatOperation operation;
  FloatFormat from = kFp32;  // of the operands; unused by kFromInt
  FloatFormat to = kFp32;    // of the result, for kConvert and kFromInt
  int integer_bits = 32;     // two's complement, for kFromInt (2 to 63) and kToInt (2 to 32)
  int registers = 0;
};

FloatUnit float_adder(const FloatFormat& format, int registers = 0);
FloatUnit float_multiplier(const FloatFormat& format, int registers = 0);
FloatUnit float_divider(const FloatFormat& format, int registers = 0);
FloatUnit float_maximiser(const FloatFormat& format, int registers = 0);
FloatUnit float_comparator(const FloatFormat& format, int registers = 0);
FloatUnit float_converter(const FloatFormat& from, const FloatFormat& to, int registers = 0);
FloatUnit int_to_float_unit(int integer_bits, const FloatFormat& to, int registers = 0);
FloatUnit float_to_int_unit(const FloatFormat& from, int integer_bits, int registers = 0);

/// Name of the module, e.g. lutra_fp32_add, lutra_fp32_to_fp16, lutra_int32_to_fp32_r2 (two registers).
std::string name_of(const FloatUnit& unit);

/// The module in a file of its name. Throws std::logic_error for a width that the operation does not have.
EmittedFile emit_float_unit(const FloatUnit& unit);

}  // namespace lutra::gen

// Numbers and text as a page shows them.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace lutra::report {

/// Text with the characters that mean something in HTML replaced.
std::string escape(std::string_view text);
/// Three significant digits with an SI prefix: 1234567 -> "1.23 M", 0.00012 -> "120 µ". The unit follows directly.
std::string si(double value, std::string_view unit = "");
/// Three significant digits without a prefix: 0.01234 -> "0.0123".
std::string significant(double value);
/// Integer with thin spaces between groups of three digits.
std::string grouped(long long value);
/// Share of a whole as "12.3 %".
std::string percent(double part, double whole);

/// What stands in a template's {{name}}.
using Slots = std::map<std::string, std::string>;
/// Replaces every {{name}} of the template; text of a slot is not searched again.
std::string fill(std::string_view text, const Slots& slots);

}  // namespace lutra::report

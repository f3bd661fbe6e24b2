// SHA-256 (FIPS 180-4), for hashes of configurations and inputs.
#pragma once

#include <string>
#include <string_view>

namespace lutra {

/// The digest of `data` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view data);

}  // namespace lutra

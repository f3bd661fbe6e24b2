// Legal configurations at random, over every key of the schema, small enough to Verilate in seconds.
#pragma once

#include <random>

#include "isa/arch_config.h"

namespace lutra::regression {

/// Every key but names and the memory's size is drawn; the result breaks no rule.
ArchConfig random_config(std::mt19937_64& random);

}  // namespace lutra::regression

// The entry point that all Catch2 test executables share.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

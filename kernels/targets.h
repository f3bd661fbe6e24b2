// Which of Highway's targets are compiled, and the CPU features beyond them that the AVX-512 VNNI path uses. Include before Highway.
#pragma once

#define HWY_WANT_AVX3_DL
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)

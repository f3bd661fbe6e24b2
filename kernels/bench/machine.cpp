// The read loops and the multiply-add loop, compiled once for each of Highway's targets.
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bench/machine.cpp"
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <string>

#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"  // must precede highway.h
#include "hwy/highway.h"
#include "kernels/bench/machine.h"
#include "kernels/kernel_set.h"

#if HWY_TARGET == HWY_AVX3_DL
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#else
HWY_BEFORE_NAMESPACE();
#endif
namespace lutra::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Reads `streams` equal parts side by side; the result only keeps the compiler from dropping the loads.
std::uint64_t read_streams(const std::uint8_t* from, std::size_t bytes, std::size_t streams, std::size_t ahead) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t n = hn::Lanes(d) * sizeof(std::uint64_t);
  const std::size_t part = bytes / streams;
  auto sum0 = hn::Zero(d), sum1 = sum0;
  for (std::size_t i = 0; i + 256 <= part; i += 256) {
    for (std::size_t s = 0; s < streams; ++s) {
      const std::uint8_t* at = from + s * part + i;
      if (ahead != 0) {
        for (std::size_t line = 0; line < 256; line += 64) hwy::Prefetch(at + line + ahead);
      }
      for (std::size_t j = 0; j < 256; j += 2 * n) {
        sum0 = hn::Xor(sum0, hn::LoadU(d, reinterpret_cast<const std::uint64_t*>(at + j)));
        sum1 = hn::Xor(sum1, hn::LoadU(d, reinterpret_cast<const std::uint64_t*>(at + j + n)));
      }
    }
  }
  return hn::GetLane(hn::Xor(sum0, sum1));
}

/// 16 chains of multiply-adds, `rounds` times; returns the multiply-adds done.
double multiply_add_rounds(std::size_t rounds) {
#if HWY_TARGET == HWY_AVX3_DL
  __m512i u = _mm512_set1_epi8(3), a = _mm512_set1_epi8(1);
  __m512i c[16];
  for (auto& chain : c) chain = _mm512_setzero_si512();
  for (std::size_t r = 0; r < rounds; ++r) {
    for (auto& chain : c) chain = _mm512_dpbusd_epi32(chain, u, a);
    asm volatile("" : "+v"(u), "+v"(a));
  }
  __m512i total = c[0];
  for (int i = 1; i < 16; ++i) total = _mm512_add_epi32(total, c[i]);
  asm volatile("" : : "v"(total));
  return 16.0 * 64 * static_cast<double>(rounds);
#elif HWY_TARGET == HWY_AVX3
  __m512i u = _mm512_set1_epi8(1), a = u;
  __m512i c[8];
  for (auto& chain : c) chain = u;
  for (std::size_t r = 0; r < rounds; ++r) {
    for (auto& chain : c) {
      chain = _mm512_add_epi16(chain, _mm512_maddubs_epi16(u, a));
      asm volatile("" : "+v"(u), "+v"(a));  // every product is computed anew
    }
  }
  for (auto& chain : c) asm volatile("" : : "v"(chain));
  return 8.0 * 64 * static_cast<double>(rounds);
#elif HWY_TARGET == HWY_AVX2
  __m256i u = _mm256_set1_epi8(1), a = u;
  __m256i c[8];
  for (auto& chain : c) chain = u;
  for (std::size_t r = 0; r < rounds; ++r) {
    for (auto& chain : c) {
      chain = _mm256_add_epi16(chain, _mm256_maddubs_epi16(u, a));
      asm volatile("" : "+x"(u), "+x"(a));  // every product is computed anew
    }
  }
  for (auto& chain : c) asm volatile("" : : "x"(chain));
  return 8.0 * 32 * static_cast<double>(rounds);
#else
  const hn::ScalableTag<std::int16_t> d;
  auto c0 = hn::Set(d, 1), c1 = hn::Set(d, 2), c2 = hn::Set(d, 3), c3 = hn::Set(d, 4);
  const auto u = hn::Set(d, 3);
  for (std::size_t r = 0; r < rounds; ++r) {
    c0 = hn::Add(hn::Mul(c0, u), u);
    c1 = hn::Add(hn::Mul(c1, u), u);
    c2 = hn::Add(hn::Mul(c2, u), u);
    c3 = hn::Add(hn::Mul(c3, u), u);
  }
  volatile std::int16_t keep = hn::GetLane(hn::Add(hn::Add(c0, c1), hn::Add(c2, c3)));
  static_cast<void>(keep);
  return 4.0 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace lutra::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lutra::kernels {
namespace {

struct Loops {
  Target target;
  std::uint64_t (*read)(const std::uint8_t*, std::size_t, std::size_t, std::size_t);
  double (*multiply_adds)(std::size_t);
};

Loops loops_of(Target target) {
  switch (target) {
#if HWY_TARGETS & HWY_AVX3_DL
    case Target::kAvx512Vnni:
      return {target, N_AVX3_DL::read_streams, N_AVX3_DL::multiply_add_rounds};
#endif
#if HWY_TARGETS & HWY_AVX3
    case Target::kAvx512:
      return {target, N_AVX3::read_streams, N_AVX3::multiply_add_rounds};
#endif
#if HWY_TARGETS & HWY_AVX2
    case Target::kAvx2:
      return {target, N_AVX2::read_streams, N_AVX2::multiply_add_rounds};
#endif
    default:
      return {target, HWY_STATIC_DISPATCH(read_streams), HWY_STATIC_DISPATCH(multiply_add_rounds)};
  }
}

std::size_t free_memory() {
  const long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return static_cast<std::size_t>(std::max(pages, 0L)) * static_cast<std::size_t>(std::max(page, 0L));
}

/// Processor time of all processes but this one since boot; 0 where /proc/stat does not say.
double other_processor_seconds() {
  std::ifstream stat("/proc/stat");
  std::string label;
  std::array<double, 8> ticks{};  // user, nice, system, idle, iowait, irq, softirq, steal
  if (!(stat >> label)) return 0;
  for (double& tick : ticks) stat >> tick;
  const double busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  timespec own{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  return busy / static_cast<double>(sysconf(_SC_CLK_TCK)) - static_cast<double>(own.tv_sec) - 1e-9 * static_cast<double>(own.tv_nsec);
}

}  // namespace

ReadProbe::ReadProbe(std::size_t last_level_cache)
    : buffer_(std::max(std::size_t{1} << 30, std::min(2 * last_level_cache, free_memory() / 2)) / 4096 * 4096) {
  std::memset(buffer_.data(), 1, buffer_.size());
}

double ReadProbe::fastest(Target target) const {
  const Loops loops = loops_of(kernel_set(target).target);
  double best = 0;
  for (const auto& [streams, ahead] : {std::array<std::size_t, 2>{1, 0}, {1, 2048}, {1, 4096}, {2, 2048}, {4, 0}}) {
    const double start = wall_seconds();
    volatile std::uint64_t keep = loops.read(buffer_.data(), buffer_.size(), streams, ahead);
    static_cast<void>(keep);
    best = std::max(best, static_cast<double>(buffer_.size()) / (wall_seconds() - start));
  }
  return best;
}

double peak_multiply_adds(Target target) {
  const Loops loops = loops_of(kernel_set(target).target);
  double best = 0;
  for (int i = 0; i < 100; ++i) {
    const double start = wall_seconds();
    const double done = loops.multiply_adds(20000);
    best = std::max(best, done / (wall_seconds() - start));
  }
  return best;
}

std::size_t last_level_cache_bytes() {
  const long l3 = sysconf(_SC_LEVEL3_CACHE_SIZE), l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return static_cast<std::size_t>(std::max({l3, l2, 1L << 25}));
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

double wall_seconds() {
  timespec wall{};
  clock_gettime(CLOCK_MONOTONIC, &wall);
  return static_cast<double>(wall.tv_sec) + 1e-9 * static_cast<double>(wall.tv_nsec);
}

OtherLoad::OtherLoad() : wall_(wall_seconds()), others_(other_processor_seconds()) {}

double OtherLoad::share() {
  const double wall = wall_seconds(), others = other_processor_seconds();
  const double share = (others - others_) / (wall - wall_);
  wall_ = wall;
  others_ = others;
  return std::max(share, 0.0);
}

}  // namespace lutra::kernels
#endif

// The table of targets, best first. Included once, at the end of simd_kernels.cpp.

namespace lutra::kernels {
namespace {

struct Entry {
  std::int64_t bit;  // Highway's
  const KernelSet& (*kernels)();
};

/// Highway's targets that this CPU has. A build for one target only needs no detection. Asked once: virtual machines trap every CPUID,
/// which would cost a call tens of microseconds.
std::int64_t supported_targets() {
#ifdef HWY_COMPILE_ONLY_STATIC
  return HWY_STATIC_TARGET;
#else
  static const std::int64_t supported = hwy::SupportedTargets() | HWY_STATIC_TARGET;
  return supported;
#endif
}

std::vector<Entry> compiled_targets() {
  return {
#if HWY_TARGETS & HWY_AVX3_DL
    {HWY_AVX3_DL, N_AVX3_DL::kernels},
#endif
#if HWY_TARGETS & HWY_AVX3
        {HWY_AVX3, N_AVX3::kernels},
#endif
#if HWY_TARGETS & HWY_AVX2
        {HWY_AVX2, N_AVX2::kernels},
#endif
#if HWY_TARGETS & HWY_SVE2_128
        {HWY_SVE2_128, N_SVE2_128::kernels},
#endif
#if HWY_TARGETS & HWY_SVE_256
        {HWY_SVE_256, N_SVE_256::kernels},
#endif
#if HWY_TARGETS & HWY_SVE2
        {HWY_SVE2, N_SVE2::kernels},
#endif
#if HWY_TARGETS & HWY_SVE
        {HWY_SVE, N_SVE::kernels},
#endif
#if HWY_TARGETS & HWY_NEON
        {HWY_NEON, N_NEON::kernels},
#endif
#if HWY_TARGETS & HWY_EMU128
        {HWY_EMU128, N_EMU128::kernels},
#endif
#if HWY_TARGETS & HWY_SCALAR
        {HWY_SCALAR, N_SCALAR::kernels},
#endif
  };
}

}  // namespace

std::vector<Target> available_targets() {
  const std::int64_t supported = supported_targets();
  std::vector<Target> targets;
  for (const Entry& entry : compiled_targets()) {
    if ((supported & entry.bit) == 0) continue;
    const Target target = entry.kernels().target;
    if (targets.empty() || targets.back() != target) targets.push_back(target);
  }
  return targets;
}

const KernelSet& kernel_set(Target target) {
  const std::int64_t supported = supported_targets();
  for (const Entry& entry : compiled_targets()) {
    if ((supported & entry.bit) != 0 && (target == Target::kAuto || entry.kernels().target == target)) return entry.kernels();
  }
  throw Error(fmt::format("kernels for {} are not compiled in or this CPU does not have it", to_string(target)));
}

}  // namespace lutra::kernels

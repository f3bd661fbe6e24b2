// The kernel's start, and what it does to AddressSanitizer set right.
#include "sim/systemc/start.h"

#include <pthread.h>

#include <systemc>

#if defined(__SANITIZE_ADDRESS__)
#define LUTRA_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LUTRA_ADDRESS_SANITIZER
#endif
#endif

#ifdef LUTRA_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace lutra::systemc {
namespace {

/// SystemC tells AddressSanitizer of each change of stacks, but takes the main stack for one of no size. An exception could then no longer
/// clear the marks of the frames that it leaves, and their addresses would be reported when the next frames use them.
void restore_main_stack() {
#ifdef LUTRA_ADDRESS_SANITIZER
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* bottom = nullptr;
  std::size_t size = 0;
  pthread_attr_getstack(&attributes, &bottom, &size);
  pthread_attr_destroy(&attributes);
  void* frames = nullptr;
  __sanitizer_start_switch_fiber(&frames, bottom, size);
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
#endif
}

}  // namespace

void elaborate() {
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  restore_main_stack();
}

void run_to_end() {
  sc_core::sc_start();
  restore_main_stack();
}

}  // namespace lutra::systemc

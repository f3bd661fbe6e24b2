#include <dlfcn.h>
#include <fmt/format.h>

#include "isa/error.h"
#include "sim/sweep/pagmo/module.h"

namespace lutra::sweep {

const Pagmo& pagmo_module() {
  static const Pagmo& loaded = []() -> const Pagmo& {
    void* const module = dlopen(LUTRA_PAGMO_MODULE, RTLD_NOW | RTLD_LOCAL);  // stays for the process
    const void* const functions = module == nullptr ? nullptr : dlsym(module, "lutra_pagmo");
    if (functions == nullptr) throw Error(fmt::format("cannot load pagmo's searches: {}", dlerror()), {LUTRA_PAGMO_MODULE});
    return *static_cast<const Pagmo*>(functions);
  }();
  return loaded;
}

}  // namespace lutra::sweep

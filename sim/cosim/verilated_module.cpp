#include "sim/cosim/verilated_module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>

#include "isa/error.h"
#include "sim/process/process.h"

namespace lutra::cosim {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuildVersion = "1";  // change when the wrapper or the flags below change

/// What the shared object exports; the prefix of the Verilated class is always Vmodule.
constexpr std::string_view kWrapperHead = R"cpp(#include <memory>
#include <stdexcept>
#include <string>
#include "Vmodule.h"
#include "verilated.h"

                                                void vl_finish(const char*, int, const char*) {}
                                                void vl_stop(const char* file, int line, const char*) {
                                                  throw std::runtime_error(std::string("assertion at ") + file + ":" + std::to_string(line));
                                                }
                                                void vl_fatal(const char* file, int line, const char*, const char* message) {
                                                  throw std::runtime_error(std::string(message) + " at " + file + ":" + std::to_string(line));
                                                }
                                                namespace {
                                                struct Instance {
                                                  VerilatedContext context;
                                                  std::unique_ptr<Vmodule> top = std::make_unique<Vmodule>(&context, "top");
                                                };
                                                }  // namespace
                                                extern "C" {
                                                void* lutra_create() { return new Instance; }
                                                void lutra_destroy(void* p) { delete static_cast<Instance*>(p); }
                                                void lutra_eval(void* p) { static_cast<Instance*>(p)->top->eval(); }
                                                struct LutraPort {
                                                  const char* name;
                                                  int bits;
                                                  int is_input;
                                                  void* storage;
                                                };
                                                int lutra_ports(void* p, LutraPort* out) {
                                                  Vmodule& m = *static_cast<Instance*>(p)->top;
                                                  int n = 0;
)cpp";

struct LutraPort {
  const char* name;
  int bits;
  int is_input;
  void* storage;
};

/// What the wrapper names its instance, in front of all scopes.
constexpr std::string_view kInstance = "top";

/// Behind the ports, for "--public-flat-rw".
constexpr std::string_view kStateTable = R"cpp(
#include "verilated_syms.h"
  struct LutraState {
    const char* scope;
    const char* name;
    void* storage;
    int bits, words, word_bytes;
  };
  // Scopes take themselves off the thread's context, which may be that of an instance that is gone.
  extern "C" void lutra_destroy_scopes(void* p) {
    Verilated::threadContextp(&static_cast<Instance*>(p)->context);
    lutra_destroy(p);
  }
  extern "C" int lutra_state(void* p, LutraState* out, int room) {
    int n = 0;
    for (const auto& scope : *static_cast<Instance*>(p)->context.scopeNameMap()) {
      if (scope.second->varsp() == nullptr) continue;
      for (const auto& var : *scope.second->varsp()) {
        const VerilatedVar& v = var.second;
        if (n < room)
          out[n] = {scope.first,
                    var.first,
                    v.datap(),
                    v.packed().elements(),
                    v.udims() > 0 ? v.unpacked().elements() : 1,
                    static_cast<int>(v.entSize())};
        ++n;
      }
    }
    return n;
  }
)cpp";

/// The same, for "--coverage-line" and "--coverage-toggle".
constexpr std::string_view kCoverageWriter = R"cpp(
#include "verilated_cov.h"
  extern "C" void lutra_write_coverage(void* p, const char* path) {
    static_cast<Instance*>(p)->context.coveragep()->write(path);
  }
)cpp";

struct LutraState {
  const char* scope;
  const char* name;
  void* storage;
  int bits, words, word_bytes;
};

bool has_flag(const BuildOptions& options, std::string_view start) {
  return std::any_of(options.verilator_flags.begin(), options.verilator_flags.end(),
                     [&](const std::string& flag) { return flag.rfind(start, 0) == 0; });
}

std::uint64_t fnv1a(std::uint64_t hash, const std::string& text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return (hash ^ 0xFF) * 0x100000001B3ULL;
}

std::string content_key(const std::vector<gen::EmittedFile>& files, const std::string& top, const BuildOptions& options) {
  static const std::string version = run_checked("asking Verilator for its version", {"verilator", "--version"});
  std::uint64_t low = fnv1a(0xCBF29CE484222325ULL, std::string(kBuildVersion));
  std::uint64_t high = fnv1a(0x84222325CBF29CE4ULL, version);
  const auto add = [&](const std::string& text) { low = fnv1a(low, text), high = fnv1a(high, text); };
  add(version), add(top), add(options.optimisation);
  for (const std::string& f : options.verilator_flags) add(f);
  for (const std::string& d : options.defines) add(d);
  for (const gen::EmittedFile& f : files) add(f.name), add(f.text);
  return fmt::format("{:016x}{:016x}", low, high);
}

/// The port table of the wrapper, from the declarations in Verilator's header.
std::string wrapper_text(const std::string& header, const BuildOptions& options) {
  static const std::regex declaration(R"(VL_(IN|OUT)(8|16|64|W)?\(&(\w+),(\d+),(\d+))");
  std::string text(kWrapperHead);
  for (std::sregex_iterator it(header.begin(), header.end(), declaration), end; it != end; ++it) {
    const std::smatch& m = *it;
    const int bits = std::stoi(m[4]) - std::stoi(m[5]) + 1;
    text += fmt::format("  out[n++] = {{\"{0}\", {1}, {2}, &m.{0}}};\n", m[3].str(), bits, m[1] == "IN" ? 1 : 0);
  }
  text += "  return n;\n}\n}\n";
  if (has_flag(options, "--public-flat-rw")) text += kStateTable;
  if (has_flag(options, "--coverage")) text += kCoverageWriter;
  return text;
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw Error("cannot write", {path.string()});
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string compiler_prefix() { return fs::exists("/usr/bin/ccache") ? "ccache g++" : "g++"; }

void compile(const std::string& directory, const std::vector<gen::EmittedFile>& files, const std::string& top,
             const BuildOptions& options) {
  std::vector<std::string> verilate = {
      "verilator",  "--cc", "--top-module", top,    "--prefix",   "Vmodule",        "--Mdir", "obj",        "-O3",
      "--x-assign", "fast", "--x-initial",  "fast", "--noassert", "--output-split", "30000",  "-Wno-fatal", "-Wno-DECLFILENAME"};
  if (!options.verilator_flags.empty()) {
    for (const std::string& f : options.verilator_flags)
      if (f == "--assert") std::erase(verilate, std::string("--noassert"));
    verilate.insert(verilate.end(), options.verilator_flags.begin(), options.verilator_flags.end());
  }
  for (const std::string& d : options.defines) verilate.push_back("-D" + d);
  for (const gen::EmittedFile& f : files) {
    write_text(fs::path(directory) / f.name, f.text);
    if (f.name.ends_with(".v")) verilate.push_back(f.name);
  }
  run_checked("verilating " + top, verilate, directory);
  const fs::path obj = fs::path(directory) / "obj";
  write_text(obj / "wrapper.cpp", wrapper_text(read_text(obj / "Vmodule.h"), options));
  std::vector<std::string> library = {"wrapper", "verilated", "verilated_threads"};
  if (has_flag(options, "--coverage")) library.emplace_back("verilated_cov");
  std::vector<std::string> make = {"make",
                                   "-s",
                                   "-j2",
                                   "-f",
                                   "Vmodule.mk",
                                   "CXX=" + compiler_prefix(),
                                   "OPT_FAST=" + options.optimisation,
                                   "OPT_SLOW=-O0",
                                   "OPT_GLOBAL=" + options.optimisation,
                                   "USER_CPPFLAGS=-fPIC -DVL_USER_FINISH -DVL_USER_STOP -DVL_USER_FATAL",
                                   fmt::format("VM_USER_CLASSES={}", fmt::join(library, " ")),
                                   "VM_GLOBAL_FAST=",
                                   "VM_GLOBAL_SLOW="};
  std::vector<std::string> link = {"g++", "-shared", "-o", "../module.so"};
  for (const std::string& part : library) {
    make.push_back(part + ".o");
    link.push_back(part + ".o");
  }
  make.emplace_back("Vmodule__ALL.a");
  for (const char* argument : {"-Wl,--whole-archive", "Vmodule__ALL.a", "-Wl,--no-whole-archive", "-lpthread", "-latomic"})
    link.emplace_back(argument);
  run_checked("compiling " + top, make, obj.string());
  run_checked("linking " + top, link, obj.string());
}

std::vector<StateRef> state_of(int (*list)(void*, LutraState*, int), void* model) {
  std::vector<LutraState> found(static_cast<std::size_t>(list(model, nullptr, 0)));
  list(model, found.data(), static_cast<int>(found.size()));
  std::vector<StateRef> state;
  for (const LutraState& s : found)
    if (std::string_view(s.name).ends_with("_q") && std::string_view(s.scope).size() > kInstance.size())
      state.emplace_back(fmt::format("{}.{}", std::string_view(s.scope).substr(kInstance.size() + 1), s.name), s.storage, s.bits, s.words,
                         s.word_bytes);
  std::sort(state.begin(), state.end(), [](const StateRef& a, const StateRef& b) { return a.name() < b.name(); });
  return state;
}

}  // namespace

std::unique_ptr<VerilatedModule> VerilatedModule::build(const std::vector<gen::EmittedFile>& files, const std::string& top,
                                                        const BuildOptions& options) {
  const std::string parent = cache_directory() + "/verilated";
  const std::string target = parent + "/" + content_key(files, top, options);
  const std::string object = target + "/module.so";
  if (!fs::exists(object)) {
    ScratchDirectory scratch(parent);
    compile(scratch.path(), files, top, options);
    fs::remove_all(scratch.path() + "/obj");
    scratch.publish(target);
  }
  std::unique_ptr<VerilatedModule> module(new VerilatedModule);
  module->library_ = dlopen(object.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module->library_ == nullptr) throw Error(fmt::format("cannot load: {}", dlerror()), {object});
  const auto symbol = [&](const char* name) { return dlsym(module->library_, name); };
  module->model_ = reinterpret_cast<void* (*)()>(symbol("lutra_create"))();
  module->eval_ = reinterpret_cast<void (*)(void*)>(symbol("lutra_eval"));
  module->destroy_ = reinterpret_cast<void (*)(void*)>(symbol("lutra_destroy"));
  std::vector<LutraPort> table(4096);
  const int count = reinterpret_cast<int (*)(void*, LutraPort*)>(symbol("lutra_ports"))(module->model_, table.data());
  for (int i = 0; i < count; ++i) {
    const LutraPort& p = table[static_cast<std::size_t>(i)];
    module->ports_[p.name] = PortRef(p.storage, p.bits);
    if (p.is_input != 0) module->inputs_.push_back(p.name);
  }
  if (module->has_port("clk_i")) module->clock_ = module->port("clk_i");
  if (void* destroy = symbol("lutra_destroy_scopes")) module->destroy_ = reinterpret_cast<void (*)(void*)>(destroy);
  module->write_coverage_ = reinterpret_cast<void (*)(void*, const char*)>(symbol("lutra_write_coverage"));
  if (auto* list = reinterpret_cast<int (*)(void*, LutraState*, int)>(symbol("lutra_state")))
    module->state_ = state_of(list, module->model_);
  return module;
}

VerilatedModule::~VerilatedModule() {
  if (model_ != nullptr) destroy_(model_);
  if (library_ != nullptr) dlclose(library_);
}

PortRef VerilatedModule::port(const std::string& name) const {
  const auto found = ports_.find(name);
  if (found == ports_.end()) throw std::out_of_range("the module has no port " + name);
  return found->second;
}

void VerilatedModule::write_coverage(const std::string& path) const {
  if (write_coverage_ == nullptr) throw Error("the module was built without coverage", {path});
  write_coverage_(model_, path.c_str());
}

void VerilatedModule::eval() { eval_(model_); }

void VerilatedModule::tick() {
  clock_.set(0);
  eval_(model_);
  clock_.set(1);
  eval_(model_);
}

}  // namespace lutra::cosim

#include "sim/cosim/verilated_module.h"

#include <dlfcn.h>
#include <fmt/format.h>

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
std::string wrapper_text(const std::string& header) {
  static const std::regex declaration(R"(VL_(IN|OUT)(8|16|64|W)?\(&(\w+),(\d+),(\d+))");
  std::string text(kWrapperHead);
  for (std::sregex_iterator it(header.begin(), header.end(), declaration), end; it != end; ++it) {
    const std::smatch& m = *it;
    const int bits = std::stoi(m[4]) - std::stoi(m[5]) + 1;
    text += fmt::format("  out[n++] = {{\"{0}\", {1}, {2}, &m.{0}}};\n", m[3].str(), bits, m[1] == "IN" ? 1 : 0);
  }
  return text + "  return n;\n}\n}\n";
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
  write_text(obj / "wrapper.cpp", wrapper_text(read_text(obj / "Vmodule.h")));
  const std::string root = "VERILATOR_ROOT=/usr/share/verilator";
  run_checked("compiling " + top,
              {"make", "-s", "-j2", "-f", "Vmodule.mk", "CXX=" + compiler_prefix(), "OPT_FAST=" + options.optimisation, "OPT_SLOW=-O0",
               "OPT_GLOBAL=" + options.optimisation, "USER_CPPFLAGS=-fPIC -DVL_USER_FINISH -DVL_USER_STOP -DVL_USER_FATAL",
               "VM_USER_CLASSES=wrapper verilated verilated_threads", "VM_GLOBAL_FAST=", "VM_GLOBAL_SLOW=", "wrapper.o", "verilated.o",
               "verilated_threads.o", "Vmodule__ALL.a"},
              obj.string());
  run_checked("linking " + top,
              {"g++", "-shared", "-o", "../module.so", "wrapper.o", "verilated.o", "verilated_threads.o", "-Wl,--whole-archive",
               "Vmodule__ALL.a", "-Wl,--no-whole-archive", "-lpthread", "-latomic"},
              obj.string());
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

void VerilatedModule::eval() { eval_(model_); }

void VerilatedModule::tick() {
  clock_.set(0);
  eval_(model_);
  clock_.set(1);
  eval_(model_);
}

}  // namespace lutra::cosim

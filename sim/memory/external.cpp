#include "sim/memory/external.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "isa/error.h"
#include "sim/memory/dram_timing.h"

namespace lutra::memory {
namespace {

/// An open shared library and its functions.
class Library {
 public:
  explicit Library(const std::string& file) : file_(file), handle_(dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw Error(fmt::format("cannot load the memory model: {}", dlerror()), {file});
    find("lutra_memory_create", create);
    find("lutra_memory_read", read);
    find("lutra_memory_write", write);
    find("lutra_memory_destroy", destroy);
    state = reinterpret_cast<decltype(state)>(dlsym(handle_, "lutra_memory_state"));
  }
  ~Library() { dlclose(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] const std::string& file() const { return file_; }

  void* (*create)(double, int) = nullptr;
  long long (*read)(void*, long long, unsigned long long, int) = nullptr;
  long long (*write)(void*, long long, unsigned long long, int) = nullptr;
  void (*destroy)(void*) = nullptr;
  int (*state)(void*, long long, long long*, int) = nullptr;  // optional

 private:
  template <typename Function>
  void find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (function != nullptr) return;
    dlclose(handle_);
    throw Error(fmt::format("the memory model has no function {}", name), {file_});
  }

  std::string file_;
  void* handle_;
};

class ExternalTiming : public MemoryTiming {
 public:
  ExternalTiming(std::shared_ptr<Library> library, const ArchConfig& config)
      : library_(std::move(library)), model_(library_->create(config.clock_mhz, config.axi.data_bits / 8)) {
    if (model_ == nullptr) throw Error("the memory model refuses this clock or bus", {library_->file()});
  }
  ~ExternalTiming() override { library_->destroy(model_); }
  ExternalTiming(const ExternalTiming&) = delete;
  ExternalTiming& operator=(const ExternalTiming&) = delete;

  Cycle read_accepted(Cycle now, std::uint64_t address, int beats) override {
    return later(now, library_->read(model_, now, address, beats), "lutra_memory_read");
  }
  [[nodiscard]] Cycle next_read(Cycle from) const override { return from; }
  [[nodiscard]] Cycle earliest_read(Cycle from, std::int64_t n) const override { return from + n - 1; }
  void take_read(Cycle) override {}
  [[nodiscard]] bool may_write(Cycle) const override { return true; }
  void take_write(Cycle) override {}
  Cycle write_finished(Cycle now, std::uint64_t address, int beats) override {
    return later(now, library_->write(model_, now, address, beats), "lutra_memory_write");
  }
  [[nodiscard]] bool append_state(Cycle now, std::vector<std::int64_t>& words) const override {
    if (library_->state == nullptr) return false;
    std::array<long long, kMaxStateWords> own{};
    const int count = library_->state(model_, now, own.data(), kMaxStateWords);
    if (count < 0 || count > kMaxStateWords) return false;
    words.insert(words.end(), own.begin(), own.begin() + count);
    return true;
  }

 private:
  static constexpr int kMaxStateWords = 256;

  [[nodiscard]] Cycle later(Cycle now, Cycle answer, const char* function) const {
    if (answer > now) return answer;
    throw Error(fmt::format("{} answered {} at cycle {}, allowed are later cycles", function, answer, now), {library_->file()},
                Error::Kind::kCheckFailed);
  }

  std::shared_ptr<Library> library_;
  void* model_;
};

}  // namespace

std::function<std::unique_ptr<MemoryTiming>(const ArchConfig&)> timing_from_file(const std::string& file) {
  if (std::filesystem::path(file).extension() == ".so") {
    return
        [library = std::make_shared<Library>(file)](const ArchConfig& config) { return std::make_unique<ExternalTiming>(library, config); };
  }
  return [device = load_dram(file)](const ArchConfig& config) { return make_dram_timing(config, device); };
}

}  // namespace lutra::memory

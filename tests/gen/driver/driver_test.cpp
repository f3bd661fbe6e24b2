// The C driver as its users build it: on x86 in front of the Verilated core, on RISC-V in QEMU in front of a stub.
#include <dlfcn.h>
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>

#include "gen/generator.h"
#include "isa/file.h"
#include "sim/cosim/rtl_core.h"
#include "sim/process/process.h"
#include "tests/isa/temporary_directory.h"
#include "tests/shipped_config.h"
#include "tests/source_dir.h"
#include "workloads/compile.h"
#include "workloads/operands.h"
#include "workloads/trace.h"

using namespace lutra;

namespace {

constexpr std::uint64_t kMemoryBytes = std::uint64_t{1} << 20;

// What lutra_driver.h and lutra_loader.h declare; those belong to a design and exist only at run time.
enum Status { kOk, kBusy, kTrapped, kNotACore, kOtherGenerator, kNotAProgram, kDamaged, kOtherMachine, kDoesNotFit, kNoSuchJob };
struct CoreAccess {
  void* context;
  std::uint32_t (*read)(void*, std::uint32_t);
  void (*write)(void*, std::uint32_t, std::uint32_t);
};
struct LaunchInC {
  std::uint64_t code;
  std::uint32_t instructions;
  std::uint64_t window_low, window_high, watchdog, arguments[8];
};
struct TrapInC {
  std::uint32_t cause, pc;
  std::uint64_t address;
};
struct ProgramInC {
  const std::uint8_t* header;
  std::size_t header_bytes;
  const std::uint8_t* code;
  std::uint64_t instructions;
  std::uint32_t hash, kernels, jobs;
  std::uint64_t code_base, slot_bytes, used_bytes;
};

ArchConfig tiny() { return test::shipped_config("tiny"); }

Program two_products(const ArchConfig& config) {
  return workloads::compile(config,
                            workloads::trace_list("driver", {{"first", 2, 11, 48, "int3"}, {"second", 3, 6, 40, "ternary"}}, {}, {}));
}

// The options that the driver has to take, whatever the compiler.
std::vector<std::string> strict(std::vector<std::string> compiler, const std::string& design) {
  for (const char* option : {"-std=c99", "-O2", "-ffreestanding", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"})
    compiler.push_back(option);
  compiler.push_back(design);
  return compiler;
}

const std::vector<std::string> kRiscV{"riscv64-unknown-elf-gcc", "-march=rv64ima_zicsr", "-mabi=lp64", "-mcmodel=medany"};

std::vector<std::string> sources(const std::string& design) {
  std::vector<std::string> files;
  for (const char* name : {"lutra_driver.c", "lutra_loader.c", "lutra_sha256.c"}) files.push_back(design + "/driver/" + name);
  return files;
}

void run(std::vector<std::string> command, const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
  const ProcessResult result = run_process(command);
  INFO(fmt::format("{}\n{}", fmt::join(command, " "), result.output));
  REQUIRE(result.exit_code == 0);
}

/// The driver compiled by gcc and loaded into this process.
class Driver {
 public:
  explicit Driver(const ArchConfig& config) {
    gen::write_design(gen::generate(config), design_);
    std::vector<std::string> options = sources(design_);
    options.insert(options.end(), {"-shared", "-fPIC", "-o", folder_.file("driver.so")});
    run(strict({"gcc"}, design_), options);
    library_ = dlopen(folder_.file("driver.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library_ != nullptr);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver() { dlclose(library_); }

  template <class Function>
  [[nodiscard]] Function* get(const char* name) const {
    void* symbol = dlsym(library_, name);
    REQUIRE(symbol != nullptr);
    return reinterpret_cast<Function*>(symbol);
  }
  template <class... Arguments>
  [[nodiscard]] int call(const char* name, Arguments... arguments) const {
    return get<int(Arguments...)>(name)(arguments...);
  }

 private:
  test::TemporaryDirectory folder_;
  std::string design_ = folder_.file("design");
  void* library_ = nullptr;
};

/// The Verilated core with its memory; every access of the driver goes over the AXI4-Lite port.
class Machine {
 public:
  explicit Machine(const ArchConfig& config) : memory_(config), rtl_(config, memory_, {}, nullptr) {}

  [[nodiscard]] const CoreAccess* core() const { return &access_; }
  [[nodiscard]] memory::Memory& memory() { return memory_; }
  void wait_interrupt() { play({model::HostOp::Kind::kWaitIrq, 0, 0, 0}); }
  int accesses = 0;

 private:
  void play(const model::HostOp& op) {
    rtl_.host().append(op);
    const auto limit = rtl_.now() + 200000;
    while (!rtl_.finished()) {
      REQUIRE(rtl_.now() < limit);
      rtl_.step();
    }
  }
  static std::uint32_t read(void* context, std::uint32_t offset) {
    auto& self = *static_cast<Machine*>(context);
    ++self.accesses;
    self.play({model::HostOp::Kind::kRead, offset, 0, 0});
    return self.rtl_.host().read_values().back();
  }
  static void write(void* context, std::uint32_t offset, std::uint32_t value) {
    auto& self = *static_cast<Machine*>(context);
    ++self.accesses;
    self.play({model::HostOp::Kind::kWrite, offset, value, 0});
  }

  memory::Memory memory_;
  cosim::RtlCore rtl_;
  CoreAccess access_{this, &read, &write};
};

struct Operands {
  std::unique_ptr<workloads::WeightSource> weights = workloads::make_generated_weights(5);
  std::unique_ptr<workloads::ActivationSource> activations = workloads::make_generated_activations(6);
};

/// Loads the file's code through the driver and the operands of all jobs beside it.
ProgramInC load(const Driver& driver, Machine& machine, const ArchConfig& config, const Program& program, const std::string& file,
                const Operands& operands) {
  ProgramInC opened{};
  REQUIRE(driver.call("lutra_open", &opened, static_cast<const void*>(file.data()), file.size()) == kOk);
  std::vector<std::uint8_t> code(kMemoryBytes);
  REQUIRE(driver.call("lutra_load", machine.core(), static_cast<const ProgramInC*>(&opened), static_cast<void*>(code.data()),
                      kMemoryBytes) == kOk);
  machine.memory().image().write(0, code.data(), code.size());
  for (std::size_t job = 0; job < program.jobs.size(); ++job)
    workloads::place_operands(workloads::placed_job(config, program, job), *operands.weights, *operands.activations,
                              [&](std::uint64_t address, std::span<const std::uint8_t> bytes) {
                                machine.memory().image().write(address, bytes.data(), bytes.size());
                              });
  return opened;
}

std::vector<std::int32_t> outputs(const workloads::PlacedJob& job, const Machine& machine) {
  return workloads::read_outputs(job, [&](std::uint64_t address, std::span<std::uint8_t> bytes) {
    const_cast<Machine&>(machine).memory().image().read(address, bytes.data(), bytes.size());
  });
}

}  // namespace

TEST_CASE("the driver runs a compiled program on the Verilated core and the outputs are the golden ones") {
  const ArchConfig config = tiny();
  const Driver driver(config);
  Machine machine(config);
  const Program program = two_products(config);
  const std::string file = serialize_program(program);
  const Operands operands;
  REQUIRE(driver.call("lutra_probe", machine.core()) == kOk);
  const ProgramInC opened = load(driver, machine, config, program, file, operands);
  CHECK(opened.jobs == program.jobs.size());
  for (std::uint32_t job = 0; job < opened.jobs; ++job) {
    LaunchInC launch{};
    REQUIRE(driver.call("lutra_job", &opened, job, &launch) == kOk);
    CHECK(driver.call("lutra_poll", machine.core()) == kBusy);
    REQUIRE(driver.call("lutra_start", machine.core(), static_cast<const LaunchInC*>(&launch), 1) == kOk);
    CHECK(driver.call("lutra_start", machine.core(), static_cast<const LaunchInC*>(&launch), 1) == kBusy);
    if (job % 2 == 0)
      machine.wait_interrupt();
    else
      REQUIRE(driver.call("lutra_wait", machine.core(), std::uint64_t{0}) == kOk);
    CHECK(driver.call("lutra_acknowledge", machine.core()) == kOk);
    CHECK(driver.call("lutra_poll", machine.core()) == kBusy);
    std::array<std::uint64_t, 8> counters{};
    driver.get<void(const CoreAccess*, std::uint64_t*)>("lutra_read_counters")(machine.core(), counters.data());
    CHECK(counters[0] > counters[2]);  // cycles, and those in which the array worked
    CHECK(counters[2] > 0);
    CHECK(counters[1] >= launch.instructions);
    const workloads::PlacedJob placed = workloads::placed_job(config, program, job);
    CHECK(outputs(placed, machine) == workloads::expected_outputs(placed, *operands.weights, *operands.activations));
  }
  CHECK(machine.accesses > 60);
}

TEST_CASE("the loader refuses what is no program, damaged, for another machine or too large, and writes nothing") {
  const ArchConfig config = tiny();
  const Driver driver(config);
  Machine machine(config);
  const std::string file = serialize_program(two_products(config));
  const auto open = [&](const std::string& bytes, ProgramInC& program) {
    return driver.call("lutra_open", &program, static_cast<const void*>(bytes.data()), bytes.size());
  };
  ProgramInC program{};
  CHECK(open("", program) == kNotAProgram);
  CHECK(open("MZ" + file.substr(2), program) == kNotAProgram);
  for (const std::size_t size : {std::size_t{63}, std::size_t{64}, file.size() - 16, file.size() - 1})
    CHECK(open(file.substr(0, size), program) == kNotAProgram);
  std::string damaged = file;
  damaged[file.size() - 5] ^= 1;
  CHECK(open(damaged, program) == kDamaged);

  std::vector<std::uint8_t> memory(kMemoryBytes);
  const auto fill = [&](const ProgramInC& from, std::uint64_t bytes) {
    return driver.call("lutra_load", machine.core(), &from, static_cast<void*>(memory.data()), bytes);
  };
  REQUIRE(open(file, program) == kOk);
  CHECK(fill(program, program.used_bytes - 1) == kDoesNotFit);
  Program other = two_products(config);
  other.program_hash.front() = other.program_hash.front() == '0' ? '1' : '0';
  const std::string foreign = serialize_program(other);
  REQUIRE(open(foreign, program) == kOk);
  CHECK(fill(program, kMemoryBytes) == kOtherMachine);
  CHECK(std::all_of(memory.begin(), memory.end(), [](std::uint8_t byte) { return byte == 0; }));
}

TEST_CASE("the driver returns the cause, place and address of a trap, and the core runs again") {
  const ArchConfig config = tiny();
  const Driver driver(config);
  Machine machine(config);
  const Program program = two_products(config);
  const std::string file = serialize_program(program);
  const ProgramInC opened = load(driver, machine, config, program, file, {});
  LaunchInC launch{};
  REQUIRE(driver.call("lutra_job", &opened, 0U, &launch) == kOk);
  const auto trap_of = [&](const LaunchInC& bad) {
    REQUIRE(driver.call("lutra_start", machine.core(), &bad, 1) == kOk);
    machine.wait_interrupt();
    REQUIRE(driver.call("lutra_poll", machine.core()) == kTrapped);
    const TrapInC trap = driver.get<TrapInC(const CoreAccess*)>("lutra_read_trap")(machine.core());
    CHECK(driver.call("lutra_acknowledge", machine.core()) == kTrapped);
    return trap;
  };
  LaunchInC bad = launch;
  bad.window_high = launch.arguments[0] + 1;  // the weights lie outside
  const TrapInC outside = trap_of(bad);
  CHECK(outside.cause == static_cast<std::uint32_t>(Trap::kOutsideWindow));
  bad = launch;
  bad.watchdog = 10;
  CHECK(trap_of(bad).cause == static_cast<std::uint32_t>(Trap::kWatchdog));
  bad = launch;
  bad.instructions = 0;
  CHECK(trap_of(bad).cause == static_cast<std::uint32_t>(Trap::kProgramTooLong));
  const std::uint64_t undefined = 0xFF;
  machine.memory().image().write(launch.code + 2 * 16, &undefined, 8);
  const TrapInC illegal = trap_of(launch);
  CHECK(illegal.cause == static_cast<std::uint32_t>(Trap::kIllegalOpcode));
  CHECK(illegal.pc == 2);
  CHECK(std::string(driver.get<const char*(std::uint32_t)>("lutra_cause_text")(illegal.cause)).starts_with("illegal_opcode: "));
  LaunchInC second{};
  REQUIRE(driver.call("lutra_job", &opened, 1U, &second) == kOk);
  REQUIRE(driver.call("lutra_start", machine.core(), static_cast<const LaunchInC*>(&second), 0) == kOk);
  CHECK(driver.call("lutra_wait", machine.core(), std::uint64_t{0}) == kOk);
}

TEST_CASE("the driver compiles for RISC-V of 64 and 32 bits and runs in QEMU against a stub") {
  const ArchConfig config = tiny();
  const test::TemporaryDirectory folder;
  const std::string design = folder.file("design"), file = folder.file("program.lutra"), elf = folder.file("driver.elf");
  gen::write_design(gen::generate(config), design);
  std::vector<std::string> small = sources(design);
  small.push_back("-fsyntax-only");
  run(strict({"riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32"}, design), small);

  write_program(two_products(config), file);
  const std::string own = test::source_dir() + "/tests/gen/driver/riscv/";
  std::vector<std::string> options = sources(design);
  options.insert(options.end(), {own + "start.S", own + "stub.c", own + "main.c", "-nostdlib", "-Wl,--no-warn-rwx-segments", "-T",
                                 own + "link.ld", "-o", elf, fmt::format("-DPROGRAM_BYTES={}", std::filesystem::file_size(file))});
  run(strict(kRiscV, design), options);
  // The exit code is the line of tests/gen/driver/riscv/main.c whose check failed; 124 is a hang.
  run({"timeout", "120", "qemu-system-riscv64", "-machine", "virt", "-bios", "none", "-nographic", "-monitor", "none", "-serial", "none",
       "-kernel", elf, "-device", "loader,file=" + file + ",addr=0x84000000,force-raw=on"},
      {});
}

// Truncated, with other bytes, with a right checksum: the loader reads no byte outside the file.
TEST_CASE("a loader under AddressSanitizer survives ten thousand damaged programs") {
  const ArchConfig config = tiny();
  const test::TemporaryDirectory folder;
  const std::string design = folder.file("design"), file = folder.file("program.lutra"), tool = folder.file("mutate");
  gen::write_design(gen::generate(config), design);
  write_program(two_products(config), file);
  std::vector<std::string> options = sources(design);
  options.insert(options.end(), {test::source_dir() + "/tests/gen/driver/mutate.c", "-fsanitize=address,undefined",
                                 "-fno-sanitize-recover=all", "-o", tool});
  run(strict({"gcc"}, design), options);
  run({tool, file}, {});
}

// The container of compiled programs: kernels, the jobs that run them, and what the compiler noted about tensors.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "isa/instruction.h"

namespace lutra {

/// Code that the core fetches at once; addresses and counts that differ between jobs come in as arguments (r8..r15).
struct Kernel {
  std::string name;
  std::vector<Encoded> code;
  bool operator==(const Kernel&) const = default;
};

/// One run of a kernel: what the host writes to ARG0..ARG7 before it starts the core.
struct Job {
  int kernel = 0;                       // index into Program::kernels
  std::array<std::uint64_t, 8> args{};  // initial r8..r15, 40 bits each
  std::string op;                       // operator of the trace this is a part of
  int layer = -1;                       // layer of the model; -1: none
  std::uint64_t repeat = 1;             // times the job runs in a row
  std::uint64_t bytes_read = 0;         // memory bytes a run reads, its code included
  std::uint64_t bytes_written = 0;      // memory bytes a run writes
  std::uint64_t macs = 0;               // full-width multiply-accumulates of a run, padding not counted
  bool operator==(const Job&) const = default;
};

struct Program {
  std::string program_hash;  // of the configuration it was compiled for
  std::vector<Kernel> kernels;
  std::vector<Job> jobs;
  nlohmann::json metadata = nlohmann::json::object();  // the compiler's: placements of tensors, operators, seeds
  std::string arch_name;
  std::string lutra_version = LUTRA_VERSION;
};

inline constexpr std::uint32_t kProgramFormatVersion = 1;

/// Bytes of the file. Throws Error for a job without kernel, an empty kernel or an argument over 40 bits.
std::string serialize_program(const Program& program);
/// `file` is the name used in messages. Throws Error with the offset for anything truncated, corrupt or contradictory; allocates no
/// more than a small multiple of `bytes`.
Program parse_program(std::string_view bytes, const std::string& file);

/// Writes beside `path` and renames: a half-written program is never seen.
void write_program(const Program& program, const std::string& path);
/// Reads without a machine, for disassembly.
Program read_program(const std::string& path);
/// Refuses a program whose program_hash is not that of `config`, or whose kernels do not fit its instruction buffer.
Program read_program(const std::string& path, const ArchConfig& config);

}  // namespace lutra

// Memory models from outside: a shared library with four C functions takes the place of memory.kind.
//
//   void* lutra_memory_create(double clock_mhz, int bus_bytes);                      null: refused
//   long long lutra_memory_read(void*, long long cycle, unsigned long long address, int beats);
//   long long lutra_memory_write(void*, long long cycle, unsigned long long address, int beats);
//   void lutra_memory_destroy(void*);
//   int lutra_memory_state(void*, long long cycle, long long* words, int capacity);  optional: for fast mode
//
// read: a burst was accepted at the clock edge `cycle`; returns the edge of its first beat, later than `cycle`, from which the others
// can follow one an edge. write: the last beat of a burst moved at `cycle`; returns the edge of its response, later than `cycle`. Each
// kind of call comes in ascending order of edges; which of a read and a write at the same edge comes first is not defined and may not
// matter. Every Memory creates an instance of its own, and two that see the same calls have to answer the same.
//
// state: writes down what later answers depend on, with times relative to `cycle`, and returns the number of words; -1 where addresses or
// absolute time decide, or `capacity` is too small. Two equal states must mean equal answers to equal calls at equal distances, whatever
// the addresses: fast mode skips iterations between them. Without this function fast mode runs everything.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sim/memory/memory.h"

namespace lutra::memory {

/// The timing that a file describes, as MemoryOptions::make_timing wants it: a DRAM device (*.yaml, or the name of a built-in one), or
/// a shared library (*.so). Throws Error for files that are neither; an answer that does not lie after its request throws Error later.
std::function<std::unique_ptr<MemoryTiming>(const ArchConfig&)> timing_from_file(const std::string& file);

}  // namespace lutra::memory

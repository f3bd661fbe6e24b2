// Processes of the storage shell and its bench.
#include "sim/storage/storage_module.h"

#include "sim/storage/bench.h"
#include "sim/systemc/start.h"

namespace lutra::storage {

StorageModule::StorageModule(const sc_core::sc_module_name& name) : sc_module(name), port("port") {
  port.bind(*this);
  SC_THREAD(process);
}

void StorageModule::bind(FlashDevice* device) {
  device_ = device;
  origin_ = sc_core::sc_time_stamp();
}

Nanoseconds StorageModule::now() const {
  return static_cast<Nanoseconds>((sc_core::sc_time_stamp() - origin_).value() / sc_core::sc_time(1, sc_core::SC_NS).value());
}

bool StorageModule::submit(const ReadCommand& command) {
  device_->operate(now());
  if (!device_->can_submit(command.queue)) return false;
  device_->submit(now(), command);
  work_.notify(sc_core::SC_ZERO_TIME);
  return true;
}

bool StorageModule::take(Completion& completion) {
  if (!device_->has_completion()) return false;
  completion = device_->take_completion();
  return true;
}

void StorageModule::process() {
  while (true) {
    if (device_ == nullptr) {
      wait(work_);
      continue;
    }
    if (device_->operate(now()) || device_->has_completion()) completed_.notify(sc_core::SC_ZERO_TIME);
    const Nanoseconds next = device_->next_event(now());
    if (next == model::kNever) {
      wait(work_);
    } else {
      wait(sc_core::sc_time(static_cast<double>(next - now()), sc_core::SC_NS), work_);
    }
  }
}

namespace {

/// Keeps a number of reads in flight until all are done.
class Reader : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Reader);
  explicit Reader(const sc_core::sc_module_name& name) : sc_module(name), storage("storage") { SC_THREAD(process); }
  sc_core::sc_port<StoragePort> storage;

  void start(const BenchRequest& request) {
    request_ = request;
    begin_.notify(sc_core::SC_ZERO_TIME);
  }
  [[nodiscard]] sc_core::sc_time duration() const { return duration_; }

 private:
  void process() {
    while (true) {
      wait(begin_);
      sc_core::sc_time begin;  // a copy: what sc_time_stamp() refers to moves on
      begin = sc_core::sc_time_stamp();
      std::uint64_t submitted = 0, completed = 0;
      while (completed < request_.reads) {
        while (submitted < request_.reads && submitted - completed < static_cast<std::uint64_t>(request_.in_flight)) {
          if (!storage->submit({submitted, request_.block_bytes, request_.pattern, request_.range_bytes, 0})) break;
          ++submitted;
        }
        wait(storage->completed());
        for (Completion completion; storage->take(completion);) ++completed;
      }
      duration_ = sc_core::sc_time_stamp() - begin;
    }
  }

  BenchRequest request_;
  sc_core::sc_event begin_;
  sc_core::sc_time duration_;
};

struct Design {
  Design() : storage("storage"), reader("reader") { reader.storage(storage.port); }
  StorageModule storage;
  Reader reader;
};

}  // namespace

double bench(FlashDevice& device, const BenchRequest& request) {
  // SystemC elaborates once a process, so there can be one design only.
  static Design design;
  static bool elaborated = false;
  if (!elaborated) systemc::elaborate();
  elaborated = true;
  design.storage.bind(&device);
  design.reader.start(request);
  systemc::run_to_end();
  design.storage.bind(nullptr);
  return static_cast<double>(request.reads) * request.block_bytes / design.reader.duration().to_seconds() / 1e9;
}

}  // namespace lutra::storage

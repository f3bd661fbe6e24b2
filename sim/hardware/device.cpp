#include "sim/hardware/device.h"

#include <fmt/format.h>

#include <stdexcept>

#include "sim/cosim/verilated_module.h"

namespace lutra::hardware {
namespace {

class RtlDevice : public Device {
 public:
  explicit RtlDevice(const gen::IntegerDesign& design) : module_(cosim::VerilatedModule::build(design.files, design.top)) {}

  [[nodiscard]] bool has_port(const std::string& name) const override { return module_->has_port(name); }
  [[nodiscard]] int bits(const std::string& name) const override { return module_->port(name).bits(); }
  void write(const std::string& name, const std::vector<std::uint8_t>& bytes) override {
    cosim::PortRef port = module_->port(name);
    std::copy(bytes.begin(), bytes.end(), port.bytes());
  }
  [[nodiscard]] std::vector<std::uint8_t> read(const std::string& name) const override {
    const cosim::PortRef port = module_->port(name);
    return {port.bytes(), port.bytes() + port.byte_count()};
  }
  void settle() override { module_->eval(); }
  void edge() override { module_->tick(); }

 private:
  std::unique_ptr<cosim::VerilatedModule> module_;
};

}  // namespace

std::unique_ptr<Device> rtl_device(const gen::IntegerDesign& design) { return std::make_unique<RtlDevice>(design); }

NetlistDevice::NetlistDevice(const cost::FlatNetlist& flat) : simulator_(flat) {
  for (const cost::FlatPort& p : flat.ports) ports_[p.name] = &p;
}

int NetlistDevice::bits(const std::string& name) const {
  const auto found = ports_.find(name);
  if (found == ports_.end()) throw std::out_of_range("the netlist has no port " + name);
  return static_cast<int>(found->second->nets.size());
}

void NetlistDevice::write(const std::string& port, const std::vector<std::uint8_t>& bytes) {
  const std::vector<std::uint32_t>& nets = ports_.at(port)->nets;
  for (std::size_t i = 0; i < nets.size(); ++i) simulator_.set(nets[i], bytes[i / 8] >> (i % 8) & 1);
}

std::vector<std::uint8_t> NetlistDevice::read(const std::string& port) const {
  const std::vector<std::uint32_t>& nets = ports_.at(port)->nets;
  std::vector<std::uint8_t> bytes((nets.size() + 7) / 8, 0);
  for (std::size_t i = 0; i < nets.size(); ++i) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | simulator_.get(nets[i]) << (i % 8));
  return bytes;
}

}  // namespace lutra::hardware

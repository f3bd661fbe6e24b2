// The queue in front of a unit, as every unit instantiates it.
#pragma once

#include <string>
#include <string_view>

#include "gen/fill.h"

namespace lutra::gen {

/// lutra_unit_queue of unit `unit` ("load", "build", ...): commands of `width` bits (a number or a localparam), taken where `accept` is
/// high. Wires start, head and `valid` are declared by the unit.
inline std::string unit_queue(std::string_view unit, std::string_view width, std::string_view accept, std::string_view valid) {
  return fill(R"(  lutra_unit_queue #(
    .WIDTH(@WIDTH@),
    .DEPTH(QUEUE_DEPTH)
  ) i_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .stop_i     (stop_i),
    .cmd_valid_i(@UNIT@_cmd_valid_i),
    .cmd_ready_o(@UNIT@_cmd_ready_o),
    .cmd_data_i (@UNIT@_cmd_data_i),
    .accept_i   (@ACCEPT@),
    .sem_req_o  (@UNIT@_sem_req_o),
    .sem_mask_o (@UNIT@_sem_mask_o),
    .sem_gnt_i  (@UNIT@_sem_gnt_i),
    .start_o    (start),
    .head_o     (head),
    .valid_o    (@VALID@)
  );
)",
              {{"WIDTH", std::string(width)}, {"UNIT", std::string(unit)}, {"ACCEPT", std::string(accept)}, {"VALID", std::string(valid)}});
}

}  // namespace lutra::gen

// The table of subcommands.

#include "cli/command.h"

namespace lutra::cli {

std::span<const Command> commands() {
  static constexpr Command kCommands[] = {
      {"run", "Do the main job: a real model in, verified hardware and its price out", "lutra run --out out/run", add_run},
      {"gen", "Generate a core's Verilog", "lutra gen --arch configs/edge_w2a8.yaml --out out/core", add_gen},
      {"asm", "Assemble LMMA text into a program", "lutra asm kernel.s --arch edge_w2a8 --out kernel.lutra", add_asm},
      {"disasm", "Print a program's instructions", "lutra disasm out/decode.lutra", add_disasm},
      {"trace", "List every operator of a model in one phase",
       "lutra trace --model bitnet_b158_2b4t --phase decode --context 2048 --out decode.json", add_trace},
      {"types", "List the data types of weights with their loss and cost", "lutra types q4_k --chain", add_types},
      {"quantise", "Quantise a full-precision model and report the error of every tensor", "lutra quantise --model DIR --weights int4_g128",
       add_quantise},
      {"graph", "Price table building as operators of its own, shared and fused", "lutra graph --model llama2_70b --json graph.json",
       add_graph},
      {"compile", "Compile a trace to LMMA programs", "lutra compile --arch edge_w2a8 --trace decode.json --out decode.lutra", add_compile},
      {"sim", "Simulate a trace or a program, cycle by cycle", "lutra sim --arch edge_w2a8 --trace decode.json", add_sim},
      {"cosim", "Run the Verilog beside the model; fail unless bits and cycles are equal",
       "lutra cosim --arch tiny --trace small.json --stall 0.2 --seed 7", add_cosim},
      {"gpu", "Time a model on a GPU host at tile level", "lutra gpu --host a100_lut_4x --model bitnet_b158_3b --phase prefill --seq 2048",
       add_gpu},
      {"memory", "Show the bandwidth of DRAM devices under streams, strides and random addresses", "lutra memory lpddr5x hbm3", add_memory},
      {"edge", "Run a trace on an edge device: time, energy, bottleneck", "lutra edge --host phone --trace decode.json --timeline t.json",
       add_edge},
      {"serve", "Replay a log of requests on an edge device", "lutra serve --host phone --model bitnet_b158_2b4t --requests log.csv",
       add_serve},
      {"ppa", "Synthesise, time and price a core", "lutra ppa --arch edge_w2a8 --json ppa.json", add_ppa},
      {"sweep", "Evaluate a space of architectures and find its Pareto front",
       "lutra sweep --space configs/sweep/decode_array.yaml --out out/sweep", add_sweep},
      {"report", "Build the HTML page from the files of a run", "lutra report --in out/run --out report.html", add_report},
      {"check", "Fail when cycles, area or energy differ from a recorded baseline",
       "lutra check --baseline baseline.json --tolerance cycles=0 area=1 energy=2", add_check},
      {"kernels", "Verify and measure the CPU kernels", "lutra kernels bench --out kernels.json --plot kernels.svg", add_kernels},
      {"flash", "Decode models larger than memory from flash",
       "lutra flash run --model mixtral_8x7b --statistics turbosparse_mixtral --phone oneplus12 --budget-gb 12", add_flash},
      {"measure", "Measure lutra itself", "lutra measure speed --out speed.json", add_measure},
  };
  return kCommands;
}

}  // namespace lutra::cli

// Emits lutra_control: program fetch, execution, loops, registers, traps.
#include "gen/control.h"

#include <fmt/format.h>

#include <vector>

#include "gen/control_decoder.h"
#include "gen/csr.h"
#include "gen/verilog.h"
#include "isa/timing/stop_timing.h"

namespace lutra::gen {
namespace {

constexpr const char* kUnitNames[] = {"load", "store", "build", "array"};

std::vector<Port> control_ports(const ArchConfig& config) {
  const int aw = config.axi.address_bits, pc = pc_bits(config);
  std::vector<Port> ports = {
      {false, 1, "ctrl_start_i", "the host starts a program"},
      {false, 1, "ctrl_abort_i", "the host stops the program"},
      {false, 1, "ctrl_clear_i", "the host clears done and trapped"},
      {false, 64, "prog_addr_i", "memory address of the program"},
      {false, 32, "prog_len_i", "instructions in the program"},
      {false, 64, "watchdog_i", "cycles a program may run, 0: no limit"},
      {false, 8 * kRegisterBits, "args_i", "initial values of r8 (low bits) to r15"},
      {false, aw, "window_lo_i", "first byte a program may touch"},
      {false, aw + 1, "window_hi_i", "first byte beyond the window"},
      {true, 1, "start_taken_o", "a program starts at this edge"},
      {true, 1, "status_busy_o", "a program runs"},
      {true, 1, "status_done_o", "the last program reached halt"},
      {true, 1, "status_trapped_o", "the last program trapped"},
      {true, 4, "status_cause_o", "why"},
      {true, pc, "status_pc_o", "where"},
      {true, kRegisterBits, "status_addr_o", "memory address of the trap"},
      {true, 1, "executed_o", "an instruction executes at this edge"},
      {true, pc, "executed_pc_o", "its index"},
      {true, 8, "executed_opcode_o", "its opcode"},
      {true, 1, "stalled_o", "an instruction is held at this edge"},
      {true, 1, "trap_taken_o", "a trap is taken at this edge"},
      {true, 4, "trap_taken_cause_o", "its cause"},
      {true, kRegisterBits, "trap_taken_addr_o", "its memory address"},
      {true, 1, "fetch_valid_o", "program fetch: request"},
      {true, aw, "fetch_addr_o", "program fetch: memory address"},
      {true, 16, "fetch_beats_o", "program fetch: beats"},
      {false, 1, "fetch_ready_i", "program fetch: accepted"},
      {false, 1, "fetch_done_i", "program fetch: the last beat is written"},
      {true, 1, "ird_en_o", "instruction buffer: read"},
      {true, clog2_min1(config.buffer.instruction_words), "ird_addr_o", "instruction buffer: word"},
      {false, 128, "ird_data_i", "instruction buffer: data, held while not reading"},
  };
  const Unit units[] = {Unit::kLoad, Unit::kStore, Unit::kBuild, Unit::kArray};
  for (int u = 0; u < kUnits; ++u) {
    const std::string name = kUnitNames[u];
    ports.push_back({true, 1, name + "_cmd_valid_o", "push a command"});
    ports.push_back({false, 1, name + "_cmd_ready_i", "its queue has room"});
    ports.push_back({true, command_bits(units[u], config), name + "_cmd_data_o", "the command"});
    ports.push_back({false, 1, name + "_idle_i", "queue empty and nothing in flight"});
  }
  const std::vector<Port> rest = {
      {true, 1, "post_valid_o", "add to semaphores"},
      {true, 8, "post_mask_o", "to which"},
      {true, 8, "post_count_o", "how much"},
      {true, 1, "post_clear_o", "set all semaphores to 0"},
      {true, 1, "stop_o", "every unit drops its work"},
      {false, 1, "load_trap_valid_i", "the load unit found an error"},
      {false, 4, "load_trap_cause_i", "its cause"},
      {false, aw, "load_trap_addr_i", "its memory address"},
      {false, 1, "store_trap_valid_i", "the store unit found an error"},
      {false, 4, "store_trap_cause_i", "its cause"},
      {false, aw, "store_trap_addr_i", "its memory address"},
      {false, 1, "sem_trap_valid_i", "a semaphore overflowed"},
  };
  ports.insert(ports.end(), rest.begin(), rest.end());
  return ports;
}

int cause(Trap trap) { return static_cast<int>(trap); }

std::string declarations(const ArchConfig& config) {
  const int pc = pc_bits(config), depth = clog2_min1(config.control.loop_depth + 1);
  std::string text = R"(
  localparam [2:0] IDLE = 3'd0;    // no program
  localparam [2:0] CHECK = 3'd1;   // is the program's place in memory allowed?
  localparam [2:0] FETCH = 3'd2;   // the load unit brings the program
  localparam [2:0] READ = 3'd3;    // read an instruction
  localparam [2:0] EXECUTE = 3'd4; // check it, execute it
  localparam [2:0] DIVIDE = 3'd5;  // find out whether a segment length divides k
  localparam [2:0] STOP = 3'd6;    // after a trap, until every unit is idle
)";
  for (const TrapInfo& trap : trap_causes())
    if (trap.cause != Trap::kNone) {
      std::string name(trap.name);
      for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
      if (trap.cause != Trap::kReadError && trap.cause != Trap::kWriteError)
        text += fmt::format("  localparam [3:0] CAUSE_{} = 4'd{};\n", name, cause(trap.cause));
    }
  text += "\n  reg  [2:0]  state_q;\n";
  const auto reg = [&](int bits, std::string_view name) { text += fmt::format("  reg  {:<6} {};\n", range(bits), name); };
  reg(1, "busy_q"), reg(1, "done_q"), reg(1, "trapped_q"), reg(4, "cause_q"), reg(pc, "trap_pc_q"), reg(kRegisterBits, "trap_addr_q");
  reg(1, "stop_q"), reg(1, "stop_seen_q"), reg(1, "fetch_q"), reg(pc, "pc_q"), reg(pc, "last_pc_q"), reg(pc, "length_q");
  reg(1, "watchdog_on_q"), reg(64, "watchdog_q"), reg(depth, "depth_q");
  for (int i = 0; i < config.control.loop_depth; ++i) reg(pc, fmt::format("loop{}_pc_q", i)), reg(32, fmt::format("loop{}_count_q", i));
  for (int i = 1; i < 16; ++i) reg(kRegisterBits, fmt::format("r{}_q", i));
  reg(4, "planes_q"), reg(32, "shifts_q"), reg(2, "zmode_q"), reg(10, "zero_q");
  reg(1, "segment_valid_q"), reg(1, "segment_divides_q"), reg(16, "segment_q"), reg(16, "segment_ksteps_q");
  reg(16, "divide_ksteps_q"), reg(16, "divide_rest_q"), reg(4, "divide_left_q");
  return text;
}

std::string fetch_text(const ArchConfig& config, const Geometry& geometry) {
  const int aw = config.axi.address_bits, pc = pc_bits(config);
  const int shift = clog2_min1(geometry.bus_bytes);
  std::string beats;
  if (geometry.bus_bytes == 8)
    beats = "{prog_len_i[14:0], 1'b0}";
  else if (geometry.bus_bytes == 16)
    beats = "prog_len_i[15:0]";
  else
    beats = fmt::format("(prog_len_i[15:0] + 16'd{}) >> {}", geometry.bus_bytes / 16 - 1, shift - 4);
  const int pad = aw + 1 - 16 - shift;
  std::string text = "\n  // Program fetch: whole beats, inside the window, aligned to the bus.\n";
  text += fmt::format("  wire [15:0] fetch_beats = {};\n", beats);
  text +=
      fmt::format("  wire [{0}:0] fetch_end = {{1'b0, prog_addr_i[{1}:0]}} + {{{2}'d0, fetch_beats, {3}'d0}};\n", aw, aw - 1, pad, shift);
  text += fmt::format("  wire too_long = prog_len_i == 32'd0 || prog_len_i > 32'd{};\n", config.buffer.instruction_words);
  text += fmt::format("  wire misaligned = prog_addr_i[{}:0] != {}'d0;\n", shift - 1, shift);
  text +=
      fmt::format("  wire fetch_outside = prog_addr_i[63:{0}] != {1}'d0 || prog_addr_i[{2}:0] < window_lo_i || fetch_end > window_hi_i;\n",
                  aw, 64 - aw, aw - 1);
  text += "  assign fetch_valid_o = fetch_q;\n";
  text += fmt::format("  assign fetch_addr_o = prog_addr_i[{}:0];\n  assign fetch_beats_o = fetch_beats;\n", aw - 1);
  const int address_bits = clog2_min1(config.buffer.instruction_words);
  text += fmt::format("  assign ird_en_o = state_q == READ;\n  assign ird_addr_o = {};\n",
                      pc >= address_bits ? fmt::format("pc_q[{}:0]", address_bits - 1) : "pc_q");
  return text;
}

std::string execute_text(const ArchConfig& config) {
  const int depth = clog2_min1(config.control.loop_depth + 1);
  std::string text = "\n  // Execution.\n  wire all_idle = load_idle_i && store_idle_i && build_idle_i && array_idle_i;\n";
  text += fmt::format("  wire overflow = is_loop && depth_q == {}'d{};\n  wire underflow = is_endloop && depth_q == {}'d0;\n", depth,
                      config.control.loop_depth, depth);
  text += R"(  wire fault = undefined_opcode || bad_field || overflow || underflow || outside;
  wire divide = is_lmma && segmented && !segment_known;
  wire ready = is_load ? load_cmd_ready_i : is_store ? store_cmd_ready_i : is_tbuild ? build_cmd_ready_i : is_lmma ? array_cmd_ready_i :
               (is_halt || is_barrier) ? all_idle : 1'b1;

  // Traps, in order of precedence; nothing executes at the edge at which one is taken. Busy without a state is a fault of the hardware:
  // the watchdog ends that, too.
  wire active = (state_q != IDLE || busy_q) && state_q != STOP;
  wire watchdog_expired = watchdog_on_q && watchdog_q == 64'd1;
  wire foreign = active && (ctrl_abort_i || watchdog_expired || load_trap_valid_i || store_trap_valid_i || sem_trap_valid_i);
  wire end_of_program = state_q == READ && pc_q >= length_q;
  wire refuse_program = state_q == CHECK && (too_long || misaligned || fetch_outside);
  wire refuse_instruction = state_q == EXECUTE && fault;
  wire trap = foreign || end_of_program || refuse_program || refuse_instruction;
  wire execute = state_q == EXECUTE && !foreign && !fault && !divide && ready;
  wire [3:0] trap_cause = ctrl_abort_i ? CAUSE_ABORTED : watchdog_expired ? CAUSE_WATCHDOG : load_trap_valid_i ? load_trap_cause_i :
                          store_trap_valid_i ? store_trap_cause_i : sem_trap_valid_i ? CAUSE_SEMAPHORE_OVERFLOW :
                          end_of_program ? CAUSE_END_OF_PROGRAM :
                          refuse_program ? (too_long ? CAUSE_PROGRAM_TOO_LONG : misaligned ? CAUSE_MISALIGNED : CAUSE_OUTSIDE_WINDOW) :
                          undefined_opcode ? CAUSE_ILLEGAL_OPCODE : bad_field ? CAUSE_BAD_FIELD : overflow ? CAUSE_LOOP_OVERFLOW :
                          underflow ? CAUSE_LOOP_UNDERFLOW : CAUSE_OUTSIDE_WINDOW;
)";
  const int aw = config.axi.address_bits;
  const auto widened = [&](const std::string& a) { return aw == kRegisterBits ? a : fmt::format("{{{}'d0, {}}}", kRegisterBits - aw, a); };
  text +=
      "  wire own_addr = refuse_program ? !too_long : refuse_instruction && !undefined_opcode && !bad_field && !overflow && !underflow;\n";
  text += fmt::format("  wire [{0}:0] trap_addr = (ctrl_abort_i || watchdog_expired) ? {1}'d0 : load_trap_valid_i ? {2} :\n",
                      kRegisterBits - 1, kRegisterBits, widened("load_trap_addr_i"));
  text += fmt::format("                          store_trap_valid_i ? {} : (sem_trap_valid_i || !own_addr) ? {}'d0 :\n",
                      widened("store_trap_addr_i"), kRegisterBits);
  text += fmt::format("                          refuse_program ? prog_addr_i[{}:0] : operand1;\n", kRegisterBits - 1);
  text += R"(
  assign executed_o = execute;
  assign executed_pc_o = pc_q;
  assign executed_opcode_o = word[7:0];
  assign stalled_o = !foreign && (state_q == DIVIDE || (state_q == EXECUTE && !fault && (divide || !ready)));
  assign trap_taken_o = trap;
  assign trap_taken_cause_o = trap_cause;
  assign trap_taken_addr_o = trap_addr;
  assign load_cmd_valid_o = execute && is_load;
  assign store_cmd_valid_o = execute && is_store;
  assign build_cmd_valid_o = execute && is_tbuild;
  assign array_cmd_valid_o = execute && is_lmma;
  assign post_valid_o = execute && is_post;
)";
  text += fmt::format("  assign post_mask_o = {};\n  assign post_count_o = {};\n", field_slice("post", "semaphores"),
                      field_slice("post", "count"));
  return text + R"(  assign post_clear_o = state_q == CHECK;
  assign stop_o = stop_q;
  assign start_taken_o = state_q == IDLE && ctrl_start_i;
  assign status_busy_o = busy_q;
  assign status_done_o = done_q;
  assign status_trapped_o = trapped_q;
  assign status_cause_o = cause_q;
  assign status_pc_o = trap_pc_q;
  assign status_addr_o = trap_addr_q;
)";
}

constexpr const char* kStateMachine = R"(
  // The remainder of k-steps divided by the segment's length, a bit a cycle.
  wire [16:0] divide_rest = {divide_rest_q, divide_ksteps_q[15]};
  wire        divide_take = divide_rest >= {1'b0, segment_q};
  wire [16:0] divide_less = divide_rest - {1'b0, segment_q};
  wire [15:0] divide_next = divide_take ? divide_less[15:0] : divide_rest[15:0];
  wire        unused = divide_less[16];

  wire loop_again = loop0_count_q != 32'd1;
  wire branch = is_endloop && loop_again;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      stop_q <= 1'b0;
      fetch_q <= 1'b0;
    end else if (trap) begin
      state_q <= STOP;
      stop_q <= 1'b1;
      fetch_q <= 1'b0;
    end else begin
      stop_q <= 1'b0;
      case (state_q)
        IDLE: if (ctrl_start_i) state_q <= CHECK;
        CHECK: begin
          state_q <= FETCH;
          fetch_q <= 1'b1;
        end
        FETCH: begin
          if (fetch_ready_i) fetch_q <= 1'b0;
          if (fetch_done_i) state_q <= READ;
        end
        READ: state_q <= EXECUTE;
        EXECUTE: if (divide) state_q <= DIVIDE;
          else if (execute) state_q <= is_halt ? IDLE : READ;
        DIVIDE: if (divide_left_q == 4'd0) state_q <= EXECUTE;
        STOP: if (stop_seen_q && all_idle) state_q <= IDLE;
          else stop_q <= 1'b1;
        default: state_q <= IDLE;
      endcase
    end
    // The units sample stop one edge after it is set: what they say before that is not an answer to it.
    stop_seen_q <= rst_ni && state_q == STOP;
  end

  // Status.
  wire halted = execute && is_halt;
  wire stopped = state_q == STOP && stop_seen_q && all_idle;
  // Units that a fault keeps from coming to rest do not keep the host: it sees trapped, and busy for as long as they take.
  wire give_up = state_q == STOP && watchdog_q == 64'd1 && !stopped;
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      done_q <= 1'b0;
      trapped_q <= 1'b0;
    end else begin
      if (start_taken_o) busy_q <= 1'b1;
      else if (halted || stopped) busy_q <= 1'b0;
      if (halted) done_q <= 1'b1;
      else if (start_taken_o || ctrl_clear_i) done_q <= 1'b0;
      if (stopped || give_up) trapped_q <= 1'b1;
      else if (start_taken_o || ctrl_clear_i) trapped_q <= 1'b0;
    end
    if (!rst_ni || start_taken_o) begin
      cause_q <= 4'd0;
      trap_pc_q <= PC_ZERO;
      trap_addr_q <= 40'd0;
    end else if (trap) begin
      cause_q <= trap_cause;
      trap_pc_q <= foreign || state_q != EXECUTE ? last_pc_q : pc_q;
      trap_addr_q <= trap_addr;
    end
  end

  always @(posedge clk_i) begin
    if (start_taken_o) begin
      watchdog_on_q <= watchdog_i != 64'd0;
      watchdog_q <= watchdog_i;
    end else begin
      watchdog_q <= trap ? DRAIN_CYCLES : watchdog_q - 64'd1;
    end
    if (state_q == CHECK) length_q <= prog_len_i[PC_BITS-1:0];
    if (start_taken_o) begin
      pc_q <= PC_ZERO;
      last_pc_q <= PC_ZERO;
    end else if (execute) begin
      pc_q <= branch ? loop0_pc_q : pc_q + PC_ONE;
      last_pc_q <= pc_q;
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni || start_taken_o) begin
      segment_valid_q <= 1'b0;
    end else if (state_q == EXECUTE && !trap && divide) begin
      segment_valid_q <= 1'b1;
    end
    if (state_q == EXECUTE) begin
      if (divide) begin
        segment_q <= SEGMENT;
        segment_ksteps_q <= KSTEPS;
      end
      divide_ksteps_q <= KSTEPS;
      divide_rest_q <= 16'd0;
      divide_left_q <= 4'd15;
    end else begin
      divide_ksteps_q <= {divide_ksteps_q[14:0], 1'b0};
      divide_rest_q <= divide_next;
      divide_left_q <= divide_left_q - 4'd1;
    end
    if (state_q == DIVIDE) segment_divides_q <= divide_next == 16'd0;
  end
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

std::string loop_text(const ArchConfig& config) {
  const int levels = config.control.loop_depth, depth = clog2_min1(levels + 1);
  std::string text =
      "\n  // Loops: a stack whose top is level 0.\n  wire loop_push = execute && is_loop;\n  wire loop_pop = execute && is_endloop && "
      "!loop_again;\n";
  text += fmt::format(
      "  always @(posedge clk_i) begin\n    if (start_taken_o) depth_q <= {0}'d0;\n    else if (loop_push) depth_q <= depth_q + {0}'d1;\n"
      "    else if (loop_pop) depth_q <= depth_q - {0}'d1;\n",
      depth);
  for (int i = 0; i < levels; ++i) {
    text += "    if (loop_push) begin\n";
    if (i == 0)
      text += "      loop0_pc_q <= pc_q + PC_ONE;\n      loop0_count_q <= loop_total;\n";
    else
      text += fmt::format("      loop{0}_pc_q <= loop{1}_pc_q;\n      loop{0}_count_q <= loop{1}_count_q;\n", i, i - 1);
    text += "    end";
    if (i + 1 < levels)
      text += fmt::format(
          " else if (loop_pop) begin\n      loop{0}_pc_q <= loop{1}_pc_q;\n      loop{0}_count_q <= loop{1}_count_q;\n    end", i, i + 1);
    if (i == 0) text += " else if (execute && branch) begin\n      loop0_count_q <= loop0_count_q - 32'd1;\n    end";
    text += "\n";
  }
  return text + "  end\n";
}

std::string register_text() {
  std::string text = "\n  // General registers and the weight type.\n";
  text += fmt::format("  wire register_write = execute && (is_li || is_addi || is_add);\n  wire [3:0] register_index = {};\n",
                      field_slice("li", "rd"));
  text += fmt::format("  wire [{}:0] register_value = (is_li ? {}'d0 : operand0) + (is_add ? operand1 : {});\n", kRegisterBits - 1,
                      kRegisterBits, field_slice("addi", "imm"));
  text += "  always @(posedge clk_i) begin\n    if (start_taken_o) begin\n";
  for (int r = 1; r < 16; ++r)
    text += r < 8 ? fmt::format("      r{}_q <= {}'d0;\n", r, kRegisterBits)
                  : fmt::format("      r{}_q <= args_i[{}:{}];\n", r, (r - 7) * kRegisterBits - 1, (r - 8) * kRegisterBits);
  text += "      planes_q <= 4'd1;\n      shifts_q <= 32'd0;\n      zmode_q <= 2'd0;\n      zero_q <= 10'd0;\n";
  text += "    end else if (register_write) begin\n      case (register_index)\n";
  for (int r = 1; r < 16; ++r) text += fmt::format("        4'd{}: r{}_q <= register_value;\n", r, r);
  text += "        default: ;\n      endcase\n    end else if (execute && is_settype) begin\n";
  for (const char* name : {"planes", "shifts", "zmode", "zero"})
    text += fmt::format("      {}_q <= {};\n", name, field_slice("settype", name));
  return text + "    end\n  end\n";
}

}  // namespace

std::string emit_control(const ArchConfig& config, const Geometry& geometry) {
  const int pc = pc_bits(config);
  std::string machine = replaced(kStateMachine, "PC_ZERO", fmt::format("{}'d0", pc));
  machine = replaced(machine, "DRAIN_CYCLES", fmt::format("64'd{}", timing::kDrainCycles));
  machine = replaced(machine, "prog_len_i[PC_BITS-1:0]", fmt::format("prog_len_i[{}:0]", pc - 1));
  machine = replaced(replaced(machine, "SEGMENT", field_slice("lmma", "segment")), "KSTEPS", field_slice("lmma", "ksteps"));
  const std::string body = declarations(config) + decoder_text() + check_text(config) + fetch_text(config, geometry) +
                           execute_text(config) + command_text(config) + machine + loop_text(config) + register_text();
  return module_text("The command processor: fetches a program, executes it, hands commands to the units, and decides what stops it.",
                     "lutra_control", control_ports(config), replaced(body, "PC_ONE", fmt::format("{}'d1", pc)));
}

}  // namespace lutra::gen

#include "tests/rtl/formal/prover.h"

#include <fmt/format.h>

#include "isa/error.h"
#include "isa/file.h"
#include "sim/process/process.h"
#include "tests/isa/temporary_directory.h"
#include "tests/source_dir.h"

namespace lutra::test {

namespace {

Proof answer(const std::string& top, const ProcessResult& result, bool proven, bool refuted) {
  if (proven == refuted) throw Error("no answer: " + result.output, {top});
  return {proven, result.output};
}

}  // namespace

Proof prove(const Question& question) {
  const TemporaryDirectory folder;
  std::string script = "read_verilog -formal";
  for (const gen::EmittedFile& f : question.files) {
    write_file_atomically(folder.file(f.name), f.text);
    script += " " + f.name;
  }
  for (std::size_t i = 0; i + 1 < question.parameters.size(); i += 2)
    script += fmt::format("; chparam -set {} {} {}", question.parameters[i], question.parameters[i + 1], question.top);
  script += fmt::format("; prep -flatten -top {}; memory_map; opt -full", question.top);
  if (question.method == Method::kInduction) {
    script += fmt::format("; sat -prove-asserts -set-assumes -verify -timeout 300 -tempinduct -maxsteps {}", question.steps);
    const ProcessResult result = run_process({"yosys", "-q", "-p", script}, folder.file("."));
    return answer(question.top, result, result.exit_code == 0, result.output.find("proof did fail") != std::string::npos);
  }
  run_checked("reading " + question.top,
              {"yosys", "-q", "-p",
               script + "; setundef -init -zero; dffunmap; techmap; opt -nodffe -nosdff; aigmap; write_aiger -zinit question.aig"},
              folder.file("."));
  const std::string frames = question.steps > 1 ? fmt::format("frames -F {} -i; orpos; ", question.steps) : std::string();
  const ProcessResult result = run_process({"yosys-abc", "-c", "read_aiger question.aig; strash; " + frames + "iprove"}, folder.file("."));
  const bool proven = result.output.find("UNSATISFIABLE") != std::string::npos;
  return answer(question.top, result, proven, !proven && result.output.find("SATISFIABLE") != std::string::npos);
}

std::string with_properties(const std::string& module, const std::string& properties) {
  const std::size_t end = module.rfind("endmodule");
  return module.substr(0, end) + properties + module.substr(end);
}

std::string property_file(const std::string& name) { return read_file(test::source_dir() + "/rtl/formal/" + name); }

}  // namespace lutra::test

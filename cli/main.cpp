// The `lutra` executable: reads the command line, runs one subcommand, and turns errors into exit codes.
#include <cstdio>
#include <exception>
#include <new>

#include "cli/command.h"
#include "isa/error.h"

namespace {

using lutra::cli::Action;
using lutra::cli::Command;

void add_commands(CLI::App& app, Action& action) {
  for (const Command& entry : lutra::cli::commands()) {
    CLI::App* command = app.add_subcommand(std::string(entry.name), std::string(entry.purpose));
    command->footer("Example:\n  " + std::string(entry.example));
    entry.add(*command, action);
  }
}

/// 0 where help or the version was asked for, 2 for a command line that makes no sense.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string name = "lutra";
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    name += " " + chosen.front()->get_name();
  std::fprintf(stderr, "lutra: %s (see %s --help)\n", error.what(), name.c_str());
  return 2;
}

int run(int argc, char** argv) {
  CLI::App app("lutra: simulator and RTL generator for a LUT Tensor Core", "lutra");
  app.set_version_flag("--version", "lutra " LUTRA_VERSION);
  app.require_subcommand(1);
  Action action;
  add_commands(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const lutra::Error& error) {
    std::fprintf(stderr, "lutra: %s\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "lutra: out of memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lutra: internal error: %s\n", error.what());
  }
  return 1;
}

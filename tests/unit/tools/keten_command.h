#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tools/keten/console.h"
#include "tools/keten/options.h"

/// What the program said, run inside the test.
struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

inline Outcome keten_command(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  using keten::tools::Console;
  Console console(out, err, Console::Audience::program, Console::Audience::program);
  Outcome outcome;
  outcome.code = keten::tools::run_command_line(console, std::move(arguments));
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

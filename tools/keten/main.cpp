#include <csignal>
#include <string>
#include <vector>

#include "tools/keten/options.h"

int main(int count, char** values) {
  // A closed pipe ends a command by its failed write, not by a signal in the middle of a node's start.
  std::signal(SIGPIPE, SIG_IGN);
  auto console = keten::tools::Console::standard();
  return keten::tools::run_command_line(console, std::vector<std::string>(values + 1, values + count));
}

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/result.h"
#include "tools/keten/network.h"

namespace keten::tools {

/// What becomes of a child when we end.
enum class Lifetime {
  ours,      ///< it is asked to stop when we die
  detached,  ///< it stays
};

/// Starts a program with its output appended to `log`, in a session of its own so that Ctrl-C reaches only us. Returns when the
/// process runs it. Fails with SPAWN_FAILED, FILE_UNWRITABLE.
Result<pid_t> spawn(const std::vector<std::string>& arguments, const std::filesystem::path& log, Lifetime lifetime);

/// `ketend` beside this program. Fails with KETEND_MISSING.
Result<std::filesystem::path> daemon_program();
/// The folder of this program.
std::filesystem::path program_folder();

Result<pid_t> start_node(const NetworkNode& node, Lifetime lifetime);
/// Whether the process of `node` lives and is the daemon of this home: a number may have gone to another process.
bool is_running(const NetworkNode& node);
/// Asks all to stop, waits, and kills after `patience` what is left. Only those that `is_running`.
void stop_nodes(const std::vector<NetworkNode>& nodes, std::chrono::milliseconds patience = std::chrono::seconds(10));

/// Takes back children that have ended.
void reap_children();
/// The last lines of a file, for an error message.
std::string last_lines(const std::filesystem::path& file, std::size_t count);

/// Loopback ports that nobody listens on now, below the range that the system gives to outgoing connections.
Result<std::vector<std::uint16_t>> free_ports(std::size_t count);

/// SIGINT and SIGTERM set a flag from now on; `interrupted` tells it.
void catch_interrupts();
bool interrupted();

}  // namespace keten::tools

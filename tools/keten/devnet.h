#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"
#include "tools/keten/console.h"
#include "tools/keten/network.h"
#include "tools/keten/process.h"

namespace keten::tools {

/// The network in `state`, made with `validators` companies, `companies` first, on free loopback ports when there is none yet.
Result<Network> open_devnet(const std::filesystem::path& state, std::size_t validators,
                            const std::vector<std::string>& companies);

/// Starts the nodes of `network` that do not run (only the one called `only`, if given) and writes down their process ids.
/// Nothing is restarted later: a killed node stays away until it is asked for again.
Status start_devnet(const std::filesystem::path& state, Network& network, const std::string& only, Lifetime lifetime);

/// Returns when all nodes answer /readyz, asked every 20 ms. Fails with NODE_ENDED when one ends (its last words are in the message), or
/// NOT_READY naming the failing checks.
Status wait_until_ready(const Network& network, std::chrono::milliseconds timeout);

/// A folder that only we can read and that is gone when this is.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Plays examples/dairy, each step a command of its company, and prints what came of it and the statements of the agreements.
/// Returns the exit code.
int run_dairy(Console& console, const Network& network, const std::filesystem::path& state,
              const std::string& state_option);

/// Captures the documents of the cold-chain story, each at its company's node with that company's user, and prints the facts of
/// the network and the trace of the final product. Returns the exit code.
int run_cold_chain(Console& console, const Network& network, const std::string& state_option);

}  // namespace keten::tools

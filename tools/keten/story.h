#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "tools/keten/console.h"
#include "tools/keten/network.h"
#include "tools/keten/status.h"

/// What the stories of dev networks (examples/coldchain, examples/dairy) have in common.
namespace keten::tools {

struct StoryFile {
  std::filesystem::path folder;  ///< of the story, inside the folder of the examples
  json::Value document;          ///< its index.json
};

/// `index.json` of one story: below KETEN_EXAMPLES, else `examples` in a folder above this program (a build tree), else beside an
/// installation. Fails with EXAMPLES_MISSING.
Result<StoryFile> read_story(std::string_view name);

/// Who plays it: its `companies`, or the usual ones.
Result<std::vector<std::string>> story_companies(std::string_view name);

/// Asks until all nodes have executed the same height, or for five seconds.
NetworkStatus settled(const Network& network);

/// The table of nodes, blocks and transactions (`more` behind them), and whether the state roots are equal.
void print_network_facts(Console& console, const Network& network, const NetworkStatus& status,
                         const std::string& more);

}  // namespace keten::tools

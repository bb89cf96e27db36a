#pragma once

#include <string>

#include "node/pipeline/messages.h"

namespace keten::simulator {

/// One message in a few words, for a person who follows a run: "notarize view 3 block 1c22d0aa".
std::string describe(const pipeline::PeerMessage& message);

}  // namespace keten::simulator

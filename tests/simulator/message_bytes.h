#pragma once

#include <cstdint>

#include "node/pipeline/messages.h"

namespace keten::simulator {

/// What a message costs on the wire: its canonical fields, without the frames of gRPC and TLS (some 40 bytes more).
std::uint64_t message_bytes(const pipeline::PeerMessage& message);

}  // namespace keten::simulator

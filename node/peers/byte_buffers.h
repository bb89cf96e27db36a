#pragma once

// Inside of node/peers: includes gRPC.

#include <string>
#include <vector>

#include <grpcpp/support/byte_buffer.h>

#include "core/bytes.h"
#include "node/peers/send_queue.h"

namespace keten::peers {

/// One gRPC message of all pieces in order. Large pieces are shared, not copied.
[[nodiscard]] grpc::ByteBuffer join(const std::vector<SharedBytes>& pieces);
[[nodiscard]] grpc::ByteBuffer copy(const std::string& bytes);

/// The bytes of a received message in one piece; copies only when gRPC received them in several.
class Contiguous {
 public:
  explicit Contiguous(const grpc::ByteBuffer& buffer);
  [[nodiscard]] ByteView view() const;

 private:
  grpc::Slice slice_;
};

}  // namespace keten::peers

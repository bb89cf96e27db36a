#include "node/peers/byte_buffers.h"

#include <grpcpp/support/slice.h>

namespace keten::peers {
namespace {

/// Below this, a copy is cheaper than a slice with its own reference count.
constexpr std::size_t kShareBytesMin = 4096;

grpc::Slice share(const SharedBytes& bytes) {
  auto* owner = new SharedBytes(bytes);
  // gRPC's interface is not const, but it never writes to a slice that it sends.
  auto* data = const_cast<char*>(bytes->data());
  return {data, bytes->size(), [](void* held) { delete static_cast<SharedBytes*>(held); }, owner};
}

}  // namespace

grpc::ByteBuffer join(const std::vector<SharedBytes>& pieces) {
  std::vector<grpc::Slice> slices;
  std::string small;
  const auto end_small = [&] {
    if (!small.empty()) { slices.emplace_back(small); }
    small.clear();
  };
  for (const auto& piece : pieces) {
    if (piece->size() < kShareBytesMin) {
      small += *piece;
    } else {
      end_small();
      slices.push_back(share(piece));
    }
  }
  end_small();
  return {slices.data(), slices.size()};
}

grpc::ByteBuffer copy(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

Contiguous::Contiguous(const grpc::ByteBuffer& buffer) {
  if (buffer.TrySingleSlice(&slice_).ok()) { return; }
  if (!buffer.DumpToSingleSlice(&slice_).ok()) { slice_ = grpc::Slice(); }
}

ByteView Contiguous::view() const { return {slice_.begin(), slice_.size()}; }

}  // namespace keten::peers

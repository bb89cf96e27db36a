#include "node/storage/location.h"

namespace keten::storage {

void Location::encode(Writer& writer) const {
  writer.u32(segment);
  writer.u64(offset);
  writer.u32(length);
}

Location Location::decode(Reader& reader) {
  Location location;
  location.segment = reader.u32();
  location.offset = reader.u64();
  location.length = reader.u32();
  return location;
}

}  // namespace keten::storage

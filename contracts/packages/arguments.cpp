#include "contracts/packages/arguments.h"

#include "contracts/packages/limits.h"
#include "core/encoding.h"

namespace keten::packages {
namespace {

Error wrong(std::string message) { return invalid("ARGUMENTS_INVALID", std::move(message)); }

Status finish(const Reader& reader, std::string_view method) {
  auto end = reader.finish(method);
  return end ? kDone : Status(wrong(end.error().message));
}

/// The end of the arguments, and the name that they began with.
Status finish_named(const Reader& reader, std::string_view method, std::string_view name) {
  if (auto end = finish(reader, method); !end) { return end; }
  if (is_package_name(name)) { return kDone; }
  return wrong(std::string(method) +
               ": the name of a contract is a lower-case letter, then at most 31 lower-case letters, "
               "digits, '_' and '-'");
}

}  // namespace

std::string_view motion_name(Motion motion) {
  switch (motion) {
    case Motion::freeze: return "freeze";
    case Motion::resume: return "resume";
    case Motion::retire: return "retire";
    case Motion::quota: return "quota";
  }
  return "unknown";
}

Bytes Publish::encode() const {
  Writer writer;
  writer.u64(open_for_ms);
  return writer.take();
}

Result<Publish> Publish::decode(ByteView bytes) {
  Reader reader(bytes);
  const Publish result{reader.u64()};
  if (auto end = finish(reader, kPublish); !end) { return end.error(); }
  if (result.open_for_ms < keten::limits::kChangeOpenMsMin || result.open_for_ms > keten::limits::kChangeOpenMsMax) {
    return wrong("publish: open_for_ms is " + std::to_string(result.open_for_ms) + ", expected " +
                 std::to_string(keten::limits::kChangeOpenMsMin) + " to " +
                 std::to_string(keten::limits::kChangeOpenMsMax));
  }
  return result;
}

Bytes ThePackage::encode() const { return to_bytes(package.view()); }

Result<ThePackage> ThePackage::decode(ByteView bytes) {
  const auto hash = Hash::from(bytes);
  if (!hash) { return wrong("expected the hash of a package: " + hash.error().message); }
  return ThePackage{*hash};
}

Bytes Activate::encode() const {
  Writer writer;
  writer.sized(name);
  writer.fixed(package);
  writer.number(height);
  return writer.take();
}

Result<Activate> Activate::decode(ByteView bytes) {
  Reader reader(bytes);
  Activate result;
  result.name = reader.text(limits::kNameBytesMax);
  result.package = reader.fixed<Hash>();
  result.height = reader.number<Height>();
  if (auto end = finish_named(reader, kActivate, result.name); !end) { return end.error(); }
  return result;
}

Bytes Upgrade::encode() const {
  Writer writer;
  writer.sized(name);
  writer.fixed(package);
  return writer.take();
}

Result<Upgrade> Upgrade::decode(ByteView bytes) {
  Reader reader(bytes);
  Upgrade result;
  result.name = reader.text(limits::kNameBytesMax);
  result.package = reader.fixed<Hash>();
  if (auto end = finish_named(reader, kUpgrade, result.name); !end) { return end.error(); }
  return result;
}

Bytes Vote::encode() const {
  Writer writer;
  writer.sized(name);
  writer.u8(static_cast<std::uint8_t>(motion));
  writer.u64(value);
  return writer.take();
}

Result<Vote> Vote::decode(ByteView bytes) {
  Reader reader(bytes);
  Vote result;
  result.name = reader.text(limits::kNameBytesMax);
  const auto motion = reader.u8();
  result.value = reader.u64();
  if (auto end = finish_named(reader, kVote, result.name); !end) { return end.error(); }
  if (motion < static_cast<std::uint8_t>(Motion::freeze) || motion > static_cast<std::uint8_t>(Motion::quota)) {
    return wrong("vote: expected motion 1 (freeze), 2 (resume), 3 (retire) or 4 (quota), found " +
                 std::to_string(motion));
  }
  result.motion = static_cast<Motion>(motion);
  if (result.motion != Motion::quota && result.value != 0) { return wrong("vote: only a quota has a value"); }
  if (result.value > limits::kStateBytesMax) {
    return wrong("vote: a quota is at most " + std::to_string(limits::kStateBytesMax) + " bytes");
  }
  return result;
}

Bytes Call::encode() const {
  Writer writer;
  writer.sized(name);
  writer.sized(method);
  writer.sized(ByteView(arguments));
  return writer.take();
}

Result<Call> Call::decode(ByteView bytes) {
  Reader reader(bytes);
  Call result;
  result.name = reader.text(limits::kNameBytesMax);
  result.method = reader.text(limits::kEntryNameBytesMax);
  result.arguments = to_bytes(reader.sized(keten::limits::kArgumentBytesMax));
  if (auto end = finish_named(reader, kCall, result.name); !end) { return end.error(); }
  return result;
}

}  // namespace keten::packages

#include "contracts/packages/arguments.h"

#include <tuple>

#include "contracts/argument_fields.h"
#include "contracts/packages/limits.h"

namespace keten::packages {
namespace {

using contracts::decode_arguments;
using contracts::encode_arguments;
using contracts::Sized;
using contracts::wrong_arguments;

constexpr auto kPublishFields = std::tuple{&Publish::open_for_ms};
constexpr auto kActivateFields =
    std::tuple{Sized{&Activate::name, limits::kNameBytesMax}, &Activate::package, &Activate::height};
constexpr auto kUpgradeFields = std::tuple{Sized{&Upgrade::name, limits::kNameBytesMax}, &Upgrade::package};
constexpr auto kVoteFields =
    std::tuple{Sized{&Vote::name, limits::kNameBytesMax}, contracts::InByte{&Vote::motion}, &Vote::value};
constexpr auto kCallFields =
    std::tuple{Sized{&Call::name, limits::kNameBytesMax}, Sized{&Call::method, limits::kEntryNameBytesMax},
               Sized{&Call::arguments, keten::limits::kArgumentBytesMax}};

/// Arguments that begin with the name of a contract.
template <typename Named, typename Fields>
Result<Named> decode_named(ByteView bytes, std::string_view method, const Fields& fields) {
  auto result = decode_arguments<Named>(bytes, method, fields);
  if (!result || is_package_name(result->name)) { return result; }
  return wrong_arguments(std::string(method) +
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

Bytes Publish::encode() const { return encode_arguments(*this, kPublishFields); }
Result<Publish> Publish::decode(ByteView bytes) {
  auto result = decode_arguments<Publish>(bytes, kPublish, kPublishFields);
  if (!result) { return result; }
  if (result->open_for_ms < keten::limits::kChangeOpenMsMin || result->open_for_ms > keten::limits::kChangeOpenMsMax) {
    return wrong_arguments("publish: open_for_ms is " + std::to_string(result->open_for_ms) + ", expected " +
                           std::to_string(keten::limits::kChangeOpenMsMin) + " to " +
                           std::to_string(keten::limits::kChangeOpenMsMax));
  }
  return result;
}

Bytes ThePackage::encode() const { return to_bytes(package.view()); }

Result<ThePackage> ThePackage::decode(ByteView bytes) {
  const auto hash = Hash::from(bytes);
  if (!hash) { return wrong_arguments("expected the hash of a package: " + hash.error().message); }
  return ThePackage{*hash};
}

Bytes Activate::encode() const { return encode_arguments(*this, kActivateFields); }

Result<Activate> Activate::decode(ByteView bytes) { return decode_named<Activate>(bytes, kActivate, kActivateFields); }

Bytes Upgrade::encode() const { return encode_arguments(*this, kUpgradeFields); }

Result<Upgrade> Upgrade::decode(ByteView bytes) { return decode_named<Upgrade>(bytes, kUpgrade, kUpgradeFields); }

Bytes Vote::encode() const { return encode_arguments(*this, kVoteFields); }

Result<Vote> Vote::decode(ByteView bytes) {
  auto result = decode_named<Vote>(bytes, kVote, kVoteFields);
  if (!result) { return result; }
  if (result->motion < Motion::freeze || result->motion > Motion::quota) {
    return wrong_arguments("vote: expected motion 1 (freeze), 2 (resume), 3 (retire) or 4 (quota), found " +
                           std::to_string(static_cast<unsigned>(result->motion)));
  }
  if (result->motion != Motion::quota && result->value != 0) {
    return wrong_arguments("vote: only a quota has a value");
  }
  if (result->value > limits::kStateBytesMax) {
    return wrong_arguments("vote: a quota is at most " + std::to_string(limits::kStateBytesMax) + " bytes");
  }
  return result;
}

Bytes Call::encode() const { return encode_arguments(*this, kCallFields); }

Result<Call> Call::decode(ByteView bytes) { return decode_named<Call>(bytes, kCall, kCallFields); }

}  // namespace keten::packages

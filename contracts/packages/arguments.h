#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "contracts/packages/manifest.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/limits.h"
#include "core/result.h"

/// Arguments of the methods of contract `contracts`, in the canonical encoding. Every decode checks the shape and fails with
/// ARGUMENTS_INVALID. docs/formats/packages.md, "Methods".
namespace keten::packages {

inline constexpr std::string_view kContractName = "contracts";
inline constexpr std::string_view kPublish = "publish";
inline constexpr std::string_view kApprove = "approve";
inline constexpr std::string_view kWithdraw = "withdraw";
inline constexpr std::string_view kActivate = "activate";
inline constexpr std::string_view kUpgrade = "upgrade";
inline constexpr std::string_view kVote = "vote";
inline constexpr std::string_view kCall = "call";

/// `publish`; the package file is the transaction's payload.
struct Publish {
  Milliseconds open_for_ms = keten::limits::kChangeOpenMsDefault;  ///< afterwards it can no longer be approved
  [[nodiscard]] Bytes encode() const;
  static Result<Publish> decode(ByteView bytes);
};

/// `approve` by an organisation; `withdraw` by the publisher, of a package that is not approved.
struct ThePackage {
  Hash package;
  [[nodiscard]] Bytes encode() const;
  static Result<ThePackage> decode(ByteView bytes);
};

/// `activate`.
struct Activate {
  std::string name;
  Hash package;
  Height height;  ///< the first block in which it runs; 0: the next one
  [[nodiscard]] Bytes encode() const;
  static Result<Activate> decode(ByteView bytes);
};

/// `upgrade`: runs the migration of the package and activates it, both or none.
struct Upgrade {
  std::string name;
  Hash package;
  [[nodiscard]] Bytes encode() const;
  static Result<Upgrade> decode(ByteView bytes);
};

/// What organisations vote about, one contract at a time.
enum class Motion : std::uint8_t {
  freeze = 1,  ///< nothing of it runs until it is resumed
  resume = 2,
  retire = 3,  ///< nothing of it runs ever again
  quota = 4,   ///< bytes of state that it may keep
};
[[nodiscard]] std::string_view motion_name(Motion motion);

/// `vote`: for a motion. It takes effect with the vote that makes a quorum.
struct Vote {
  std::string name;
  Motion motion = Motion::freeze;
  std::uint64_t value = 0;  ///< of a quota; otherwise 0
  [[nodiscard]] Bytes encode() const;
  static Result<Vote> decode(ByteView bytes);
};

/// `call`.
struct Call {
  std::string name;
  std::string method;
  Bytes arguments;  ///< the method's own
  [[nodiscard]] Bytes encode() const;
  static Result<Call> decode(ByteView bytes);
};

}  // namespace keten::packages

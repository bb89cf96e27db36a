#pragma once

#include <cstdint>

/// What execution costs. Part of the protocol: another number is another receipt and so another state root.
/// A unit is about a nanosecond of the slowest validator that should keep up; bytes that stay on the disk cost more.
namespace keten::contracts::fuel {

inline constexpr std::uint64_t kTransaction = 1000;  ///< before anything else is done
inline constexpr std::uint64_t kEnvelopeByte = 1;

inline constexpr std::uint64_t kGet = 500;
inline constexpr std::uint64_t kReadByte = 1;  ///< of a value that was found, and of keys and values in a scan
inline constexpr std::uint64_t kPut = 1000;
inline constexpr std::uint64_t kWrittenByte = 10;  ///< of key and value
inline constexpr std::uint64_t kErase = 1000;
inline constexpr std::uint64_t kScan = 1000;
inline constexpr std::uint64_t kScanStep = 200;

inline constexpr std::uint64_t kHead = 1200;  ///< of an entity: read, written, and hashed into the map
inline constexpr std::uint64_t kHistoryEntry = 300;

inline constexpr std::uint64_t kEvent = 200;
inline constexpr std::uint64_t kEventByte = 2;
inline constexpr std::uint64_t kIndexEntry = 500;
inline constexpr std::uint64_t kIndexByte = 2;

// Functions that contracts in WebAssembly import; what they do to the state costs the above as well.
inline constexpr std::uint64_t kGuestFunction = 50;      ///< every call of one
inline constexpr std::uint64_t kGuestBytesPerUnit = 16;  ///< copied from and to the guest
inline constexpr std::uint64_t kGuestHash = 300;
inline constexpr std::uint64_t kBlake2bByte = 1;
inline constexpr std::uint64_t kSha256Byte = 4;
inline constexpr std::uint64_t kVerify = 100'000;  ///< an Ed25519 signature
inline constexpr std::uint64_t kVerifyByte = 2;

// Functions that only rules call.
inline constexpr std::uint64_t kLookUp = 100;      ///< a value in a document
inline constexpr std::uint64_t kLookUpMember = 1;  ///< of an object, that is passed on the way
inline constexpr std::uint64_t kRenderedByte = 1;  ///< of an object or array that is written out
inline constexpr std::uint64_t kFirstLook = 500;   ///< at an item or member, in place of kLookUp
inline constexpr std::uint64_t kFinding = 500;
inline constexpr std::uint64_t kFindingByte = 2;

}  // namespace keten::contracts::fuel

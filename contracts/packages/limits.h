#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds of packages and of the contracts they hold. Part of the protocol, but for the last. docs/formats/packages.md.
namespace keten::packages::limits {

inline constexpr std::size_t kModuleBytesMax = 512 * 1024;  ///< as contracts/vm/limits.h
inline constexpr std::size_t kSchemaBytesMax = 64 * 1024;
inline constexpr std::size_t kReadmeBytesMax = 64 * 1024;
inline constexpr std::size_t kManifestBytesMax = 32 * 1024;
inline constexpr std::size_t kSignaturesMax = 16;
/// Of the file: every part at its limit, each behind a header, with its padding, and the end.
inline constexpr std::size_t kPackageBytesMax =
    kModuleBytesMax + kSchemaBytesMax + kReadmeBytesMax + kManifestBytesMax + (2 * kSignaturesMax + 10) * 512;

inline constexpr std::size_t kNameBytesMax = 32;
inline constexpr std::size_t kEntriesMax = 64;  ///< methods; rules
inline constexpr std::size_t kEntryNameBytesMax = 64;
inline constexpr std::size_t kRecipeBytesMax = 2048;
inline constexpr std::uint32_t kVersionNumberMax = 999'999;

inline constexpr std::size_t kContractsMax = 1024;            ///< names
inline constexpr std::size_t kOpenPerPublisherMax = 8;        ///< packages that are not approved
inline constexpr std::uint64_t kHeightsAheadMax = 1'000'000;  ///< of an activation

inline constexpr std::uint64_t kStateBytesDefault = 16 * 1024 * 1024;  ///< keys and values of one contract
inline constexpr std::uint64_t kStateBytesMax = std::uint64_t{1} << 40U;
inline constexpr std::uint64_t kInitializeFuelMax = 10'000'000;

/// Memory of one store of modules that are ready to run, and as much again for programs without an instance. Decides about time only,
/// never about a result.
inline constexpr std::size_t kStoreBytesDefault = 128 * 1024 * 1024;

}  // namespace keten::packages::limits

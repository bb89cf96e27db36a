#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "contracts/agreements/document.h"
#include "core/bytes.h"
#include "core/result.h"

/// What the methods of contract `agreements` take. Every decode checks the shape and fails with ARGUMENTS_INVALID or a reason of
/// parse_document. docs/formats/agreements.md.
namespace keten::agreements {

inline constexpr std::string_view kContractName = "agreements";
inline constexpr std::string_view kPropose = "propose";
inline constexpr std::string_view kAmend = "amend";
inline constexpr std::string_view kSign = "sign";
inline constexpr std::string_view kWithdraw = "withdraw";
inline constexpr std::string_view kTerminate = "terminate";
inline constexpr std::string_view kAnswer = "answer";
inline constexpr std::string_view kCorrect = "correct";
inline constexpr std::string_view kDispute = "dispute";
inline constexpr std::string_view kClose = "close";

inline constexpr std::size_t kTextBytesMax = 1024;  ///< what somebody says about a finding or an end

struct Propose {
  std::string document;  ///< canonical
  [[nodiscard]] Bytes encode() const { return to_bytes(document); }
  static Result<Propose> decode(ByteView bytes);
};
/// A new version; the one in force stays so until all have signed.
struct Amend {
  AgreementId agreement;
  std::string document;
  [[nodiscard]] Bytes encode() const;
  static Result<Amend> decode(ByteView bytes);
};
/// Versions count from 1.
struct Sign {
  AgreementId agreement;
  std::uint32_t version = 0;
  Hash hash;  ///< document_hash of what was read
  [[nodiscard]] Bytes encode() const;
  static Result<Sign> decode(ByteView bytes);
};
struct Withdraw {
  AgreementId agreement;
  std::uint32_t version = 0;
  [[nodiscard]] Bytes encode() const;
  static Result<Withdraw> decode(ByteView bytes);
};
struct Terminate {
  AgreementId agreement;
  std::string reason;  ///< may be empty
  [[nodiscard]] Bytes encode() const;
  static Result<Terminate> decode(ByteView bytes);
};

/// Findings count from 1 in each agreement.
struct FindingId {
  AgreementId agreement;
  std::uint64_t number = 0;
  friend auto operator<=>(const FindingId&, const FindingId&) = default;
  /// `<agreement>/<number>`.
  [[nodiscard]] std::string text() const;
  /// Fails with FINDING_ID_INVALID.
  static Result<FindingId> parse(std::string_view text);
};
/// Of `answer`, `dispute` and `close`.
struct Say {
  FindingId finding;
  std::string text;  ///< 1 to 1,024 bytes
  [[nodiscard]] Bytes encode() const;
  static Result<Say> decode(ByteView bytes);
};
struct Correct {
  FindingId finding;
  std::string event_id;  ///< of the event or declaration that corrects it
  std::string text;
  [[nodiscard]] Bytes encode() const;
  static Result<Correct> decode(ByteView bytes);
};

}  // namespace keten::agreements

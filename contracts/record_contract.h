#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "contracts/contract.h"

namespace keten::contracts {

/// Arguments of `record.put`: sized key, sized value, and behind them, if there are any, the subjects. docs/formats/storage.md,
/// "record".
struct RecordPut {
  static constexpr std::size_t kKeyBytesMax = 128;
  static constexpr std::size_t kValueBytesMax = 64 * 1024;
  static constexpr std::size_t kSubjectsMax = 16;
  static constexpr std::size_t kSubjectBytesMax = 256;

  Bytes key;                               ///< 1 to 128 bytes, the sender's own
  Bytes value;                             ///< at most 64 KiB; stays in the transaction, the state keeps its hash
  std::vector<std::string> subjects = {};  ///< what it is about: ascending, distinct, each of 1 to 256 bytes

  [[nodiscard]] Bytes encode() const;
  /// Fails with ARGUMENTS_INVALID.
  static Result<RecordPut> decode(ByteView arguments);
};

/// What the state says about a key: where its newest value was recorded.
struct RecordEntry {
  TransactionId transaction;
  Height height;
  Hash value_hash;

  [[nodiscard]] Bytes encode() const;
  static Result<RecordEntry> decode(ByteView bytes);
};

/// Contract `record`: the plain transaction, for devices and measurements. Each organisation has keys of its own;
/// a put replaces the entry. Each subject it names has a history of its own, that anybody can prove complete.
/// State key `record/<organisation> 00 <key>`.
class RecordContract : public Contract {
 public:
  [[nodiscard]] std::string_view name() const override { return "record"; }
  [[nodiscard]] Result<Roles> allowed_roles(std::string_view method) const override;
  [[nodiscard]] Status check(const Transaction& transaction) const override;
  [[nodiscard]] Result<Bytes> execute(Context& context) const override;

  /// The full key of the state entry.
  [[nodiscard]] static Bytes state_key(std::string_view organisation, ByteView key);
  [[nodiscard]] static Hash hash_value(ByteView value);
  /// Kind of the heads of subjects; the id is subject_id().
  static constexpr std::string_view kHeadKind = "record";
  [[nodiscard]] static std::string subject_id(std::string_view organisation, std::string_view subject);
  /// What an entry in a subject's history says.
  [[nodiscard]] static Hash history_content(ByteView key, ByteView value);
};

}  // namespace keten::contracts

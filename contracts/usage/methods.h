#pragma once

#include "contracts/contract.h"
#include "contracts/usage/agreement.h"
#include "contracts/usage/arguments.h"
#include "contracts/usage/ledger_records.h"
#include "core/result.h"

/// What the methods of contract `usage` do. docs/formats/usage.md, "Methods".
namespace keten::usage {

struct Call {
  contracts::Context& context;
  Records& records;
  const Arguments& arguments;

  [[nodiscard]] const std::string& organisation() const { return context.caller().organisation; }
  [[nodiscard]] std::int64_t now() const { return static_cast<std::int64_t>(context.block().time); }
};

// datasets.cpp
[[nodiscard]] Result<Bytes> register_dataset(const Call& call);
[[nodiscard]] Result<Bytes> transfer(const Call& call);
[[nodiscard]] Result<Bytes> take(const Call& call);
/// Fails with UNKNOWN_DATASET or NOT_THE_OWNER.
[[nodiscard]] Result<json::Value> own_dataset(const Call& call, const std::string& dataset);

/// Names that begin so belong to the organisation that stands behind: nobody else can be first.
inline constexpr std::string_view kDatasetNames = "urn:keten:dataset:";
inline constexpr std::string_view kProfileNames = "urn:keten:profile:";
/// Fails with NAME_RESERVED.
[[nodiscard]] Status check_own_name(std::string_view beginning, const std::string& name,
                                    const std::string& organisation);

// profiles.cpp
[[nodiscard]] Result<Bytes> register_profile(const Call& call);

// negotiate.cpp
[[nodiscard]] Result<Bytes> negotiate(const Call& call);

// uses.cpp
[[nodiscard]] Result<Bytes> use(const Call& call);
[[nodiscard]] Result<Bytes> correct(const Call& call);

// duty_methods.cpp
[[nodiscard]] Result<Bytes> fulfil(const Call& call);
[[nodiscard]] Result<Bytes> confirm(const Call& call);
[[nodiscard]] Result<Bytes> dispute(const Call& call);
[[nodiscard]] Result<Bytes> pay(const Call& call);
[[nodiscard]] Result<Bytes> receive(const Call& call);

// claims.cpp
[[nodiscard]] Result<Bytes> claim(const Call& call);

// transfers.cpp
[[nodiscard]] Result<Bytes> move_data(const Call& call);

[[nodiscard]] inline json::Value text(std::string_view content) { return json::Value::string(std::string(content)); }
[[nodiscard]] inline Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}
[[nodiscard]] inline Error forbidden(std::string reason, std::string message) {
  return failure(ErrorKind::forbidden, std::move(reason), std::move(message));
}
[[nodiscard]] inline Error not_found(std::string reason, std::string message) {
  return failure(ErrorKind::not_found, std::move(reason), std::move(message));
}

}  // namespace keten::usage

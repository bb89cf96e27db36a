#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "contracts/usage/statement.h"
#include "core/json.h"
#include "core/proof/proof.h"
#include "core/result.h"

/// Statements of data usage: as a node tells them, and as they follow from a proof file.
namespace keten::tools {

/// What a statement says, for a person.
void print_statement(std::ostream& out, const json::Value& statement);
std::string duty_lines(const json::Value& duties);

/// Of the complete history of an agreement about data; nothing when the proof is of something else. Fails with HISTORY_MALFORMED.
Result<std::optional<usage::AgreementHistory>> usage_history(const proof::Proof& proof);

/// An agreement that was made for a dataset.
struct DatasetAgreement {
  std::string id;
  std::string consumer;
  Height height;      ///< where it was agreed
  std::string state;  ///< of its negotiation, at the end of the history
};
/// Every agreement that was ever made for a dataset, by its complete history, the oldest first. None: the proof is of something else,
/// or does not tell what one of the entries says, so that there may be others.
std::optional<std::vector<DatasetAgreement>> agreements_about(const proof::Proof& proof);

/// The period of `--from` and `--to`. Fails with TIME_INVALID.
Result<usage::Period> period_of(const std::string& from, const std::string& to);

}  // namespace keten::tools

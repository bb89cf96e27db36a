#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/proof/closure.h"
#include "core/proof/proof.h"
#include "core/proof/trust_root.h"
#include "core/proof/verdict.h"

namespace keten::proof {

/// Says in words and for programs what a checked statement means.
class StatementVerdict {
 public:
  void add(const TransactionProof& proof, const TransactionBody& body, const TransactionId& id);
  void add(const BlockProof& proof);
  void add(const EntryProof& proof);
  void add(const HistoryProof& proof, const std::vector<EpcisEvent>& events);
  void add(const StateProof& proof);
  void add(const AbsenceProof& proof);
  void add(const TraceProof& proof, const std::map<std::string, Standing>& reached,
           const std::vector<EpcisEvent>& events);

  /// Adds what is true of every proof: by whom, at which height, since when. Ends it.
  [[nodiscard]] Verdict finish(const Proof& proof, const TrustRoot& root, const ValidatorSet& signers);

 private:
  void begin(std::string kind, std::string subject, std::string name);
  void begin(std::string kind, const std::string& words, const Entity& entity);

  Verdict verdict_;
  std::string kind_;
  json::Value statement_ = json::Value::object();
};

}  // namespace keten::proof

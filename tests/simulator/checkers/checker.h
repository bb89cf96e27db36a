#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/engine.h"
#include "core/block.h"
#include "core/certificate.h"
#include "node/pipeline/pipeline.h"
#include "node/storage/commit.h"

namespace keten::simulator {

/// A final or executed block as one validator sees it.
struct SeenBlock {
  const Block& block;
  const BlockId& id;
};

/// Watches one run for the breach of one promise. Told of everything by the Witness; every function does nothing unless a
/// checker cares. docs/consensus.md names the invariants.
class Checker {
 public:
  explicit Checker(std::string_view name) : name_(name) {}
  virtual ~Checker() = default;
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  /// A process starts from what its disk gave back, or is gone.
  virtual void started(NodeNumber /*at*/, const pipeline::PipelineRecovered& /*recovered*/) {}
  virtual void crashed(NodeNumber /*at*/) {}
  /// From here on its disk may give back less than it promised, or something else: it counts as one of the faulty.
  virtual void damaged(NodeNumber /*at*/) {}
  /// Its vote journal, or all of its disk, is gone for good.
  virtual void forgot(NodeNumber /*at*/) {}
  /// What a starting process read from its disk and made durable, all of it.
  virtual void read_at_start(NodeNumber /*at*/, const pipeline::Persist& /*contents*/) {}
  /// The disk says that this is durable.
  virtual void synced(NodeNumber /*at*/, const pipeline::Persist& /*persist*/) {}
  /// It arrived, and the process was up.
  virtual void delivered(NodeNumber /*at*/, NodeNumber /*from*/, const pipeline::PeerMessage& /*message*/) {}
  /// On the wire for the first time, by itself, in a proposal or inside a certificate.
  virtual void vote_sent(const Subject& /*subject*/, NodeNumber /*signer*/) {}
  /// On the wire for the first time in this form.
  virtual void certificate_sent(NodeNumber /*from*/, const Certificate& /*certificate*/) {}
  virtual void block_final(NodeNumber /*at*/, const SeenBlock& /*seen*/) {}
  virtual void execute_asked(NodeNumber /*at*/, const SeenBlock& /*seen*/) {}
  virtual void executed(NodeNumber /*at*/, Height /*height*/, const Hash& /*state_root*/) {}
  virtual void measured(NodeNumber /*at*/, const consensus::Floor& /*floor*/,
                        const pipeline::PipelineStatus& /*status*/) {}
  /// At the end: where this validator's database has a transaction that some client was told is final.
  virtual void read_back(NodeNumber /*at*/, const TransactionId& /*id*/,
                         const std::optional<storage::Place>& /*place*/) {}

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 protected:
  /// One broken promise breaks it at every later event: a few texts are enough.
  void violated(std::string text) {
    if (violations_.size() < 3) { violations_.push_back(std::move(text)); }
  }

 private:
  std::string_view name_;
  std::vector<std::string> violations_;
};

/// "validator 2".
std::string text_of(NodeNumber index);
/// "finalize view 7 block 3fa94c01".
std::string text_of(const Subject& subject);
/// The first eight digits.
std::string short_text(const Hash& hash);

}  // namespace keten::simulator

#pragma once

#include <map>
#include <utility>

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

/// I2, I3: at most one block of a view is notarized, no view is both finalized and nullified, and what is finalized is
/// what was notarized.
class OneCertificateKind final : public Checker {
 public:
  OneCertificateKind() : Checker("one_certificate_kind") {}
  void synced(NodeNumber at, const pipeline::Persist& persist) override;
  void certificate_sent(NodeNumber from, const Certificate& certificate) override;

 private:
  struct Seen {
    std::optional<BlockId> notarized;
    std::optional<BlockId> finalized;
    bool nullified = false;
  };
  void take(const Subject& subject);
  std::map<std::pair<Epoch, View>, Seen> views_;
};

}  // namespace keten::simulator

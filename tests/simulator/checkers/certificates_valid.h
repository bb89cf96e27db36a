#pragma once

#include "tests/simulator/checkers/checker.h"
#include "tests/simulator/key_ring.h"

namespace keten::simulator {

/// I8: every certificate that an honest validator sends is well-formed, of a quorum of the right set, and holds.
class CertificatesValid final : public Checker {
 public:
  /// Borrows all.
  CertificatesValid(const ChainId& chain, const std::map<Epoch, ValidatorSet>& sets, const KeyRing& keys)
      : Checker("certificates_valid"), chain_(chain), sets_(sets), keys_(keys) {}
  void certificate_sent(NodeNumber from, const Certificate& certificate) override;

 private:
  const ChainId& chain_;
  const std::map<Epoch, ValidatorSet>& sets_;
  const KeyRing& keys_;
};

}  // namespace keten::simulator

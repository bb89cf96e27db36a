#pragma once

#include "tests/simulator/checkers/checker.h"
#include "tests/simulator/key_ring.h"

namespace keten::simulator {

/// I8: every certificate that an honest validator sends is well-formed, of a quorum of the right set, and holds.
class CertificatesValid final : public Checker {
 public:
  /// Borrows all.
  CertificatesValid(const ChainId& chain, const ValidatorSet& validators, const KeyRing& keys)
      : Checker("certificates_valid"), chain_(chain), validators_(validators), keys_(keys) {}
  void certificate_sent(NodeNumber from, const Certificate& certificate) override;

 private:
  const ChainId& chain_;
  const ValidatorSet& validators_;
  const KeyRing& keys_;
};

}  // namespace keten::simulator

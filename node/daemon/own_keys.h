#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "consensus/engine.h"
#include "core/keys.h"
#include "core/result.h"

namespace keten::node {

/// The keys of `keys/validator.key` and `keys/validator-N.key`, newest (highest N) first. Fails with the reasons of
/// read_key_file; a node without keys/validator.key is no validator.
[[nodiscard]] Result<std::vector<KeyPair>> read_validator_keys(const std::filesystem::path& folder);

/// Every key that this node votes or voted with. A key file that appears while the node runs is read when the ledger
/// changes who validates, so that a rotated key needs no restart.
class OwnKeys final : public consensus::Keys {
 public:
  OwnKeys(std::filesystem::path folder, const std::vector<KeyPair>& keys);
  ~OwnKeys() override;

  [[nodiscard]] const consensus::Signer* find(const PublicKey& key) const override;
  /// Newest first.
  [[nodiscard]] std::vector<KeyPair> all() const;
  /// Reads the folder again. True when there are more keys than before; a file that cannot be read is logged.
  bool reload();

 private:
  class FileSigner;
  void add(const KeyPair& key);

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;                                  // the execution thread reloads, the loop signs
  std::map<PublicKey, std::unique_ptr<FileSigner>> signers_;  // never taken away: the loop borrows them
  std::vector<KeyPair> keys_;
};

}  // namespace keten::node

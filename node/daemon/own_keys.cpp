#include "node/daemon/own_keys.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "node/journal/file.h"
#include "node/runtime/log.h"
#include "node/runtime/secrets.h"

namespace keten::node {
namespace {

/// 1 of `validator.key`, N of `validator-N.key`, 0 of any other name.
std::uint32_t number_of(const std::string& name) {
  constexpr std::string_view kFirst = "validator-";
  constexpr std::string_view kLast = ".key";
  if (name == "validator.key") { return 1; }
  if (!name.starts_with(kFirst) || !name.ends_with(kLast)) { return 0; }
  const auto* begin = name.data() + kFirst.size();
  const auto* end = name.data() + name.size() - kLast.size();
  std::uint32_t number = 0;
  const auto [stopped, failed] = std::from_chars(begin, end, number);
  return failed == std::errc{} && stopped == end ? number : 0;
}

}  // namespace

Result<std::vector<KeyPair>> read_validator_keys(const std::filesystem::path& folder) {
  std::map<std::uint32_t, std::filesystem::path, std::greater<>> files{{1, folder / "validator.key"}};
  std::error_code ignored;
  if (std::filesystem::exists(folder, ignored)) {
    const auto names = journal::machine_files().list(folder.string());
    if (!names) { return names.error(); }
    for (const auto& name : *names) {
      if (const auto number = number_of(name); number > 1) { files[number] = folder / name; }
    }
  }
  std::vector<KeyPair> keys;
  for (const auto& [number, path] : files) {
    const auto seed = read_key_file(path.string());
    if (!seed) { return seed.error(); }
    keys.push_back(KeyPair::from_seed(*seed));
  }
  return keys;
}

class OwnKeys::FileSigner final : public consensus::Signer {
 public:
  explicit FileSigner(const KeyPair& key) : key_(key) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return key_.sign(digest.view()); }

 private:
  KeyPair key_;
};

OwnKeys::OwnKeys(std::filesystem::path folder, const std::vector<KeyPair>& keys)
    : folder_(std::move(folder)), keys_(keys) {
  for (const auto& key : keys) { add(key); }
}

OwnKeys::~OwnKeys() = default;

void OwnKeys::add(const KeyPair& key) {
  if (!signers_.contains(key.public_key())) { signers_.emplace(key.public_key(), std::make_unique<FileSigner>(key)); }
}

const consensus::Signer* OwnKeys::find(const PublicKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = signers_.find(key);
  return found == signers_.end() ? nullptr : found->second.get();
}

std::vector<KeyPair> OwnKeys::all() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

bool OwnKeys::reload() {
  auto keys = read_validator_keys(folder_);
  if (!keys) {
    log_warning("validator keys: {}", keys.error().message);
    return false;
  }
  const std::lock_guard lock(mutex_);
  const auto before = signers_.size();
  for (const auto& key : *keys) { add(key); }
  if (signers_.size() == before) { return false; }
  keys_ = std::move(*keys);
  log_info("validator keys: {} in {}, the newest is {}", keys_.size(), folder_.string(),
           key_text(keys_.front().public_key()));
  return true;
}

}  // namespace keten::node

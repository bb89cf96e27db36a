#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Keeps what nobody else may see out of what is handed to others.
namespace keten::tools {

/// Knows the secrets of this machine's homes and finds them in any text, in the forms they usually take.
class Scrubber {
 public:
  /// A key, token or password. Short ones are left out: they would be found everywhere.
  void add(std::string_view secret);
  /// Every file below that a home keeps for its owner: seeds in `keys/`, private keys in `tls/`, hashes in `users.json`.
  void add_home(const std::filesystem::path& home);

  /// The text without them, and without anything that calls itself a password, token, secret, seed or private key.
  [[nodiscard]] std::string clean(std::string text) const;

 private:
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace keten::tools

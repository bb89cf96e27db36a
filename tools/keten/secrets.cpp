#include "tools/keten/secrets.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>

#include <sodium.h>

#include "core/bytes.h"

namespace keten::tools {
namespace {

constexpr std::size_t kShortest = 12;
constexpr std::string_view kRemoved = "(removed)";

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > 0x20 && c != '"' && c != ',') {
      word += c;
    } else {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  words.push_back(std::move(word));
  return words;
}

std::string base64(ByteView bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.resize(text.find('\0'));
  return text;
}

}  // namespace

void Scrubber::add(std::string_view secret) {
  if (secret.size() < kShortest) { return; }
  std::vector<std::string> forms{std::string(secret)};
  for (const auto variant : {sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
    forms.push_back(base64(as_bytes(secret), variant));
  }
  if (const auto raw = from_hex(secret)) {
    std::string upper(secret);
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    forms.push_back(std::move(upper));
    for (const auto variant : {sodium_base64_VARIANT_ORIGINAL_NO_PADDING, sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
      forms.push_back(base64(*raw, variant));
    }
  }
  for (auto& form : forms) {
    if (std::ranges::find(secrets_, form) == secrets_.end()) { secrets_.push_back(std::move(form)); }
  }
  std::ranges::stable_sort(secrets_, std::ranges::greater{}, &std::string::size);
}

void Scrubber::add_home(const std::filesystem::path& home) {
  std::error_code ignored;
  for (const auto* folder : {"keys", "tls"}) {
    for (const auto& entry : std::filesystem::directory_iterator(home / folder, ignored)) {
      if (entry.path().extension() != ".key") { continue; }
      for (const auto& word : words_of(read_text(entry.path()))) {
        if (!word.starts_with("-----")) { add(word); }
      }
    }
  }
  // Hashes of tokens are long hexadecimal words there; names are not.
  for (const auto& word : words_of(read_text(home / "users.json"))) {
    if (word.size() >= 32) { add(word); }
  }
}

std::string Scrubber::clean(std::string text) const {
  for (const auto& secret : secrets_) {
    for (auto place = text.find(secret); place != std::string::npos;
         place = text.find(secret, place + kRemoved.size())) {
      text.replace(place, secret.size(), kRemoved);
    }
  }
  static const std::regex named(
      R"re(((?:pass(?:word|phrase)|secret|token|seed|bearer|private[_ -]?key)\w*["']?(?:\s*[:=]\s*|\s+)["']?))re"
      R"re((?!\(removed\))[^\s"',;]{6,})re",
      std::regex::icase | std::regex::optimize);
  return std::regex_replace(text, named, "$1(removed)");
}

}  // namespace keten::tools

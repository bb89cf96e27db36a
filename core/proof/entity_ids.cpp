#include "core/proof/entity_ids.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/names.h"

namespace keten::proof {
namespace {

constexpr std::size_t kSubjectBytesMax = 256;
constexpr std::size_t kDatasetBytesMax = 256;
constexpr std::size_t kPackageNameBytesMax = 32;
constexpr std::size_t kAgreementDigits = 64;
/// They run, and nothing is ever recorded of them.
constexpr std::array<std::string_view, 6> kBuiltIn = {"agreements", "governance", "packages",
                                                      "production", "record",     "usage"};

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_package_name(std::string_view text) {
  return !text.empty() && text.size() <= kPackageNameBytesMax && text[0] >= 'a' && text[0] <= 'z' &&
         std::ranges::all_of(
             text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

bool is_subject(std::string_view id) {
  const auto slash = id.find('/');
  return slash != std::string_view::npos && is_name(id.substr(0, slash)) && id.size() > slash + 1 &&
         id.size() - slash - 1 <= kSubjectBytesMax;
}

bool is_dataset(std::string_view id) {
  return id.size() <= kDatasetBytesMax &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

}  // namespace

std::string never_recorded(const Entity& entity) {
  const auto& [kind, id] = entity;
  const auto unless = [](bool holds, const char* expected) { return std::string(holds ? "" : expected); };
  if (kind == "item" || kind == "lot") { return {}; }
  if (kind == "record") { return unless(is_subject(id), "an organisation, '/', and a subject of 1 to 256 bytes"); }
  if (kind == "dataset") { return unless(is_dataset(id), "1 to 256 printable characters without space, '\"', '\\'"); }
  if (kind == "agreement") {
    return unless(id.size() == kAgreementDigits && std::ranges::all_of(id, is_lower_hex),
                  "64 hexadecimal digits in lower case");
  }
  if (kind == "contract") {
    if (std::ranges::find(kBuiltIn, id) != kBuiltIn.end()) { return "a published contract; this one is built in"; }
    return unless(is_package_name(id), "a lower-case letter, then at most 31 lower-case letters, digits, '_' and '-'");
  }
  if (kind == "member") { return unless(is_name(id), "the name of an organisation"); }
  return "item, lot, record, dataset, agreement, contract or member";
}

}  // namespace keten::proof

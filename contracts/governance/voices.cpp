#include "contracts/governance/voices.h"

namespace keten::governance {

Voices::Voices(Records& records) {
  for (const auto& validator : records.current().validators) { organisations_.insert(validator.organisation); }
  std::erase_if(organisations_, [&](const std::string& name) {
    const auto record = records.organisation(name);
    return !record || !record->is_member();
  });
}

std::set<std::string> Voices::approving(const std::set<std::string>& approvals) const {
  std::set<std::string> result;
  for (const auto& organisation : approvals) {
    if (organisations_.contains(organisation)) { result.insert(organisation); }
  }
  return result;
}

std::string Voices::text() const {
  std::string result;
  for (const auto& name : organisations_) { result += (result.empty() ? "" : ", ") + name; }
  return result;
}

}  // namespace keten::governance

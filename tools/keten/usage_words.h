#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/policy.h"

/// Policies in words that a farmer understands, English or Dutch. What counts is the policy; nothing is said that it does not say.
namespace keten::tools {

enum class Language : std::uint8_t { english, dutch };

class UsageWords {
 public:
  UsageWords(const usage::Policy& policy, Language language) : policy_(policy), language_(language) {}

  /// All rules, with their conditions and duties, and what holds where two rules meet.
  [[nodiscard]] std::string policy() const;
  /// `RobotCo may read or aggregate urn:ds:milk`.
  [[nodiscard]] std::string rule(const usage::Rule& rule) const;
  /// `it is for maintenance or quality`.
  [[nodiscard]] std::string constraint(const usage::Constraint& constraint) const;
  /// What a duty asks for, with its deadline: `tell FarmCo, within 3 months of the beginning`.
  [[nodiscard]] std::string duty(const usage::Rule& duty) const;

  [[nodiscard]] std::string say(std::string_view english, std::string_view dutch) const {
    return std::string(language_ == Language::english ? english : dutch);
  }
  /// `1 year 3 days`.
  [[nodiscard]] std::string duration(const usage::Duration& duration) const;
  /// Of an action's IRI.
  [[nodiscard]] std::string action(const std::string& iri) const;

 private:
  [[nodiscard]] std::string actions(const usage::Rule& rule) const;
  [[nodiscard]] std::string list(const std::vector<std::string>& parts) const;
  [[nodiscard]] std::string value(const usage::Value& value) const;
  [[nodiscard]] std::string atom(const usage::Constraint& constraint) const;
  void conditions(const usage::Rule& rule, std::size_t depth, std::string& text) const;
  void duties(const std::vector<usage::Rule>& duties, std::size_t depth, const std::string& heading,
              std::string& text) const;

  const usage::Policy& policy_;
  Language language_;
};

/// `RobotCo` of `urn:keten:organisation:RobotCo`; everything else as it is.
std::string party_name(const std::string& iri);

}  // namespace keten::tools

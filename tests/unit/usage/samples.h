#pragma once

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "contracts/usage/evaluate.h"
#include "contracts/usage/policy_reader.h"
#include "core/json.h"

namespace keten::usage::sample {

inline json::Value parsed(std::string_view text) {
  const auto value = json::parse(text);
  BOOST_REQUIRE_MESSAGE(value, text << ": " << (value ? "" : value.error().message));
  return *value;
}

inline Policy policy(std::string_view text) {
  auto read = read_policy(parsed(text));
  BOOST_REQUIRE_MESSAGE(read, text << ": " << (read ? "" : read.error().message));
  return std::move(*read);
}

inline Error refused(std::string_view text) {
  auto read = read_policy(parsed(text));
  BOOST_REQUIRE_MESSAGE(!read, "was read: " << text);
  return read.error();
}

inline World world(std::string_view text = R"({"now":"2024-02-12T11:20:10.999Z"})") {
  auto read = read_world(parsed(text), Names());
  BOOST_REQUIRE_MESSAGE(read, text << ": " << (read ? "" : read.error().message));
  return std::move(*read);
}

/// Alice wants to read x, and says so much about it.
inline Policy request(const std::string& more = "", const std::string& action = "read") {
  return policy(R"({"@type":"Request","uid":"ex:request","permission":[{"uid":"ex:asked","assignee":"ex:alice",)"
                R"("target":"ex:x","action":")" +
                action + "\"" + (more.empty() ? "" : "," + more) + "}]}");
}

/// A policy with one permission to read x, and these members in it.
inline std::string permission(const std::string& members) {
  return R"({"@type":"Set","uid":"ex:policy","permission":[{"uid":"ex:rule","action":"read","target":"ex:x")" +
         (members.empty() ? "" : "," + members) + "}]}";
}
inline std::string prohibition(const std::string& members) {
  return R"({"@type":"Set","uid":"ex:policy","prohibition":[{"uid":"ex:rule","action":"read","target":"ex:x")" +
         (members.empty() ? "" : "," + members) + "}]}";
}
inline std::string constraint(const std::string& left, const std::string& op, const std::string& right) {
  return R"("constraint":[{"leftOperand":")" + left + R"(","operator":")" + op + R"(","rightOperand":)" + right + "}]";
}

/// Whether the only rule is active.
inline bool is_active(std::string_view text, const World& world, const Policy& asked = request()) {
  const auto report = evaluate(policy(text), asked, world);
  BOOST_REQUIRE(report.rules.size() == 1U);
  return report.rules.front().active;
}

inline Decision decided(std::string_view text, const World& state = world(), const Policy& asked = request()) {
  return evaluate(policy(text), asked, state).decision;
}

}  // namespace keten::usage::sample

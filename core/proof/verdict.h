#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/json.h"
#include "core/proof/trust_root.h"

namespace keten::proof {

/// What a valid proof says. Made by verify() only.
struct Verdict {
  std::string subject;                  ///< for example `history of item https://id.gs1.org/01/...`
  std::string entity;                   ///< `<kind> <id>` of what is there; empty for an absence
  std::string name;                     ///< the id alone, where that says enough: docs/formats/proof.md, "Verdict"
  Height height;                        ///< everything holds in the state after this block
  TrustRoot newest;                     ///< validators of the anchor's epoch: what a checkpoint may pin
  json::Value facts;                    ///< for programs: docs/formats/proof.md, "Verdict"
  std::vector<std::string> proved;      ///< sentences
  std::vector<std::string> not_proved;  ///< sentences

  /// `expected` is the whole subject, the entity, or the id where that says enough. An absence is met by its whole subject only.
  [[nodiscard]] bool is_about(std::string_view expected) const {
    return !expected.empty() && (expected == subject || expected == entity || expected == name);
  }
  /// For people, subject first.
  [[nodiscard]] std::string text() const;
  /// Facts and sentences.
  [[nodiscard]] json::Value to_json() const;
};

/// Bytes as they stand in subjects and facts: printable ASCII as it is, everything else as `0x` and hexadecimal.
std::string shown(std::string_view bytes);
/// `2025-06-15T15:06:40.000Z`.
std::string shown_time(Milliseconds time);

}  // namespace keten::proof

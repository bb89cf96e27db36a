#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/ids.h"

namespace keten::consensus {

/// When to ask others for what is missing here, and how often to answer them. All times are steady milliseconds.
class Resolver {
 public:
  static constexpr std::size_t kFetchesMax = 16;          ///< blocks wanted at one time
  static constexpr std::uint64_t kFetchGraceMs = 50;      ///< a proposal that is still on its way is not fetched
  static constexpr std::uint64_t kSpacingMs = 200;        ///< between two requests for one thing
  static constexpr std::uint64_t kSpacingMsMax = 5000;    ///< after doubling while nothing came
  static constexpr std::uint64_t kAnswersPerSecond = 10;  ///< to one peer
  static constexpr std::uint64_t kBanMs = 5000;           ///< after a bad signature

  explicit Resolver(std::size_t validators) : peers_(validators) {}

  /// A pass names everything that is wanted now with `want`; what is not named again is forgotten at its end.
  void begin_pass();
  /// True when the block must be asked for now: `grace_ms` after it was first wanted, then with growing spaces.
  [[nodiscard]] bool want(const BlockId& block, std::uint64_t grace_ms, std::uint64_t now_ms);
  void end_pass();

  /// True when a certificate request may go to this peer now, and counts it.
  [[nodiscard]] bool may_request(ValidatorIndex peer, std::uint64_t now_ms);
  /// Something new came: the spaces between requests start small again.
  void progressed();
  /// True when this peer's request may be answered now, and counts it.
  [[nodiscard]] bool may_answer(ValidatorIndex peer, std::uint64_t now_ms);
  /// The same for a hint that the peer did not ask for.
  [[nodiscard]] bool may_hint(ValidatorIndex peer, std::uint64_t spacing_ms, std::uint64_t now_ms);
  void ban(ValidatorIndex peer, std::uint64_t now_ms);
  [[nodiscard]] bool is_banned(ValidatorIndex peer, std::uint64_t now_ms) const;

  /// When the next wanted block is due; the largest number when none is.
  [[nodiscard]] std::uint64_t deadline_ms(std::uint64_t now_ms) const;

 private:
  struct Want {
    std::uint64_t due_ms = 0;
    std::uint64_t spacing_ms = kSpacingMs;
    bool named = false;
  };
  struct Peer {
    std::uint64_t request_due_ms = 0;
    std::uint64_t request_spacing_ms = kSpacingMs;
    std::uint64_t answer_window_ms = 0;
    std::uint64_t answers = 0;
    std::uint64_t hint_due_ms = 0;
    std::uint64_t banned_until_ms = 0;
  };
  std::map<BlockId, Want> wants_;
  std::vector<Peer> peers_;
};

/// A budget of bytes that refills with time and holds at most one second's worth.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t bytes_per_second) : rate_(bytes_per_second), bytes_(bytes_per_second) {}
  [[nodiscard]] bool take(std::uint64_t bytes, std::uint64_t now_ms);

 private:
  std::uint64_t rate_;
  std::uint64_t bytes_;
  std::uint64_t refilled_ms_ = 0;
};

}  // namespace keten::consensus

#pragma once

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "tests/simulator/byzantine/actor.h"
#include "tests/simulator/checkers/checker.h"

namespace keten::simulator::byzantine {

/// Which characters a campaign may use.
struct Casting {
  std::vector<std::size_t> places;  ///< in kinds(); none: everybody is honest
  bool in_every_run = false;        ///< else in about half of the runs

  /// "all", "none" or names with commas. Fails with UNKNOWN_CHARACTER.
  static Result<Casting> parse(std::string_view text);
};

/// The faulty validators of one run, at most as many as the set tolerates. Listens like a checker and breaks no promise.
class Cast final : public Checker {
 public:
  Cast() : Checker("cast") {}
  /// Draws who plays what.
  void draw(const Casting& casting, const Surroundings& around, Random random);
  void start();

  [[nodiscard]] bool empty() const { return actors_.empty(); }
  [[nodiscard]] bool plays(NodeNumber index) const { return actors_.contains(index); }
  /// Null for an honest validator.
  [[nodiscard]] Actor* actor(NodeNumber index) const;
  [[nodiscard]] const Tally& tally() const { return tally_; }
  /// "validator 2 as equivocator and silent"; for the transcript.
  [[nodiscard]] const std::string& playbill() const { return playbill_; }

  void delivered(NodeNumber at, NodeNumber from, const Message& message);
  void exposed(NodeNumber index);
  void vote_sent(const Subject& subject, NodeNumber signer) override;
  void certificate_sent(NodeNumber from, const Certificate& certificate) override;

 private:
  std::map<NodeNumber, std::unique_ptr<Actor>> actors_;
  Tally tally_{};
  std::string playbill_;
};

}  // namespace keten::simulator::byzantine

#include "tests/simulator/byzantine/cast.h"

#include <algorithm>

namespace keten::simulator::byzantine {
namespace {

constexpr std::uint64_t kWithActorsPerMille = 500;
constexpr std::uint64_t kMoodsMax = 3;

}  // namespace

Result<Casting> Casting::parse(std::string_view text) {
  Casting casting;
  if (text == "none") { return casting; }
  if (text == "all") {
    for (std::size_t i = 0; i < kinds().size(); ++i) { casting.places.push_back(i); }
    return casting;
  }
  casting.in_every_run = true;
  while (!text.empty()) {
    const auto name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    const auto found = std::ranges::find(kinds(), name, &Kind::name);
    if (found == kinds().end()) {
      std::string known;
      for (const auto& kind : kinds()) { known += (known.empty() ? "" : ", ") + std::string(kind.name); }
      return invalid("UNKNOWN_CHARACTER",
                     "expected all, none or names of " + known + "; found '" + std::string(name) + "'");
    }
    casting.places.push_back(static_cast<std::size_t>(found - kinds().begin()));
  }
  return casting;
}

void Cast::draw(const Casting& casting, const Surroundings& around, Random random) {
  const auto count = around.founding.validators().size();
  const auto most = (count - 1) / 3;
  if (casting.places.empty() || most == 0) { return; }
  if (!casting.in_every_run && !random.chance(kWithActorsPerMille)) { return; }
  const auto wanted = casting.in_every_run ? most : random.between(1, most);
  while (actors_.size() < wanted) {
    const NodeNumber index{static_cast<std::uint16_t>(random.below(count))};
    if (plays(index)) { continue; }
    std::vector<std::size_t> chosen;
    const auto moods = random.between(1, std::min<std::uint64_t>(kMoodsMax, casting.places.size()));
    playbill_ += (playbill_.empty() ? "" : "; ") + text_of(index) + " as";
    while (chosen.size() < moods) {
      const auto kind = casting.places[random.below(casting.places.size())];
      if (std::ranges::find(chosen, kind) != chosen.end()) { continue; }
      chosen.push_back(kind);
      playbill_ += " " + std::string(kinds()[kind].name);
    }
    actors_.emplace(index, std::make_unique<Actor>(around, index, random.fork(), chosen, tally_));
  }
}

void Cast::start() {
  for (const auto& [index, actor] : actors_) { actor->start(); }
}

Actor* Cast::actor(NodeNumber index) const {
  const auto found = actors_.find(index);
  return found == actors_.end() ? nullptr : found->second.get();
}

void Cast::delivered(NodeNumber at, NodeNumber from, const Message& message) {
  if (auto* from_actor = actor(from); from_actor != nullptr && !plays(at)) { from_actor->arrived(at, message); }
}

void Cast::exposed(NodeNumber index) {
  if (auto* one = actor(index)) { one->exposed(); }
}

void Cast::vote_sent(const Subject& subject, NodeNumber signer) {
  for (const auto& [index, actor] : actors_) { actor->honest_vote(subject, signer); }
}

void Cast::certificate_sent(NodeNumber /*from*/, const Certificate& certificate) {
  for (const auto& [index, actor] : actors_) { actor->honest_certificate(certificate); }
}

}  // namespace keten::simulator::byzantine

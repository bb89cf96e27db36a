#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {

std::span<const Kind> kinds() {
  static const Kind all[] = {
      {"silent", silent()},
      {"mute_leader", mute_leader()},
      {"crasher", crasher()},
      {"equivocator", equivocator()},
      {"double_voter", double_voter()},
      {"nullify_finalizer", nullify_finalizer()},
      {"nullifier", nullifier()},
      {"yes_sayer", yes_sayer()},
      {"selective_voter", selective_voter()},
      {"late_proposer", late_proposer()},
      {"dawdler", dawdler()},
      {"body_withholder", body_withholder()},
      {"quorum_sender", quorum_sender()},
      {"old_parent", old_parent()},
      {"proofless", proofless()},
      {"needless_skipper", needless_skipper()},
      {"certificate_forger", certificate_forger()},
      {"domain_replayer", domain_replayer()},
      {"next_epoch", next_epoch()},
      {"outdated", outdated()},
      {"impersonator", impersonator()},
      {"corrupt_server", corrupt_server()},
      {"liar", liar()},
      {"time_bender", time_bender()},
      {"glutton", glutton()},
      {"mutator", mutator()},
      {"bad_payload", bad_payload()},
      {"root_liar", root_liar()},
      {"flooder", flooder()},
  };
  static_assert(std::size(all) <= kKindsMax);
  return all;
}

}  // namespace keten::simulator::byzantine

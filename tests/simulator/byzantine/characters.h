#pragma once

#include "tests/simulator/byzantine/character.h"

namespace keten::simulator::byzantine {

// One maker for each character; the file of the same story has the class.
MakeCharacter silent();
MakeCharacter mute_leader();
MakeCharacter crasher();
MakeCharacter equivocator();
MakeCharacter double_voter();
MakeCharacter nullify_finalizer();
MakeCharacter nullifier();
MakeCharacter yes_sayer();
MakeCharacter selective_voter();
MakeCharacter late_proposer();
MakeCharacter dawdler();
MakeCharacter body_withholder();
MakeCharacter quorum_sender();
MakeCharacter old_parent();
MakeCharacter proofless();
MakeCharacter needless_skipper();
MakeCharacter certificate_forger();
MakeCharacter domain_replayer();
MakeCharacter next_epoch();
MakeCharacter outdated();
MakeCharacter impersonator();
MakeCharacter corrupt_server();
MakeCharacter liar();
MakeCharacter time_bender();
MakeCharacter glutton();
MakeCharacter mutator();
MakeCharacter bad_payload();
MakeCharacter root_liar();
MakeCharacter flooder();

}  // namespace keten::simulator::byzantine

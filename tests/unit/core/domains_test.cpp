#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

/// Something that somebody signs, with every context that its bytes must bind.
struct SignedKind {
  std::string name;
  Hash digest;
};

/// One of each, about the same things as far as that is possible; then each in another chain, set, epoch and view.
std::vector<SignedKind> signed_kinds() {
  const auto genesis = sample::genesis(4);
  const auto chain = genesis.chain_id();
  const auto set = genesis.validators().id();
  const auto other_chain = sample::genesis(3).chain_id();
  const auto other_set = sample::genesis(3).validators().id();
  const auto block = sample::hash_of("block");
  std::vector<SignedKind> kinds;
  for (const auto kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const bool names_block = kind != VoteKind::nullify;
    const Subject subject{kind, Epoch{0}, View{9}, View{names_block ? 8U : 0U}, names_block ? block : BlockId{}};
    const std::string name(vote_name(kind));
    kinds.push_back({name, subject.signing_hash(chain, set)});
    kinds.push_back({name + " of another chain", subject.signing_hash(other_chain, set)});
    kinds.push_back({name + " of another set", subject.signing_hash(chain, other_set)});
    kinds.push_back({name + " with chain and set swapped", subject.signing_hash(set, chain)});
    auto changed = subject;
    changed.epoch = Epoch{1};
    kinds.push_back({name + " of another epoch", changed.signing_hash(chain, set)});
    changed = subject;
    changed.view = View{10};
    kinds.push_back({name + " of another view", changed.signing_hash(chain, set)});
    if (names_block) {
      changed = subject;
      changed.parent_view = View{7};
      kinds.push_back({name + " on another parent", changed.signing_hash(chain, set)});
      changed = subject;
      changed.block = chain;
      kinds.push_back({name + " of another block", changed.signing_hash(chain, set)});
    }
  }
  const auto key = sample::key_pair("a").public_key();
  kinds.push_back({"transaction", transaction_signing_hash(chain)});
  kinds.push_back({"another transaction", transaction_signing_hash(block)});
  kinds.push_back({"genesis", genesis_signing_hash(chain)});
  kinds.push_back({"another genesis", genesis_signing_hash(block)});
  kinds.push_back({"possession", key_possession_hash("company", "admin", key, Roles{Role::admin})});
  kinds.push_back({"possession with another role", key_possession_hash("company", "admin", key, Roles{Role::capture})});
  kinds.push_back({"possession under another cut", key_possession_hash("companya", "dmin", key, Roles{Role::admin})});
  kinds.push_back({"possession by another name", key_possession_hash("company", "admins", key, Roles{Role::admin})});
  // Raw values that are also hashes of 32 bytes: none of them is what anybody signs.
  kinds.push_back({"chain id as it is", chain});
  kinds.push_back({"block id as it is", block});
  kinds.push_back({"set id as it is", set});
  return kinds;
}

BOOST_AUTO_TEST_SUITE(domains)

BOOST_AUTO_TEST_CASE(a_signature_of_one_kind_is_never_one_of_another) {
  const auto pair = sample::key_pair("signer");
  const auto kinds = signed_kinds();
  for (const auto& made : kinds) {
    const auto signature = pair.sign(made.digest.view());
    for (const auto& used : kinds) {
      const bool holds = verify(pair.public_key(), used.digest.view(), signature);
      BOOST_TEST(holds == (made.name == used.name),
                 "a signature of '" << made.name << "' used as '" << used.name << "'");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten

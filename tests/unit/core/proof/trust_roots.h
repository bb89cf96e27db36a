#pragma once

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/unit/core/proof/sample_ledger.h"

/// What may and what may not be believed as a genesis or checkpoint: docs/formats/proof.md, "Trust roots".
namespace keten::sample {

struct TrustFile {
  std::string name;
  bool is_right;
  std::string text;
};

namespace trust {

/// Every place where `from` stands.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
  auto place = text.find(from);
  BOOST_REQUIRE_MESSAGE(place != std::string::npos, from);
  for (; place != std::string::npos; place = text.find(from, place + to.size())) {
    text.replace(place, from.size(), to);
  }
  return text;
}

/// By the admin of each organisation, whatever it says.
inline std::string signed_again(Genesis genesis) {
  genesis.signatures.clear();
  const auto digest = genesis_signing_hash(genesis.chain_id());
  for (const auto& organisation : genesis.organisations) {
    const auto admin = key_pair(organisation.name + "/admin");
    genesis.signatures.push_back({organisation.name, admin.public_key(), admin.sign(digest.view())});
  }
  return genesis.to_json();
}

inline void checkpoints(std::vector<TrustFile>& all) {
  const auto root = sample_ledger().checkpoint(1);
  const auto text = proof::checkpoint_json(root) + "\n";
  const auto add = [&](const std::string& name, bool is_right, const std::string& from, const std::string& to) {
    all.push_back({"checkpoint_" + name, is_right, with(text, from, to)});
  };
  const auto key = [&](std::uint16_t index) { return root.validators.at(ValidatorIndex{index}).key.hex(); };
  add("without_blanks", true, "\n", "");
  add("with_names_escaped", true, "\"epoch\"", "\"ep\\u006fch\"");
  const auto id = root.chain_id.hex();
  auto capitals = id;
  for (auto& digit : capitals) { digit = digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit; }
  add("with_capital_digits", true, id, capitals);
  add("of_a_large_epoch", true, "\"epoch\": 1", "\"epoch\": 9007199254740992");
  add("of_an_epoch_that_no_double_holds", false, "\"epoch\": 1", "\"epoch\": 9007199254740993");
  add("with_a_member_twice", false, "\"epoch\": 1", "\"epoch\": 0, \"epoch\": 1");
  add("with_a_member_twice_escaped", false, "\"epoch\": 1", "\"epoch\": 1, \"ep\\u006fch\": 1");
  add("with_a_member_more", false, "\"epoch\": 1", "\"epoch\": 1, \"more\": 1");
  add("without_a_member", false, "\"epoch\": 1,", "");
  add("with_a_fraction", false, "\"epoch\": 1", "\"epoch\": 1.0");
  add("with_an_exponent", false, "\"epoch\": 1", "\"epoch\": 1e0");
  add("with_a_text_for_a_number", false, "\"epoch\": 1", "\"epoch\": \"1\"");
  add("of_another_version", false, "\"keten_checkpoint\": 1", "\"keten_checkpoint\": 2");
  add("with_a_key_twice", false, key(0), key(1));
  add("with_a_key_that_is_none", false, key(0), std::string(64, '0'));
  add("of_weight_0", false, "\"weight\": 1", "\"weight\": 0");
  add("of_the_greatest_weight", true, "\"weight\": 1\n    },\n    {\n      \"organisation\": \"company1\"",
      "\"weight\": 2147483644\n    },\n    {\n      \"organisation\": \"company1\"");
  add("of_too_much_weight", false, "\"weight\": 1", "\"weight\": 2147483647");
  add("of_2_to_the_31", false, "\"weight\": 1", "\"weight\": 2147483648");
  add("with_an_organisation_that_is_no_name", false, "\"company0\"", "\"company 0\"");
  add("with_something_behind", false, "\n}\n", "\n}\n{}");
  all.push_back({"checkpoint_with_a_byte_order_mark", false, "\xef\xbb\xbf" + text});
  all.push_back({"checkpoint_that_is_no_utf8", false, with(text, "company0", std::string("compan\xff") + "0")});
}

inline void geneses(std::vector<TrustFile>& all) {
  const auto good = genesis(4);
  const auto text = good.to_json();
  const auto add = [&](const std::string& name, bool is_right, const std::string& from, const std::string& to) {
    all.push_back({"genesis_" + name, is_right, with(text, from, to)});
  };
  const auto change = [&](const std::string& name, bool is_right, auto how) {
    auto changed = good;
    how(changed);
    all.push_back({"genesis_" + name, is_right, signed_again(changed)});
  };
  add("with_a_member_twice", false, "\"chain\": \"sample\"", "\"chain\": \"other\", \"chain\": \"sample\"");
  add("with_a_member_more", false, "\"chain\": \"sample\"", "\"chain\": \"sample\", \"more\": 1");
  add("with_a_fraction", false, "\"keten_genesis\": 1", "\"keten_genesis\": 1.0");
  add("with_a_role_twice", true, "\"admin\"\n", "\"admin\", \"admin\"\n");
  add("of_another_name", false, "\"sample\"", "\"simple\"");
  change("signed_again", true, [](Genesis&) {});
  change("of_another_time", true, [](Genesis& it) { it.time += 1; });
  change("with_transactions_above_its_blocks", false, [](Genesis& it) {
    it.parameters.block_bytes_max = 65'536;
    it.parameters.transaction_bytes_max = 65'537;
  });
  change("with_a_parameter_too_small", false, [](Genesis& it) { it.parameters.execution_lag_max = 1; });
  change("with_an_organisation_without_admin", false, [](Genesis& it) {
    auto& keys = it.organisations.at(0).keys;
    keys.erase(keys.begin());
  });
  change("with_a_key_name_twice", false, [](Genesis& it) {
    auto& one = it.organisations.at(0);
    one.keys.at(2) = genesis_key(one.name, "device", Roles{Role::capture});
    one.keys.at(2).key = key_pair("another").public_key();
    const auto hash = key_possession_hash(one.name, "device", one.keys.at(2).key, Roles{Role::capture});
    one.keys.at(2).possession = key_pair("another").sign(hash.view());
  });
  change("with_a_node_name_twice", false, [](Genesis& it) {
    auto& one = it.organisations.at(0);
    one.validators.at(0) = genesis_validator(one.name, it.organisations.at(1).validators.at(0).node);
  });
  change("with_an_organisation_twice", false, [](Genesis& it) { it.organisations.at(1) = it.organisations.at(0); });
  change("with_a_possession_of_another", false, [](Genesis& it) {
    it.organisations.at(0).validators.at(0).possession = it.organisations.at(1).validators.at(0).possession;
  });
  change("without_a_certificate", false,
         [](Genesis& it) { it.organisations.at(0).validators.at(0).tls_certificate = "none"; });
  change("without_a_port", false, [](Genesis& it) { it.organisations.at(0).validators.at(0).peer_address = "host"; });
  change("with_an_organisation_without_validators", true,
         [](Genesis& it) { it.organisations.at(0).validators.clear(); });
  change("without_validators", false, [](Genesis& it) {
    for (auto& one : it.organisations) { one.validators.clear(); }
  });
  const auto with_signature = [&](const std::string& name, bool is_right, auto how) {
    auto changed = good;
    how(changed.signatures);
    all.push_back({"genesis_" + name, is_right, changed.to_json()});
  };
  with_signature("without_a_signature", false, [](auto& list) { list.pop_back(); });
  with_signature("with_a_signature_that_does_not_hold", false,
                 [](auto& list) { list.at(0).signature.bytes[40] ^= 1U; });
  with_signature("signed_by_another_organisation", false,
                 [](auto& list) { std::swap(list.at(0).organisation, list.at(1).organisation); });
  with_signature("with_signatures_of_strangers", true, [](auto& list) {
    list.push_back({"no name", PublicKey{}, Signature{}});
    list.push_back(list.at(0));
    list.back().signature.bytes[0] ^= 1U;
  });
}

}  // namespace trust

inline std::vector<TrustFile> sample_trust_files() {
  std::vector<TrustFile> all;
  trust::checkpoints(all);
  trust::geneses(all);
  return all;
}

}  // namespace keten::sample

#include "core/genesis.h"

#include <functional>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/block.h"
#include "core/directory.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/merkle.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

json::Value document() { return json::parse(sample::genesis(2).to_json()).value(); }

/// What from_json says about a changed document: reason and where, or "accepted".
std::string answer(const json::Value& changed) {
  const auto parsed = Genesis::from_json(json::serialize(changed));
  if (parsed) { return "accepted"; }
  const auto& error = parsed.error();
  return error.reason + (error.violations.empty() ? "" : " " + error.violations[0].pointer);
}

/// Values can only be rebuilt, not changed in place: applies `change` to the value at a path of names and indices.
json::Value change_at(const json::Value& value, const std::vector<std::string>& path, std::size_t depth,
                      const std::function<std::optional<json::Value>(const json::Value&)>& change) {
  if (depth == path.size()) { return change(value).value(); }
  if (value.is(json::Kind::array)) {
    auto result = json::Value::array();
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      const bool here = std::to_string(i) == path[depth];
      result.push(here ? change_at(value.items()[i], path, depth + 1, change) : value.items()[i]);
    }
    return result;
  }
  auto result = json::Value::object();
  for (const auto& [name, member] : value.members()) {
    if (name != path[depth]) {
      result.set(name, member);
    } else if (depth + 1 < path.size()) {
      result.set(name, change_at(member, path, depth + 1, change));
    } else if (auto changed = change(member)) {
      result.set(name, std::move(*changed));
    }
  }
  return result;
}

/// Every member of every object below, as paths.
void collect(const json::Value& value, std::vector<std::string>& path, std::vector<std::vector<std::string>>& found) {
  if (value.is(json::Kind::array)) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      path.push_back(std::to_string(i));
      collect(value.items()[i], path, found);
      path.pop_back();
    }
  } else if (value.is(json::Kind::object)) {
    for (const auto& [name, member] : value.members()) {
      path.push_back(name);
      found.push_back(path);
      collect(member, path, found);
      path.pop_back();
    }
  }
}

std::string pointer_of(const std::vector<std::string>& path) {
  std::string pointer;
  for (const auto& token : path) { pointer = json::pointer_add(pointer, token); }
  return pointer;
}

std::string check_of(const std::function<void(Genesis&)>& change) {
  auto genesis = sample::genesis(2);
  change(genesis);
  const auto checked = genesis.check();
  return checked ? "good" : checked.error().message;
}

bool complains(const std::function<void(Genesis&)>& change, std::string_view about) {
  const auto message = check_of(change);
  const bool found = message.find(about) != std::string::npos;
  if (!found) { BOOST_TEST_MESSAGE("expected '" << about << "', found: " << message); }
  return found;
}

BOOST_AUTO_TEST_SUITE(genesis)

BOOST_AUTO_TEST_CASE(a_genesis_survives_its_json) {
  const auto made = sample::genesis(3);
  const auto text = made.to_json();
  const auto read = Genesis::from_json(text);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->chain_name == made.chain_name);
  BOOST_TEST(read->time == made.time);
  BOOST_TEST((read->parameters == made.parameters));
  BOOST_TEST((read->organisations == made.organisations));
  BOOST_TEST((read->signatures == made.signatures));
  BOOST_TEST(read->to_json() == text);
  BOOST_TEST((read->chain_id() == made.chain_id()));
  BOOST_TEST(read->check_signed().ok());
}

BOOST_AUTO_TEST_CASE(the_chain_id_does_not_depend_on_the_layout_nor_on_the_signatures) {
  const auto made = sample::genesis(2);
  auto unsigned_one = made;
  unsigned_one.signatures.clear();
  BOOST_TEST((unsigned_one.chain_id() == made.chain_id()));
  BOOST_TEST((Genesis::from_json(json::serialize(document()))->chain_id() == made.chain_id()));
}

BOOST_AUTO_TEST_CASE(every_missing_member_is_named_by_its_pointer) {
  const auto whole = document();
  std::vector<std::vector<std::string>> paths;
  std::vector<std::string> path;
  collect(whole, path, paths);
  BOOST_TEST(paths.size() > 50U);
  for (const auto& one : paths) {
    const auto changed = change_at(whole, one, 0, [](const json::Value&) { return std::nullopt; });
    BOOST_TEST(answer(changed) == "GENESIS_INVALID " + pointer_of(one));
  }
}

BOOST_AUTO_TEST_CASE(every_member_of_a_wrong_type_is_named_by_its_pointer) {
  const auto whole = document();
  std::vector<std::vector<std::string>> paths;
  std::vector<std::string> path;
  collect(whole, path, paths);
  const std::vector<json::Value> replacements = {json::Value(),           json::Value::boolean(true),
                                                 json::Value::number(-1), json::Value::string("x"),
                                                 json::Value::array(),    json::Value::object()};
  for (const auto& one : paths) {
    for (const auto& replacement : replacements) {
      json::Kind kind{};
      const auto changed = change_at(whole, one, 0, [&](const json::Value& old) {
        kind = old.kind();
        return std::optional(replacement);
      });
      const bool is_text = one.back() == "chain" || one.back() == "name" || one.back() == "node" ||
                           one.back() == "tls_certificate" || one.back() == "peer_address" ||
                           one.back() == "organisation";
      const bool same_kind = replacement.kind() == kind;
      if (same_kind && (is_text || kind == json::Kind::array)) {
        BOOST_TEST(answer(changed) == "accepted", pointer_of(one));
      } else if (same_kind && kind == json::Kind::object) {
        BOOST_TEST(answer(changed).find("GENESIS_INVALID " + pointer_of(one)) == 0U, pointer_of(one));
      } else {
        BOOST_TEST(answer(changed) == "GENESIS_INVALID " + pointer_of(one));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(unknown_members_are_refused_at_every_level) {
  const auto add = [](const json::Value& old) {
    auto changed = old;
    changed.set("extra", json::Value::number(1));
    return std::optional(changed);
  };
  const auto whole = document();
  BOOST_TEST(answer(*add(whole)) == "GENESIS_INVALID /extra");
  const std::vector<std::vector<std::string>> objects = {{"parameters"},
                                                         {"organisations", "1"},
                                                         {"organisations", "1", "keys", "0"},
                                                         {"organisations", "1", "validators", "0"},
                                                         {"signatures", "1"}};
  for (const auto& one : objects) {
    BOOST_TEST(answer(change_at(whole, one, 0, add)) == "GENESIS_INVALID " + pointer_of(one) + "/extra");
  }
}

BOOST_AUTO_TEST_CASE(another_version_is_refused) {
  const auto changed = change_at(document(), {"keten_genesis"}, 0,
                                 [](const json::Value&) { return std::optional(json::Value::number(2)); });
  BOOST_TEST(answer(changed) == "GENESIS_INVALID /keten_genesis");
}

BOOST_AUTO_TEST_CASE(everything_but_the_signatures_is_in_the_chain_id) {
  std::vector<std::function<void(Genesis&)>> changes = {
      [](Genesis& g) { g.chain_name += "x"; },
      [](Genesis& g) { ++g.time; },
      [](Genesis& g) { ++g.parameters.block_bytes_max; },
      [](Genesis& g) { ++g.parameters.block_transactions_max; },
      [](Genesis& g) { ++g.parameters.block_fuel_max; },
      [](Genesis& g) { ++g.parameters.transaction_bytes_max; },
      [](Genesis& g) { ++g.parameters.validity_blocks_max; },
      [](Genesis& g) { ++g.parameters.execution_lag_max; },
      [](Genesis& g) { ++g.parameters.clock_drift_ms_max; },
      [](Genesis& g) { ++g.parameters.min_block_interval_ms; },
      [](Genesis& g) { std::swap(g.organisations[0], g.organisations[1]); },
      [](Genesis& g) { g.organisations.pop_back(); },
      [](Genesis& g) { g.organisations[0].name += "x"; },
      [](Genesis& g) { g.organisations[0].keys.pop_back(); },
      [](Genesis& g) { g.organisations[0].keys[0].name += "x"; },
      [](Genesis& g) { g.organisations[0].keys[0].key.bytes[0] ^= 1U; },
      [](Genesis& g) { g.organisations[0].keys[0].roles = Roles{Role::auditor}; },
      [](Genesis& g) { g.organisations[0].keys[0].possession.bytes[0] ^= 1U; },
      [](Genesis& g) { g.organisations[0].validators.clear(); },
      [](Genesis& g) { g.organisations[0].validators[0].node += "x"; },
      [](Genesis& g) { g.organisations[0].validators[0].key.bytes[0] ^= 1U; },
      [](Genesis& g) { g.organisations[0].validators[0].possession.bytes[0] ^= 1U; },
      [](Genesis& g) { g.organisations[0].validators[0].tls_certificate += "x"; },
      [](Genesis& g) { g.organisations[0].validators[0].peer_address += "x"; },
  };
  std::set<ChainId> ids{sample::genesis(2).chain_id()};
  for (const auto& change : changes) {
    auto genesis = sample::genesis(2);
    change(genesis);
    ids.insert(genesis.chain_id());
  }
  BOOST_TEST(ids.size() == changes.size() + 1);
}

BOOST_AUTO_TEST_CASE(a_founding_with_a_mistake_is_refused_and_the_mistake_named) {
  BOOST_TEST(check_of([](Genesis&) {}) == "good");
  BOOST_TEST(complains([](Genesis& g) { g.chain_name = ""; }, "chain: expected a name"));
  BOOST_TEST(complains([](Genesis& g) { g.chain_name = std::string(65, 'x'); }, "chain: expected a name"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[0].name = "a b"; }, "found 'a b'"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1] = g.organisations[0]; }, "listed twice"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations.clear(); }, "expected 1 to 100 validators, found 0"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].keys[1] = g.organisations[1].keys[0]; }, "used twice"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].keys[1].key = g.organisations[0].keys[0].key; },
                       "this key is listed twice"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].keys.erase(g.organisations[1].keys.begin()); },
                       "at least one key with the role admin"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].keys[1].possession.bytes[3] ^= 1U; },
                       "organisation company1 key device: the proof of possession does not hold"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].keys[1].roles = Roles{Role::admin}; },
                       "the proof of possession does not hold"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].validators[0].possession.bytes[3] ^= 1U; },
                       "organisation company1 validator node1: the proof of possession does not hold"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].validators[0].node = "node0"; }, "used twice"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].validators[0].tls_certificate = "none"; },
                       "expected one PEM certificate"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].validators[0].peer_address = "host"; },
                       "expected host:port, found 'host'"));
  BOOST_TEST(complains([](Genesis& g) { g.organisations[1].keys[1].key = {}; }, "expected a valid Ed25519 key"));
}

BOOST_AUTO_TEST_CASE(a_key_is_a_validators_a_captures_or_a_persons_and_never_two_of_them) {
  const auto with_roles = [](Roles roles) {
    return check_of([roles](Genesis& genesis) {
      auto& organisation = genesis.organisations[1];
      organisation.keys[1] = sample::genesis_key(organisation.name, "device", roles);
    });
  };
  BOOST_TEST(with_roles(Roles{Role::admin, Role::submitter, Role::auditor, Role::publisher}) == "good");
  BOOST_TEST(with_roles(Roles{Role::capture}) == "good");
  for (const auto role : {Role::admin, Role::submitter, Role::auditor, Role::publisher}) {
    BOOST_TEST(with_roles(Roles{Role::capture, role}).find("may have no other role") != std::string::npos);
  }
  BOOST_TEST(with_roles(Roles{}).find("expected admin, submitter") != std::string::npos);
  BOOST_TEST(with_roles(Roles{Role::validator}).find("expected admin, submitter") != std::string::npos);
  BOOST_TEST(with_roles(Roles{Role::validator, Role::admin}).find("expected admin, submitter") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(roles_that_do_not_exist_are_refused) {
  BOOST_TEST(check_of([](Genesis& genesis) {
               auto& organisation = genesis.organisations[1];
               organisation.keys[1] = sample::genesis_key(organisation.name, "device", Roles(0x40));
             }) != "good");
}

BOOST_AUTO_TEST_CASE(parameters_end_at_their_limits) {
  struct Range {
    std::uint64_t Parameters::*field;
    std::uint64_t least;
    std::uint64_t most;
  };
  const std::vector<Range> ranges = {
      {&Parameters::block_bytes_max, 1024 * 1024, limits::kBlockBytesMax},  // least here: the largest transaction
      {&Parameters::block_transactions_max, 1, limits::kBlockTransactionsMax},
      {&Parameters::block_fuel_max, 1'000'000, limits::kBlockFuelMax},
      {&Parameters::transaction_bytes_max, 4096, limits::kTransactionBytesMax},
      {&Parameters::validity_blocks_max, 10, limits::kValidityBlocksMax},
      {&Parameters::execution_lag_max, 2, limits::kExecutionLagMax},
      {&Parameters::clock_drift_ms_max, 100, 60'000},
      {&Parameters::min_block_interval_ms, 1, 60'000},
  };
  for (const auto& range : ranges) {
    const auto with = [&](std::uint64_t value) {
      return check_of([&](Genesis& genesis) { genesis.parameters.*range.field = value; });
    };
    BOOST_TEST(with(range.least) == "good");
    BOOST_TEST(with(range.most) == "good");
    BOOST_TEST(with(range.least - 1) != "good");
    BOOST_TEST(with(range.most + 1) != "good");
  }
}

BOOST_AUTO_TEST_CASE(at_most_a_hundred_validators) {
  const auto with = [](std::size_t count) {
    return check_of([count](Genesis& genesis) {
      auto& organisation = genesis.organisations[0];
      organisation.validators.clear();
      genesis.organisations[1].validators.clear();
      for (std::size_t i = 0; i < count; ++i) {
        organisation.validators.push_back(sample::genesis_validator(organisation.name, "n" + std::to_string(i)));
      }
    });
  };
  BOOST_TEST(with(100) == "good");
  BOOST_TEST(with(101) == "expected 1 to 100 validators, found 101");
}

BOOST_AUTO_TEST_CASE(who_has_not_signed_is_named) {
  auto genesis = sample::genesis(3);
  BOOST_TEST(genesis.check_signed().ok());
  const auto all = genesis.signatures;
  const auto refusal = [&] {
    const auto checked = genesis.check_signed();
    return checked ? std::string("good") : checked.error().reason + ": " + checked.error().message;
  };
  genesis.signatures = {all[0], all[2]};
  BOOST_TEST(refusal().find(
                 "GENESIS_UNSIGNED: expected a valid admin signature of every organisation; missing: company1;") == 0U);
  genesis.signatures.clear();
  BOOST_TEST(refusal().find("missing: company0, company1, company2;") != std::string::npos);
  genesis.signatures = {all[2], all[1], all[0]};
  BOOST_TEST(refusal() == "good");
}

BOOST_AUTO_TEST_CASE(only_a_good_signature_by_an_own_admin_counts) {
  auto genesis = sample::genesis(2);
  const auto good = genesis.signatures[1];
  const auto digest = genesis_signing_hash(genesis.chain_id());
  const auto is_signed_by = [&](GenesisSignature signature) {
    genesis.signatures[1] = std::move(signature);
    return genesis.check_signed().ok();
  };
  BOOST_TEST(is_signed_by(good));
  auto flipped = good;
  flipped.signature.bytes[0] ^= 1U;
  BOOST_TEST(!is_signed_by(flipped));
  for (const auto* name : {"company1/device", "company1/capture", "company1/node1", "company0/admin", "stranger"}) {
    const auto pair = sample::key_pair(name);
    BOOST_TEST(!is_signed_by({"company1", pair.public_key(), pair.sign(digest.view())}), name);
  }
  // Of another chain, and of the bare id.
  const auto admin = sample::key_pair("company1/admin");
  BOOST_TEST(!is_signed_by({"company1", admin.public_key(), admin.sign(genesis_signing_hash(digest).view())}));
  BOOST_TEST(!is_signed_by({"company1", admin.public_key(), admin.sign(genesis.chain_id().view())}));
  BOOST_TEST(!is_signed_by({"company0", good.key, good.signature}));
}

BOOST_AUTO_TEST_CASE(a_member_card_survives_its_json_and_is_read_strictly) {
  const auto organisation = sample::genesis(1).organisations[0];
  const auto text = member_card_json(organisation);
  BOOST_TEST((parse_member_card(text).value() == organisation));
  auto card = json::parse(text).value();
  auto changed = card;
  changed.set("extra", json::Value());
  BOOST_TEST(parse_member_card(json::serialize(changed)).error().violations[0].pointer == "/extra");
  changed = card;
  changed.remove("keten_member");
  BOOST_TEST(parse_member_card(json::serialize(changed)).error().violations[0].pointer == "/keten_member");
  changed = card;
  changed.remove("organisation");
  BOOST_TEST(parse_member_card(json::serialize(changed)).error().violations[0].pointer == "/organisation");
  BOOST_TEST(!parse_member_card("[]"));
  BOOST_TEST(!parse_member_card(sample::genesis(1).to_json()));
}

BOOST_AUTO_TEST_CASE(the_validators_and_the_first_header_follow_from_the_genesis) {
  const auto made = sample::genesis(3);
  const auto set = made.validators();
  BOOST_TEST(set.size() == 3U);
  BOOST_TEST(set.at(ValidatorIndex{2}).node == "node2");
  BOOST_TEST(set.at(ValidatorIndex{2}).organisation == "company2");
  BOOST_TEST(set.total_weight() == 3U);
  const auto header = genesis_header(made);
  BOOST_TEST((header.chain_id == made.chain_id()));
  BOOST_TEST(header.height.value == 0U);
  BOOST_TEST(header.view.value == 0U);
  BOOST_TEST(header.time == made.time);
  BOOST_TEST((header.payload_root == merkle_root({})));
  BOOST_TEST(header.parent.is_zero());
  BOOST_TEST(header.state_root.is_zero());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(directory)

BOOST_AUTO_TEST_CASE(every_key_of_the_genesis_is_registered_with_its_owner) {
  const auto made = sample::genesis(2);
  const Directory directory(made);
  BOOST_TEST(directory.size() == 8U);
  const auto* device = directory.find(sample::device_key(1).public_key());
  BOOST_REQUIRE(device != nullptr);
  BOOST_TEST(device->organisation == "company1");
  BOOST_TEST(device->name == "device");
  BOOST_TEST((device->roles == Roles{Role::submitter}));
  const auto* validator = directory.find(sample::validator_key(1).public_key());
  BOOST_REQUIRE(validator != nullptr);
  BOOST_TEST(validator->name == "node1");
  BOOST_TEST((validator->roles == Roles{Role::validator}));
  BOOST_TEST(directory.find(sample::key_pair("stranger").public_key()) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(roles)

BOOST_AUTO_TEST_CASE(roles_have_names_in_a_fixed_order) {
  const Roles all(63);
  const std::vector<std::string> names = {"validator", "admin", "submitter", "auditor", "publisher", "capture"};
  BOOST_TEST(role_names(all) == names, boost::test_tools::per_element());
  std::uint8_t bit = 1;
  for (const auto& name : names) {
    const auto role = parse_role(name);
    BOOST_REQUIRE(role);
    BOOST_TEST(static_cast<std::uint8_t>(*role) == bit);
    BOOST_TEST(role_name(*role) == name);
    BOOST_TEST(all.has(*role));
    BOOST_TEST(!Roles{}.has(*role));
    bit = static_cast<std::uint8_t>(bit << 1U);
  }
  BOOST_TEST(role_names(Roles{}).empty());
}

BOOST_AUTO_TEST_CASE(unknown_roles_are_refused_naming_the_known_ones) {
  for (const auto* name : {"", "Admin", "admin ", "owner"}) {
    const auto role = parse_role(name);
    BOOST_REQUIRE(!role);
    BOOST_TEST(role.error().reason == "UNKNOWN_ROLE");
    BOOST_TEST(role.error().message.find("validator, admin, submitter") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten

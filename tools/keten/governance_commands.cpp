// keten validators, and keten keys with the ledger: who belongs to the chain and who validates.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/governance/arguments.h"
#include "contracts/governance/records.h"
#include "node/runtime/certificates.h"
#include "tools/keten/governance.h"
#include "tools/keten/options.h"
#include "tools/keten/verification.h"

namespace keten::tools {
namespace {

namespace gov = keten::governance;
using client::Existing;
using client::FileAccess;

std::string join(const auto& words) {
  std::string result;
  for (const auto& word : words) { result += (result.empty() ? "" : ", ") + printable(word); }
  return result;
}

std::string utc(Milliseconds time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(time / 1000)));
}

std::string short_key(const std::optional<PublicKey>& key) { return key ? "ed25519:" + shortened(key->hex()) : ""; }

void print_json(Console& console, const json::Value& value) { console.out << json::pretty(value) << "\n"; }

/// Reads need a node and no key.
Result<GovernanceState> read_state(const TargetOptions& options) {
  const auto target = find_target(options);
  if (!target) { return target.error(); }
  const auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  return GovernanceState::read(*ledger);
}

void print_change(Console& console, const gov::ChangeView& change) {
  console.out << fmt::format("Change {}  {}  proposed by {} at height {}\n", change.id.value,
                             gov::change_status_name(change.record.status), printable(change.record.proposer),
                             change.record.height.value);
  for (const auto& one : change.proposal.changes) { console.out << "  " << printable(gov::describe(one)) << "\n"; }
  if (!change.proposal.reason.empty()) { console.out << "  reason: " << printable(change.proposal.reason) << "\n"; }
  if (change.record.status == gov::ChangeStatus::open) {
    console.out << "  " << printable(change.progress()) << "; open until " << utc(change.record.expires) << "\n";
  } else {
    console.out << "  approved by " << join(change.record.approvals) << "\n";
  }
}

void print_pending(Console& console, const gov::ValidatorsView& view) {
  if (!view.pending) {
    console.out << fmt::format("Epoch {} since height {}; nothing waits for a next one.\n", view.epoch.value,
                               view.since.value);
    return;
  }
  console.out << fmt::format("Epoch {} follows: {} of {} validators are ready", view.epoch.value + 1,
                             view.pending->ready.size(), view.pending->validators.size());
  if (view.pending->is_frozen()) {
    console.out << "; it is fixed and begins with the next blocks.\n";
  } else {
    console.out << fmt::format(" ({} are a quorum); it waits for {}.\n", view.ready_needed, join(view.awaited));
  }
  for (const auto& field : parameter_fields()) {
    const auto now = view.parameters.*field.value;
    const auto next = view.pending->parameters.*field.value;
    if (now != next) { console.out << fmt::format("  {} from {} to {}\n", field.name, now, next); }
  }
}

std::string next_text(const gov::ValidatorsView& view, const gov::NodeView& node) {
  if (!view.pending) { return ""; }
  if (!node.next_key) { return node.key ? "leaves" : ""; }
  const std::string what = !node.key ? "joins" : node.key != node.next_key ? "new key" : "stays";
  return what + (node.is_ready ? ", ready" : ", not ready yet");
}

/// The outcome of a proposal or an approval.
int print_outcome(Console& console, const Administration& administration, const Enacted& enacted, OutputForm output) {
  const auto outcome = gov::ChangeOutcome::decode(enacted.result);
  if (!outcome) { return console.fail(outcome.error()); }
  const auto state = administration.state();
  if (!state) { return console.fail(state.error()); }
  const auto change = gov::read_change(*state, outcome->change);
  if (!change) { return console.fail(invalid("RESPONSE_MALFORMED", "the node does not know the change")); }
  const auto view = gov::read_validators(*state);
  if (output == OutputForm::json) {
    print_json(console, gov::to_json(*change)
                            .set("transaction_id", text_value(enacted.id.hex()))
                            .set("executed_at", number_value(enacted.height.value))
                            .set("applied", json::Value::boolean(outcome->applied)));
    return kSuccess;
  }
  print_change(console, *change);
  if (outcome->applied) {
    console.out << "Approved and applied.\n";
    print_pending(console, view);
  } else {
    console.out << fmt::format("Others approve with: keten validators approve {}\n", outcome->change.value);
  }
  return kSuccess;
}

int propose(Console& console, const GovernanceOptions& options, std::vector<gov::Change> changes) {
  gov::ProposeChange proposal;
  proposal.changes = std::move(changes);
  proposal.reason = options.reason;
  proposal.open_for_ms = static_cast<Milliseconds>(options.open_for_s * 1000);
  // The shape, before anything is sent.
  if (const auto checked = gov::ProposeChange::decode(proposal.encode()); !checked) {
    return console.fail(checked.error());
  }
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto enacted = administration->enact(gov::kPropose, proposal.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_outcome(console, *administration, *enacted, options.output);
}

int print_enacted(Console& console, const Enacted& enacted, OutputForm output, json::Value document,
                  const std::string& sentence) {
  if (output == OutputForm::json) {
    document.set("transaction_id", text_value(enacted.id.hex())).set("height", number_value(enacted.height.value));
    print_json(console, document);
  } else {
    console.out << sentence << "\n";
  }
  return kSuccess;
}

/// The file of the next validator key: `validator-2.key` and so on. The node reads every `validator*.key`.
std::filesystem::path next_validator_key(const HomeFiles& files) {
  std::error_code ignored;
  for (int number = 2;; ++number) {
    auto path = files.key("validator-" + std::to_string(number));
    if (!std::filesystem::exists(path, ignored)) { return path; }
  }
}

/// The home whose node the command changes.
Result<HomeFiles> own_home(const Administration& administration) {
  const auto& home = administration.target().node.home;
  if (home.empty()) { return invalid("HOME_NEEDED", "this changes files of a node: name its home with --home DIR"); }
  return HomeFiles{home};
}

Result<TlsIdentity> new_identity(const GovernanceOptions& options, const std::string& node) {
  if (options.certificate_file.empty() && options.private_key_file.empty()) { return make_certificate(node); }
  if (options.certificate_file.empty() || options.private_key_file.empty()) {
    return invalid("USAGE", "--certificate and --private-key belong together");
  }
  auto certificate = client::read_file(options.certificate_file);
  if (!certificate) { return certificate.error(); }
  auto key = client::read_file(options.private_key_file);
  if (!key) { return key.error(); }
  TlsIdentity identity{std::move(*certificate), std::move(*key)};
  if (auto matches = check_identity(identity); !matches) { return matches.error(); }
  return identity;
}

Result<Roles> parse_roles(const std::vector<std::string>& names) {
  std::uint8_t bits = 0;
  for (const auto& name : names) {
    const auto role = parse_role(name);
    if (!role) { return role.error(); }
    bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(*role));
  }
  if (!are_user_roles(Roles(bits))) {
    return invalid("ROLES_INVALID", "expected admin, submitter, auditor or publisher, or capture alone");
  }
  return Roles(bits);
}

std::string roles_text(Roles roles) { return join(role_names(roles)); }

}  // namespace

namespace {

/// Validators and parameters of the epoch that the node calls the current one.
void check_epoch(Verification& verification, const client::LedgerClient& ledger, const GovernanceState& state,
                 Epoch epoch) {
  if (!verification.is_wanted()) { return; }
  proof::Question question;
  question.kind = proof::QuestionKind::entry;
  question.entry = gov::epoch_entry(epoch);
  const auto stored = state.get(question.entry);
  question.at_least = state.height();
  const auto proved = verification.prove([&](const proof::Question& one) { return ledger.proof(one); }, question,
                                         (stored ? "entry " : "no entry ") + proof::shown(as_text(question.entry)));
  if (!proved) { return; }
  verification.holds(*proved);
  const auto& value = std::get<proof::EntryProof>(proved->proof.statement).value;
  if (value != stored) {
    return verification.differs("/epoch/" + epoch.text(), value ? to_hex(*value) : "nothing",
                                stored ? to_hex(*stored) : "nothing");
  }
  if (proved->proof.anchor.epoch > epoch) {
    if (proved->verdict.height <= state.height()) {
      return verification.differs("/epoch", proved->proof.anchor.epoch.text(), epoch.text());
    }
    verification.note("epoch " + proved->proof.anchor.epoch.text() + " has begun since the node answered; ask again");
  }
  verification.is_word_of_node("standing and addresses of nodes, and what waits for the next epoch");
}

}  // namespace

int run_validators_list(Console& console, const GovernanceOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  auto verification = Verification::open(console, options.target, *target, options.trust);
  if (!verification) { return console.fail(verification.error()); }
  const auto state = GovernanceState::read(*ledger);
  if (!state) { return console.fail(state.error()); }
  const auto view = gov::read_validators(*state);
  check_epoch(*verification, *ledger, *state, view.epoch);
  if (options.output == OutputForm::json) {
    auto document = gov::to_json(view).set("height", number_value(state->height().value));
    verification->describe(document);
    print_json(console, document);
    return verification->finish(options.output);
  }
  if (verification->has_failed()) { return verification->finish(options.output); }
  console.out << fmt::format("Epoch {} since height {}, height {}\n", view.epoch.value, view.since.value,
                             state->height().value);
  Table table({{"NODE"}, {"ORGANISATION"}, {"STANDING"}, {"KEY"}, {"ADDRESS"}, {view.pending ? "NEXT EPOCH" : ""}});
  for (const auto& node : view.nodes) {
    table.add({printable(node.record.name), printable(node.record.organisation),
               std::string(gov::standing_name(node.record.standing)), short_key(node.key ? node.key : node.next_key),
               printable(node.record.peer_address), next_text(view, node)});
  }
  console.out << table.text();
  if (view.pending) { print_pending(console, view); }
  return verification->finish(options.output);
}

int run_validators_introduce(Console& console, const GovernanceOptions& options) {
  const auto state = read_state(options.target);
  if (!state) { return console.fail(state.error()); }
  const auto document = gov::introduction_json(gov::read_validators(*state), state->height());
  auto written =
      client::write_file(options.file, json::pretty(document) + "\n", FileAccess::everyone, Existing::replace);
  if (!written) { return console.fail(written.error()); }
  console.out << fmt::format("{} says who the nodes are at height {}. Send it with the genesis to a node that joins.\n",
                             options.file, state->height().value);
  return kSuccess;
}

int run_validators_pending(Console& console, const GovernanceOptions& options) {
  const auto state = read_state(options.target);
  if (!state) { return console.fail(state.error()); }
  const auto view = gov::read_validators(*state);
  const auto which = options.all ? gov::WhichChanges::all : gov::WhichChanges::open;
  const auto changes = gov::read_changes(*state, which, limits::kPageMax);
  if (options.output == OutputForm::json) {
    auto list = json::Value::array();
    for (const auto& change : changes) { list.push(gov::to_json(change)); }
    const auto validators = gov::to_json(view);
    print_json(console, json::Value::object()
                            .set("height", number_value(state->height().value))
                            .set("epoch", number_value(view.epoch.value))
                            .set("pending", *validators.find("pending"))
                            .set("changes", std::move(list)));
    return kSuccess;
  }
  print_pending(console, view);
  for (const auto& change : changes) { print_change(console, change); }
  if (changes.empty()) { console.out << "No change waits for approval.\n"; }
  return kSuccess;
}

int run_validators_propose_add(Console& console, const GovernanceOptions& options) {
  const auto text = client::read_file(options.card);
  if (!text) { return console.fail(text.error()); }
  const auto card = parse_member_card(*text);
  if (!card) { return console.fail(card.error(), "a member card is the member.json that keten init makes"); }
  const auto state = read_state(options.target);
  if (!state) { return console.fail(state.error()); }
  gov::StateStore store(*state);
  std::vector<gov::Change> changes;
  if (!gov::Records(store).organisation(card->name)) {
    changes.emplace_back(gov::AddOrganisation{card->name, card->keys});
  }
  for (const auto& validator : card->validators) { changes.emplace_back(gov::AddValidator{card->name, validator}); }
  return propose(console, options, std::move(changes));
}

int run_validators_propose_remove(Console& console, const GovernanceOptions& options) {
  const auto afterwards = options.follow ? gov::Afterwards::follows : gov::Afterwards::leaves;
  return propose(console, options, {gov::RemoveValidator{options.node, afterwards}});
}

int run_validators_propose_remove_organisation(Console& console, const GovernanceOptions& options) {
  return propose(console, options, {gov::RemoveOrganisation{options.organisation}});
}

int run_validators_propose_parameter(Console& console, const GovernanceOptions& options) {
  std::vector<gov::Change> changes;
  for (const auto& assignment : options.assignments) {
    const auto equals = assignment.find('=');
    const auto digits = equals == std::string::npos ? std::string() : assignment.substr(equals + 1);
    const bool is_number = !digits.empty() && digits.size() <= 18 &&
                           std::ranges::all_of(digits, [](char each) { return each >= '0' && each <= '9'; });
    if (!is_number) {
      return console.fail(invalid("USAGE", "expected NAME=NUMBER, found '" + printable(assignment) + "'"));
    }
    changes.emplace_back(gov::SetParameter{assignment.substr(0, equals), std::stoull(digits)});
  }
  return propose(console, options, std::move(changes));
}

int run_validators_approve(Console& console, const GovernanceOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto state = administration->state();
  if (!state) { return console.fail(state.error()); }
  const auto change = gov::read_change(*state, gov::ChangeId{options.change});
  if (!change) {
    return console.fail(failure(ErrorKind::not_found, "UNKNOWN_CHANGE",
                                fmt::format("there is no change {}; see keten validators pending", options.change)));
  }
  // What is signed is the digest of what this program read and shows, whatever the node says about it.
  const auto enacted = administration->enact(
      gov::kApprove, gov::ApproveChange{.change = change->id, .digest = change->digest()}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_outcome(console, *administration, *enacted, options.output);
}

int run_validators_withdraw(Console& console, const GovernanceOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto enacted =
      administration->enact(gov::kWithdraw, gov::WithdrawChange{gov::ChangeId{options.change}}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_enacted(console, *enacted, options.output,
                       json::Value::object().set("change", number_value(options.change)),
                       fmt::format("{} withdrew from change {}.", administration->organisation(), options.change));
}

int run_validators_rotate_key(Console& console, const GovernanceOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto files = own_home(*administration);
  if (!files) { return console.fail(files.error()); }
  const auto& node = administration->status().node;
  const auto& organisation = administration->organisation();
  const auto path = next_validator_key(*files);
  const auto seed = client::random_seed();
  if (auto written = client::write_key_file(path, seed); !written) { return console.fail(written.error()); }
  const auto pair = KeyPair::from_seed(seed);
  const auto possession = key_possession_hash(organisation, node, pair.public_key(), Roles{Role::validator});
  const auto enacted = administration->enact(
      gov::kRotateValidator, gov::RotateValidator{node, pair.public_key(), pair.sign(possession.view())}.encode());
  if (!enacted) {
    // Refused for good: the key is nobody's. After a timeout it may still become one.
    if (enacted.error().kind == ErrorKind::refused || enacted.error().kind == ErrorKind::forbidden) {
      std::error_code ignored;
      std::filesystem::remove(path, ignored);
    }
    return console.fail(enacted.error());
  }
  return print_enacted(console, *enacted, options.output,
                       json::Value::object()
                           .set("node", text_value(node))
                           .set("key", text_value(key_text(pair.public_key())))
                           .set("file", text_value(path.string())),
                       fmt::format("{} votes with {} from the next epoch on; the running node reads {} by itself.\n"
                                   "Keep the old key file until every node has reached that epoch.",
                                   node, key_text(pair.public_key()), path.string()));
}

int run_validators_renew_certificate(Console& console, const GovernanceOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto files = own_home(*administration);
  if (!files) { return console.fail(files.error()); }
  const auto& node = administration->status().node;
  const auto identity = new_identity(options, node);
  if (!identity) { return console.fail(identity.error()); }
  const auto staged = files->home / "tls" / "next.pem";
  if (auto written = client::write_file(staged, identity->key_pem + identity->certificate_pem, FileAccess::owner,
                                        Existing::replace);
      !written) {
    return console.fail(written.error());
  }
  const auto former = options.now ? gov::FormerCertificate::ends : gov::FormerCertificate::stays;
  const auto enacted =
      administration->enact(gov::kUpdateNode, gov::UpdateNode{node, identity->certificate_pem, "", former}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  // Our own programs know the old one until the node has read the new one.
  if (const auto before = client::read_file(files->server_certificate())) {
    (void)client::write_file(files->home / "tls" / "node.former.crt", *before, FileAccess::everyone, Existing::replace);
  }
  // The others must know the certificate before this node shows it.
  const bool is_known = administration->wait_for_peers(enacted->height, 10'000);
  if (auto written = client::write_file(files->server_key(), identity->key_pem, FileAccess::owner, Existing::replace);
      !written) {
    return console.fail(written.error());
  }
  if (auto written = client::write_file(files->server_certificate(), identity->certificate_pem, FileAccess::everyone,
                                        Existing::replace);
      !written) {
    return console.fail(written.error());
  }
  std::error_code ignored;
  std::filesystem::remove(staged, ignored);
  if (!is_known) { console.err << "warning: not every connected node has executed the change yet\n"; }
  return print_enacted(console, *enacted, options.output, json::Value::object().set("node", text_value(node)),
                       fmt::format("{} has a new certificate; the running node reads it by itself. {}", node,
                                   options.now ? "The old one is refused from now on."
                                               : "The old one is accepted until the next renewal."));
}

int run_validators_set_address(Console& console, const GovernanceOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto& node = options.node.empty() ? administration->status().node : options.node;
  const auto enacted = administration->enact(
      gov::kUpdateNode, gov::UpdateNode{node, "", options.address, gov::FormerCertificate::stays}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_enacted(
      console, *enacted, options.output,
      json::Value::object().set("node", text_value(node)).set("peer_address", text_value(options.address)),
      fmt::format("The others find {} at {} now.", node, options.address));
}

int run_keys_list(Console& console, const GovernanceOptions& options) {
  const auto state = read_state(options.target);
  if (!state) { return console.fail(state.error()); }
  const auto keys = gov::read_keys(*state, options.organisation);
  if (options.output == OutputForm::json) {
    auto list = json::Value::array();
    for (const auto& key : keys) { list.push(gov::to_json(key)); }
    print_json(console, list);
    return kSuccess;
  }
  Table table({{"ORGANISATION"}, {"NAME"}, {"ROLES"}, {"PUBLIC KEY"}, {"STATE"}});
  for (const auto& key : keys) {
    if (!key.record.is_valid() && !options.all) { continue; }
    const auto& registered = key.record.registered;
    table.add({printable(registered.organisation), printable(registered.name), roles_text(registered.roles),
               key_text(key.key), key.record.is_valid() ? "valid" : "revoked at height " + key.record.revoked.text()});
  }
  console.out << table.text();
  return kSuccess;
}

int run_keys_add(Console& console, const GovernanceOptions& options) {
  const auto roles = parse_roles(options.roles);
  if (!roles) { return console.fail(roles.error()); }
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto files = own_home(*administration);
  if (!files) { return console.fail(files.error()); }
  const auto path = files->key(options.user);
  const auto seed = client::random_seed();
  if (auto written = client::write_key_file(path, seed); !written) { return console.fail(written.error()); }
  const auto pair = KeyPair::from_seed(seed);
  const auto possession = key_possession_hash(administration->organisation(), options.user, pair.public_key(), *roles);
  const auto enacted = administration->enact(
      gov::kAddKey, gov::AddKey{{options.user, pair.public_key(), *roles, pair.sign(possession.view())}}.encode());
  if (!enacted) {
    if (enacted.error().kind == ErrorKind::refused || enacted.error().kind == ErrorKind::forbidden ||
        enacted.error().kind == ErrorKind::invalid) {
      std::error_code ignored;
      std::filesystem::remove(path, ignored);
    }
    return console.fail(enacted.error());
  }
  return print_enacted(console, *enacted, options.output,
                       json::Value::object()
                           .set("name", text_value(options.user))
                           .set("key", text_value(key_text(pair.public_key())))
                           .set("file", text_value(path.string())),
                       fmt::format("{} of {} may sign from now on ({}); the secret key is in {}.", options.user,
                                   administration->organisation(), roles_text(*roles), path.string()));
}

int run_keys_revoke(Console& console, const GovernanceOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  auto key = parse_key_text(options.user);
  if (!key) {
    const auto state = administration->state();
    if (!state) { return console.fail(state.error()); }
    gov::StateStore store(*state);
    const auto found = gov::Records(store).user(administration->organisation(), options.user);
    if (!found) {
      return console.fail(failure(ErrorKind::not_found, "UNKNOWN_KEY",
                                  administration->organisation() + " has no valid key named " +
                                      printable(options.user) + "; see keten keys list"));
    }
    key = *found;
  }
  const auto enacted = administration->enact(gov::kRevokeKey, gov::RevokeKey{*key}.encode());
  if (!enacted) { return console.fail(enacted.error()); }
  return print_enacted(console, *enacted, options.output, json::Value::object().set("key", text_value(key_text(*key))),
                       fmt::format("{} is revoked from block {} on.", key_text(*key), enacted->height.value + 1));
}

}  // namespace keten::tools

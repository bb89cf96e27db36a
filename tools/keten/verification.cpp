#include "tools/keten/verification.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "client/http_client.h"
#include "client/keystore.h"
#include "core/encoding.h"
#include "core/proof/verify.h"

namespace keten::tools {
namespace {

using json::Value;
using proof::LightClient;
using proof::QuestionKind;

Result<proof::TrustRoot> genesis_root(const std::string& file) {
  const auto text = client::read_file(file);
  if (!text) { return text.error(); }
  const auto genesis = Genesis::from_json(*text);
  if (!genesis) { return genesis.error(); }
  if (auto checked = genesis->check_signed(); !checked) { return checked.error(); }
  return proof::trust_root(*genesis);
}

std::filesystem::path user_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  if (const auto state = variable("XDG_STATE_HOME"); !state.empty()) { return state / "keten"; }
  if (const auto home = variable("HOME"); !home.empty()) { return home / ".local" / "state" / "keten"; }
  return {};
}

/// With the network or the home that the command uses, so that it goes with them; else with the user.
std::filesystem::path kept_file(const TargetOptions& where, const Target& target, const ChainId& chain) {
  const auto name = "seen-" + chain.hex().substr(0, 16) + ".json";
  if (const auto state = find_state(where)) { return *state / name; }
  if (!target.node.home.empty()) { return target.node.home / name; }
  const auto folder = user_folder();
  return folder.empty() ? folder : folder / name;
}

Result<Bytes> over_http(const Target& target, const proof::Question& question) {
  std::string path;
  switch (question.kind) {
    case QuestionKind::transaction: path = "/v1/transactions/" + question.transaction.hex(); break;
    case QuestionKind::entry: path = "/v1/governance/entries/" + to_hex(question.entry); break;
    case QuestionKind::history: path = "/v1/history/" + client::percent_encode(question.entity); break;
    case QuestionKind::state: path = "/v1/items/" + client::percent_encode(question.entity); break;
    case QuestionKind::absence: path = "/v1/absent/" + client::percent_encode(question.entity); break;
    case QuestionKind::trace: path = "/v1/trace/" + client::percent_encode(question.entity); break;
    case QuestionKind::block: path = "/v1/blocks/" + question.block.text(); break;
  }
  path += "/proof?first_epoch=" + question.first_epoch.text();
  if (question.at_least) { path += "&at_least=" + question.at_least->text(); }
  if (!question.entity_kind.empty()) { path += "&kind=" + question.entity_kind; }
  if (question.via) { path += "&via=" + question.via->text(); }
  if (question.kind == QuestionKind::trace) {
    path += question.direction == proof::Direction::back ? "&direction=back" : "&direction=forward";
  }
  const auto response = target.http({.target = path});
  if (!response) { return response.error(); }
  if (!response->ok()) { return problem_error(*response); }
  return to_bytes(response->body);
}

template <typename Encoded>
Value hex(const Encoded& value) {
  Writer writer;
  value.encode(writer);
  return text_value(to_hex(writer.bytes()));
}

/// The node says that what it has answered with is not there: one of the two is a lie.
bool denies(const std::string& reason) {
  return reason == "ITEM_UNKNOWN" || reason == "TRANSACTION_NOT_FOUND" || reason == "ENTITY_EXISTS";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string result;
  for (const auto& part : parts) { result += (result.empty() ? "" : "; ") + part; }
  return result;
}

}  // namespace

Result<proof::TrustRoot> read_trust_root(const std::string& genesis, const std::string& checkpoint) {
  if (genesis.empty() == checkpoint.empty()) {
    return invalid("TRUST_ROOT_MISSING", "give either --genesis FILE or --checkpoint FILE: what you trust");
  }
  if (!genesis.empty()) { return genesis_root(genesis); }
  const auto text = client::read_file(checkpoint);
  if (!text) { return text.error(); }
  return proof::parse_checkpoint(*text);
}

Result<Bytes> fetch_proof(Console& console, const FetchProof& fetch, const proof::Question& question,
                          double timeout_s) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_s);
  while (true) {
    auto file = fetch(question);
    if (file || file.error().reason != "PROOF_NOT_YET" || std::chrono::steady_clock::now() >= until) {
      console.end_progress();
      return file;
    }
    console.progress("waiting for a final block that binds it");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

Result<Verification> Verification::open(Console& console, const TargetOptions& where, const Target& target,
                                        const TrustOptions& trust) {
  Verification result(console, target);
  where.asked->is_told = true;
  result.timeout_s_ = trust.timeout_s;
  result.until_ = std::chrono::steady_clock::now() +
                  std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(trust.timeout_s));
  result.is_trusted_ = trust.trust_node;
  result.is_given_ = !trust.genesis.empty() || !trust.checkpoint.empty();
  if (result.is_trusted_) {
    if (result.is_given_) {
      return invalid("TRUST_CONTRADICTED",
                     "with --trust-node nothing is verified: leave out --genesis and --checkpoint");
    }
    return result;
  }
  if (result.is_given_) {
    auto root = read_trust_root(trust.genesis, trust.checkpoint);
    if (!root) { return root.error(); }
    result.base_ = std::move(*root);
  } else {
    const auto genesis = HomeFiles{target.node.home}.genesis();
    std::error_code ignored;
    if (target.node.home.empty() || !std::filesystem::exists(genesis, ignored)) { return result; }
    auto root = genesis_root(genesis.string());
    if (!root) { return root.error(); }
    result.base_ = std::move(*root);
  }
  const auto& base = *result.base_;
  result.client_.emplace(base);
  result.kept_in_ = kept_file(where, target, base.chain_id);
  std::error_code ignored;
  if (result.kept_in_.empty() || !std::filesystem::exists(result.kept_in_, ignored)) { return result; }
  const auto text = client::read_file(result.kept_in_);
  if (!text) { return text.error(); }
  auto kept = LightClient::from_json(*text);
  if (kept && kept->root().chain_id != base.chain_id) {
    kept = invalid("LIGHT_CLIENT_INVALID", "it is about chain " + kept->root().chain_id.hex());
  }
  if (!kept) {
    return invalid("LIGHT_CLIENT_INVALID", result.kept_in_.string() + ": " + kept.error().message +
                                               "; without the file the command begins at the genesis, and cannot tell "
                                               "a node that was set back");
  }
  result.kept_ = *text;
  result.client_ = std::move(*kept);
  return result;
}

std::optional<LightClient::Answer> Verification::prove(proof::Question question, const std::string& subject) {
  return prove([this](const proof::Question& one) { return over_http(target_, one); }, std::move(question), subject);
}

std::optional<LightClient::Answer> Verification::prove(const FetchProof& fetch, proof::Question question,
                                                       const std::string& subject) {
  if (!is_wanted()) { return std::nullopt; }
  auto root = is_given_ || client_->root().epoch <= base_->epoch ? *base_ : client_->root();
  question.first_epoch = root.epoch;
  if (client_->newest()) { question.via = client_->newest()->header.height; }
  auto file = fetch_proof(*console_, fetch, question, timeout_s_);
  // A node that is behind may not have reached the epoch that we know.
  if (!file && file.error().reason == "PROOF_OTHER_EPOCH" && root.epoch > base_->epoch) {
    root = *base_;
    question.first_epoch = root.epoch;
    file = fetch_proof(*console_, fetch, question, timeout_s_);
  }
  if (!file) {
    if (denies(file.error().reason)) {
      is_wrong(failure(
          ErrorKind::corrupt, "ANSWER_CONTRADICTED",
          "the node answers, and asked for the proof it says " + file.error().reason + ": " + file.error().message +
              (file.error().reason == "ENTITY_EXISTS" ? "; unless it was recorded in this very moment: ask again"
                                                      : "")));
    } else if (file.error().reason == "PROOF_TOO_LARGE") {
      is_word_of_node(file.error().message);
    } else {
      is_missing(file.error());
    }
    return std::nullopt;
  }
  return accept(*file, root, subject);
}

std::optional<LightClient::Answer> Verification::accept(ByteView file, const proof::TrustRoot& root,
                                                        const std::string& subject) {
  Height seen;
  if (client_->newest()) { seen = client_->newest()->header.height; }
  auto answer = client_->accept(file, root, std::string_view(subject));
  if (!answer) {
    is_wrong(failure(ErrorKind::corrupt, answer.error().reason,
                     "the node's proof does not hold: " + answer.error().message));
    return std::nullopt;
  }
  if (answer->contradiction) {
    contradicts(*answer->contradiction, file);
    return std::nullopt;
  }
  if (answer->is_unlinked) {
    is_missing(failure(ErrorKind::unavailable, "CHAIN_NOT_LINKED",
                       "it does not show that its chain passes through the block that was seen at height " +
                           seen.text() + "; ask another node, and compare the two"));
    return std::nullopt;
  }
  keep();
  return std::move(*answer);
}

void Verification::check(const proof::Question& question, const std::string& subject,
                         const std::function<Compared(const proof::Proof&)>& compare) {
  while (const auto proved = prove(question, subject)) {
    if (compare(proved->proof) == Compared::done) {
      holds(*proved);
      return;
    }
    if (!may_ask_again()) {
      is_missing(failure(ErrorKind::unavailable, "PROOF_NOT_YET",
                         "no final block binds a state as new as the answer; the proof is of height " +
                             proved->verdict.height.text()));
      return;
    }
  }
}

void Verification::holds(const LightClient::Answer& answer) {
  if (answer.is_behind) {
    note(fmt::format("this node is behind: its newest final block is {}, {} was seen before",
                     answer.proof.anchor.height.value, client_->newest()->header.height.value));
  }
  if (height_ && answer.verdict.height >= *height_) { return; }
  height_ = answer.verdict.height;
  epoch_ = answer.proof.anchor.epoch;
  time_ = answer.proof.anchor.time;
  signers_.clear();
  for (const auto& signer : answer.verdict.facts.find("signers")->items()) { signers_.push_back(signer.text()); }
  validators_ = static_cast<std::size_t>(answer.verdict.facts.find("validators")->as_integer().value_or(0));
}

void Verification::note(std::string what) {
  if (std::find(notes_.begin(), notes_.end(), what) == notes_.end()) { notes_.push_back(std::move(what)); }
}

void Verification::keep() {
  if (kept_in_.empty()) { return; }
  auto text = client_->to_json();
  if (text == kept_) { return; }
  // Another command may have seen more meanwhile.
  if (const auto now = client::read_file(kept_in_)) {
    const auto other = LightClient::from_json(*now);
    if (other && other->newest() && other->newest()->header.height > client_->newest()->header.height) { return; }
  }
  std::error_code ignored;
  Status written = kDone;
  if (!std::filesystem::exists(kept_in_.parent_path(), ignored)) {
    written = client::make_private_directory(kept_in_.parent_path());
  }
  if (written) { written = client::write_file(kept_in_, text, client::FileAccess::owner, client::Existing::replace); }
  if (!written) { note("what was seen of the chain is not kept: " + written.error().message); }
  kept_ = std::move(text);
}

void Verification::contradicts(const proof::Contradiction& contradiction, ByteView file) {
  const auto block = [](const proof::FinalBlock& one) {
    return Value::object()
        .set("height", number_value(one.header.height.value))
        .set("block", text_value(one.header.id().hex()))
        .set("header", hex(one.header))
        .set("finalization", hex(one.finalization));
  };
  auto document = Value::object()
                      .set("kind", text_value("contradiction"))
                      .set("version", number_value(std::uint64_t{1}))
                      .set("chain_id", text_value(client_->root().chain_id.hex()))
                      .set("what", text_value(contradiction.what))
                      .set("seen", block(contradiction.seen))
                      .set("shown", block(contradiction.shown))
                      .set("checkpoint", *json::parse(proof::checkpoint_json(client_->root())))
                      .set("proof", text_value(to_hex(file)));
  std::string where;
  for (int number = 1; number < 100 && where.empty(); ++number) {
    const auto name = number == 1 ? std::string("contradiction.json") : fmt::format("contradiction-{}.json", number);
    if (client::write_file(name, json::pretty(document) + "\n", client::FileAccess::everyone,
                           client::Existing::refuse)) {
      where = name;
    }
  }
  evidence_file_ = where;
  is_wrong(failure(ErrorKind::corrupt, "CHAIN_CONTRADICTED",
                   contradiction.what + ". More validators are faulty than the chain can bear. " +
                       (where.empty() ? "The evidence cannot be written here" : "The evidence is in " + where) +
                       "; show it to your partners, and compare nodes with keten compare"));
}

void Verification::differs(const std::string& where, const std::string& proved, const std::string& answered) {
  auto error =
      failure(ErrorKind::corrupt, "ANSWER_DIFFERS", "the node's answer is not what the validators have signed");
  error.violations.push_back({.pointer = where, .expected = proved, .found = answered});
  is_wrong(std::move(error));
}

void Verification::is_wrong(Error error) {
  if (!failed_) { failed_ = std::move(error); }
}

void Verification::is_missing(Error why) {
  if (!missing_) { missing_ = std::move(why); }
}

bool Verification::may_ask_again() {
  if (!is_wanted() || missing_ || std::chrono::steady_clock::now() >= until_) { return false; }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return true;
}

std::string Verification::outcome() const {
  if (is_trusted_) { return "nothing was verified, as --trust-node says"; }
  if (!client_) {
    return "nothing was verified, this is the node's word: no genesis is known here; give --genesis FILE or "
           "--checkpoint FILE, or --trust-node to leave it so";
  }
  if (missing_) {
    return "NOT VERIFIED, this is the node's word: the node gave no proof, " + missing_->reason + ": " +
           missing_->message;
  }
  if (!height_) { return "not verified, this is the node's word: " + joined(words_); }
  auto line = fmt::format("verified at height {} as of {} by {} of {} validators", height_->value,
                          proof::shown_time(time_), signers_.size(), validators_);
  if (!words_.empty()) { line += "; the node's word: " + joined(words_); }
  return line;
}

void Verification::describe(Value& document) const {
  if (failed_) {
    document = Value::object()
                   .set("verified", Value::boolean(false))
                   .set("reason", text_value(failed_->reason))
                   .set("message", text_value(failed_->message))
                   .set("violations", violations_value(failed_->violations));
    if (!evidence_file_.empty()) { document.set("evidence", text_value(evidence_file_)); }
    return;
  }
  const bool holds = height_ && !missing_;
  document.set("verified", Value::boolean(holds));
  auto how = Value::object();
  how.set("outcome", text_value(outcome()));
  if (height_) {
    auto signers = Value::array();
    for (const auto& signer : signers_) { signers.push(text_value(signer)); }
    how.set("height", number_value(height_->value))
        .set("time_ms", number_value(time_))
        .set("epoch", number_value(epoch_.value))
        .set("signers", std::move(signers))
        .set("validators", number_value(std::uint64_t{validators_}));
  }
  auto words = Value::array();
  for (const auto& word : words_) { words.push(text_value(word)); }
  auto notes = Value::array();
  for (const auto& note : notes_) { notes.push(text_value(note)); }
  how.set("word_of_node", std::move(words)).set("notes", std::move(notes));
  document.set("verification", std::move(how));
}

int Verification::finish(OutputForm form) {
  if (failed_) {
    console_->fail(*failed_, "nothing of the answer is shown; --trust-node shows it as it came");
    return kVerificationFailed;
  }
  for (const auto& note : notes_) { console_->err << printable(note) << "\n"; }
  if (form == OutputForm::table && !is_trusted_) { console_->err << printable(outcome()) << "\n"; }
  if (form == OutputForm::json && missing_) { console_->err << printable(outcome()) << "\n"; }
  return missing_ ? kNotReady : kSuccess;
}

void tell_word_of_node(Console& console, const NodeAsked& asked) {
  if (asked.is_told || asked.name.empty()) { return; }
  console.err << "not verified, this is the node's word: "
              << (asked.why.empty() ? "no proof covers what this command shows" : asked.why)
              << " (asked: " << printable(asked.name) << ")\n";
}

void is_unproved(const TargetOptions& target, const TrustOptions& trust, const std::string& why) {
  target.asked->why = why;
  target.asked->is_told = trust.trust_node;
}

void describe_unproved(json::Value& document, const TargetOptions& target, const std::string& why) {
  target.asked->is_told = true;
  document.set("verified", Value::boolean(false))
      .set("verification", Value::object().set("outcome", text_value("not verified, this is the node's word: " + why)));
}

}  // namespace keten::tools

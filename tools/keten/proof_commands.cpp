// keten proof and verify: files that an auditor checks without any node. docs/audit.md, "Proofs".
#include <algorithm>
#include <fstream>
#include <optional>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/governance/records.h"
#include "contracts/production/entity.h"
#include "contracts/production/history.h"
#include "core/proof/contradiction.h"
#include "core/proof/entity_ids.h"
#include "core/proof/verify.h"
#include "tools/keten/evidence_file.h"
#include "tools/keten/options.h"
#include "tools/keten/proof_words.h"
#include "tools/keten/verification.h"

namespace keten::tools {
namespace {

Status write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) { return failure(ErrorKind::refused, "FILE_UNWRITABLE", path + ": cannot be written"); }
  return kDone;
}

Error other_subject(const proof::Verdict& verdict, const std::string& why) {
  return failure(ErrorKind::refused, "PROOF_OTHER_SUBJECT", verdict.subject + ": " + why);
}

/// Silence about a name that the ledger would never use says nothing.
Status check_absence(const proof::Verdict& verdict) {
  const auto* kind = verdict.facts.find("kind");
  if (kind == nullptr || kind->text() != "absence") { return kDone; }
  const auto& statement = *verdict.facts.find("statement");
  const auto& entity = statement.find("kind")->text();
  const auto& id = statement.find("id")->text();
  if (entity != "item" && entity != "lot") { return kDone; }
  const auto canonical = production::entity_key(id);
  if (canonical != id) {
    return other_subject(verdict,
                         "the ledger keeps it under another name, so this proves nothing; ask for " + canonical);
  }
  if (production::head_kind(id) != entity) {
    return other_subject(
        verdict, "the ledger would keep it as " + std::string(production::head_kind(id)) + ", so this proves nothing");
  }
  return kDone;
}

/// Ways in which a person may mean one thing: as it is, or an EPC in any spelling, behind some words.
std::vector<std::string> meanings(const std::string& expected) {
  std::vector<std::string> result{expected};
  const auto space = expected.rfind(' ');
  const auto words = space == std::string::npos ? std::string() : expected.substr(0, space + 1);
  const auto id = expected.substr(words.size());
  if (id.find(':') == std::string::npos) { return result; }
  result.push_back(words + production::entity_key(id));
  return result;
}

Result<proof::Verdict> verify_file(ByteView file, const proof::TrustRoot& root, const std::string& expected) {
  auto verdict = proof::verify(file, root);
  if (!verdict) { return verdict; }
  if (auto checked = check_absence(*verdict); !checked) { return checked.error(); }
  if (!expected.empty()) {
    const auto all = meanings(expected);
    if (std::none_of(all.begin(), all.end(), [&](const auto& one) { return verdict->is_about(one); })) {
      return other_subject(*verdict, "the proof holds, but it is not for " + printable(expected) +
                                         "; expect the whole subject, the kind and id of what is recorded, or the EPC");
    }
  }
  return verdict;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty() || text.size() > 18) { return std::nullopt; }
  for (const char digit : text) {
    if (digit < '0' || digit > '9') { return std::nullopt; }
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

Result<proof::Question> question_of(const ProofOptions& options) {
  proof::Question question;
  question.entity = options.what;
  switch (options.kind) {
    case ProofSubject::transaction: {
      const auto id = TransactionId::from_hex(options.what);
      if (!id) { return invalid("ID_INVALID", "a transaction id has 64 hexadecimal digits"); }
      question.transaction = *id;
      question.kind = proof::QuestionKind::transaction;
      break;
    }
    case ProofSubject::item: question.kind = proof::QuestionKind::state; break;
    case ProofSubject::history:
      question.kind = proof::QuestionKind::history;
      question.entity_kind = options.entity_kind;
      break;
    case ProofSubject::absent:
      question.kind = proof::QuestionKind::absence;
      question.entity_kind = options.entity_kind;
      break;
    case ProofSubject::dataset:
      question.kind = proof::QuestionKind::state;
      question.entity_kind = proof::kDatasetKind;
      break;
    case ProofSubject::record:
      question.kind = proof::QuestionKind::state;
      question.entity_kind = proof::kRecordKind;
      break;
    case ProofSubject::block: {
      const auto height = parse_decimal(options.what);
      if (!height) { return invalid("HEIGHT_INVALID", "a block is named by its height, a decimal number"); }
      question.kind = proof::QuestionKind::block;
      question.block = Height{*height};
      break;
    }
    case ProofSubject::trace:
      question.kind = proof::QuestionKind::trace;
      question.direction = options.forward ? proof::Direction::forward : proof::Direction::back;
      break;
    case ProofSubject::contract:
      question.kind = proof::QuestionKind::state;
      question.entity_kind = proof::kContractKind;
      break;
    case ProofSubject::agreement:
      question.kind = proof::QuestionKind::state;
      question.entity_kind = proof::kAgreementKind;
      break;
    case ProofSubject::member:
      question.kind = proof::QuestionKind::entry;
      if (const auto key = parse_key_text(options.what)) {
        question.entry = governance::key_entry(*key);
      } else {
        question.entry = to_bytes("governance/organisation/" + options.what);
      }
      break;
    case ProofSubject::epoch: {
      question.kind = proof::QuestionKind::entry;
      const auto number = parse_decimal(options.what);
      if (!number) { return invalid("EPOCH_INVALID", "an epoch is a decimal number"); }
      question.entry = governance::epoch_entry(Epoch{*number});
      break;
    }
  }
  return question;
}

/// Silence about what can never be recorded proves nothing: nobody is asked for it.
Status check_question(const proof::Question& question) {
  if (question.kind != proof::QuestionKind::absence || question.entity_kind.empty()) { return kDone; }
  const auto expected = proof::never_recorded({question.entity_kind, question.entity});
  if (expected.empty()) { return kDone; }
  return invalid("ENTITY_INVALID", "expected as " + question.entity_kind + " " + expected + ", found " +
                                       proof::shown(question.entity) +
                                       "; that the ledger is silent about it says nothing");
}

/// The node's answer as new as the question asks, or PROOF_NOT_YET. What a proof says of the state before its anchor holds up to a
/// later block when those between are empty: by their headers, which name each other up to the anchor.
Result<Bytes> new_enough(const client::LedgerClient& ledger, Bytes file, Height at_least) {
  constexpr std::uint64_t kBlocksBetweenMax = 16;
  const auto proof = proof::decode(file);
  if (!proof) { return file; }  // verify() says what is wrong
  const auto* entry = std::get_if<proof::EntryProof>(&proof->statement);
  const bool is_silence = std::holds_alternative<proof::AbsenceProof>(proof->statement) || (entry && !entry->value);
  const auto bound = proof->anchor.executed_height;
  if (!is_silence || bound >= at_least) { return file; }
  const auto too_old = failure(ErrorKind::unavailable, "PROOF_NOT_YET",
                               "the proof is of height " + bound.text() + ", and height " + at_least.text() +
                                   " was executed when it was asked for; ask again in a second");
  auto header = proof->anchor;
  if (header.height < at_least || header.height.value - bound.value > kBlocksBetweenMax) { return too_old; }
  while (true) {
    const bool is_empty = header.transaction_count == 0 && header.next_set.is_zero();
    if (header.height <= at_least && !is_empty) { return too_old; }
    if (header.height == bound.next()) { return file; }
    const auto below = ledger.block(header.height.previous());
    if (!below) { return below.error(); }
    if (below->header.id() != header.parent || below->header.height != header.height.previous()) { return too_old; }
    header = below->header;
  }
}

/// A file that begins before the checkpoint holds from there on: what leads to it is left out.
bool cut_to(Bytes& file, const proof::TrustRoot& root) {
  const auto decoded = proof::decode(file);
  if (!decoded || decoded->first_epoch >= root.epoch) { return false; }
  auto cut = proof::begin_at(file, root.epoch);
  if (!cut) { return false; }
  file = std::move(*cut);
  return true;
}

/// What another proof says of the chain that this one is of. Fails when one of the two must be of another.
Result<std::string> compare_with(ByteView file, const std::string& other_file, const proof::TrustRoot& root) {
  const auto text = client::read_file(other_file);
  if (!text) { return text.error(); }
  auto bytes = to_bytes(*text);
  cut_to(bytes, root);
  if (const auto verdict = proof::verify(bytes, root); !verdict) {
    return failure(ErrorKind::refused, verdict.error().reason, other_file + ": " + verdict.error().message);
  }
  const auto one = proof::decode(file);
  const auto other = proof::decode(bytes);
  if (!one) { return one.error(); }
  if (!other) { return other.error(); }
  if (const auto what = proof::contradiction(*one, *other)) {
    return failure(ErrorKind::corrupt, "CHAIN_CONTRADICTED",
                   *what +
                       ". More validators are faulty than the chain can bear; the two files are the evidence, show "
                       "them to your partners");
  }
  const auto lower = std::min(one->anchor.height, other->anchor.height);
  const auto met = proof::meeting(*one, *other);
  if (met) { return "nothing contradicts; both are of one chain up to block " + met->text(); }
  return "nothing contradicts, and neither shows a block of the other's chain: keten proof block " + lower.text() +
         " of the node that is further on does";
}

int refuse(Console& console, OutputForm form, const Error& error) {
  if (form == OutputForm::json) {
    console.out << json::pretty(json::Value::object()
                                    .set("verified", json::Value::boolean(false))
                                    .set("reason", text_value(error.reason))
                                    .set("message", text_value(error.message)))
                << "\n";
  }
  console.fail(error);
  return kVerificationFailed;
}

/// What compare or a light client wrote down when it was shown two truths.
int verify_evidence(Console& console, const VerifyOptions& options, const std::string& text,
                    const proof::TrustRoot& root) {
  auto verdict = verify_evidence_file(text, root);
  if (verdict && !options.expect.empty() && options.expect != verdict->subject) {
    verdict = failure(ErrorKind::refused, "PROOF_OTHER_SUBJECT",
                      verdict->subject + ": it holds, but it is not for " + printable(options.expect));
  }
  if (verdict && !(options.against.empty() && options.checkpoint_out.empty())) {
    return console.fail(invalid("OPTION_INVALID", "--against and --checkpoint-out are for .ketenproof files"));
  }
  if (!verdict) { return refuse(console, options.output, verdict.error()); }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(verdict->to_json()) << "\n";
  } else {
    console.out << console.bold("verified") << "  " << verdict->text();
  }
  return kSuccess;
}

}  // namespace

int run_proof(Console& console, const ProofOptions& options) {
  auto question = question_of(options);
  if (!question) { return console.fail(question.error()); }
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  // What the node says is checked at once, against the genesis that this home trusts.
  std::string genesis = options.genesis;
  const HomeFiles home{target->node.home};
  if (genesis.empty() && options.checkpoint.empty() && !target->node.home.empty()) {
    genesis = home.genesis().string();
  }
  const auto root = read_trust_root(genesis, options.checkpoint);
  if (!root) { return console.fail(root.error()); }
  question->first_epoch = root->epoch;
  if (const auto checked = check_question(*question); !checked) { return console.fail(checked.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  // Everything that is executed now has to be covered, and nothing that comes later.
  const auto status = ledger->status();
  if (!status) { return console.fail(status.error()); }
  question->at_least = status->executed_height;
  const FetchProof fetch = [&](const proof::Question& one) {
    auto answer = ledger->proof(one);
    return answer ? new_enough(*ledger, std::move(*answer), *one.at_least) : answer;
  };
  const auto file = fetch_proof(console, fetch, *question, options.timeout_s);
  if (!file) { return console.fail(file.error()); }
  const auto verdict = verify_file(*file, *root, "");
  if (!verdict) {
    console.fail(verdict.error(), "the node's answer does not hold; nothing was written");
    return kVerificationFailed;
  }
  if (auto written = write_file(options.file, as_text(*file)); !written) { return console.fail(written.error()); }
  if (options.output == OutputForm::json) {
    auto document = verdict->to_json();
    document.set("file", text_value(options.file)).set("bytes", number_value(std::uint64_t{file->size()}));
    console.out << json::pretty(document) << "\n";
  } else {
    const auto time = verdict->facts.find("anchor")->find("time_ms")->as_integer().value_or(0);
    console.out << fmt::format("{}  {} bytes\n{}\nat height {} as of {}, verified against the {}\n", options.file,
                               file->size(), printable(verdict->subject), verdict->height.value,
                               proof::shown_time(static_cast<Milliseconds>(time)),
                               root->is_genesis ? "genesis" : "checkpoint");
  }
  return kSuccess;
}

int run_verify(Console& console, const VerifyOptions& options) {
  const auto root = read_trust_root(options.genesis, options.checkpoint);
  if (!root) { return console.fail(root.error()); }
  const auto text = client::read_file(options.file);
  if (!text) { return console.fail(text.error()); }
  if (is_evidence_file(*text)) { return verify_evidence(console, options, *text, *root); }
  auto file = to_bytes(*text);
  const bool is_cut = cut_to(file, *root);
  auto verdict = verify_file(file, *root, options.expect);
  std::string against;
  if (verdict && !options.against.empty()) {
    auto compared = compare_with(file, options.against, *root);
    if (!compared) { verdict = compared.error(); }
    if (compared) { against = std::move(*compared); }
  }
  if (!verdict) { return refuse(console, options.output, verdict.error()); }
  if (!options.checkpoint_out.empty()) {
    const auto written = write_file(options.checkpoint_out, proof::checkpoint_json(verdict->newest) + "\n");
    if (!written) { return console.fail(written.error()); }
  }
  const auto proof = proof::decode(file);
  const auto words = proof ? words_of(*proof) : std::vector<ProofWords>();
  const auto not_looked_at =
      fmt::format("the changes of validators before epoch {}, where the checkpoint begins", root->epoch.value);
  if (options.output == OutputForm::json) {
    auto document = verdict->to_json();
    auto skipped = json::Value::array();
    if (is_cut) { skipped.push(text_value(not_looked_at)); }
    document.set("in_words", to_json(words)).set("not_looked_at", std::move(skipped));
    if (!against.empty()) { document.set("against", text_value(against)); }
    console.out << json::pretty(document) << "\n";
    return kSuccess;
  }
  console.out << console.bold("verified") << "  " << verdict->text();
  console.out << to_text(words);
  if (!against.empty()) { console.out << "\nagainst " << printable(options.against) << "\n  " << against << "\n"; }
  if (is_cut) { console.out << "\nnot looked at: " << not_looked_at << "\n"; }
  return kSuccess;
}

}  // namespace keten::tools

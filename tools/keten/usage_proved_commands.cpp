// keten usage statement --proof, verify-statement: all uses under an agreement, as a file that needs no node.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "core/proof/verify.h"
#include "node/query/usage_query.h"
#include "tools/keten/usage_options.h"
#include "tools/keten/usage_session.h"
#include "tools/keten/usage_statement.h"
#include "tools/keten/verification.h"

namespace keten::tools {
namespace {

/// A complete history that holds.
struct ProvedHistory {
  proof::Verdict verdict;
  proof::Proof proof;
  std::size_t bytes = 0;
};

Result<ProvedHistory> check_file(ByteView file, const proof::TrustRoot& root) {
  auto verdict = proof::verify(file, root);
  if (!verdict) { return verdict.error(); }
  auto decoded = proof::decode(file);
  if (!decoded) { return decoded.error(); }
  return ProvedHistory{std::move(*verdict), std::move(*decoded), file.size()};
}

Result<ProvedHistory> read_history_file(const std::string& path, const proof::TrustRoot& root) {
  const auto text = client::read_file(path, proof::kProofBytesMax);
  if (!text) { return text.error(); }
  auto checked = check_file(as_bytes(*text), root);
  if (!checked) { return failure(checked.error().kind, checked.error().reason, path + ": " + checked.error().message); }
  return checked;
}

Result<ProvedHistory> fetch_history(Console& console, const UsageSession& session, const UsageStatementOptions& options,
                                    proof::Entity entity, const std::string& path) {
  const auto root = read_trust_root(HomeFiles{session.target.node.home}.genesis().string(), {});
  if (!root) { return root.error(); }
  proof::Question question;
  question.kind = proof::QuestionKind::history;
  question.entity_kind = std::move(entity.kind);
  question.entity = std::move(entity.id);
  question.at_least = session.status.executed_height;
  const auto file = fetch_proof(
      console, [&](const proof::Question& one) { return session.ledger.proof(one); }, question, options.timeout_s);
  if (!file) { return file.error(); }
  auto checked = check_file(*file, *root);
  if (!checked) {
    return failure(checked.error().kind, checked.error().reason,
                   "the node's answer does not hold, nothing was written: " + checked.error().message);
  }
  auto written = client::write_file(path, as_text(*file), client::FileAccess::everyone, client::Existing::replace);
  if (!written) { return written.error(); }
  return checked;
}

/// The history of an agreement about data that the file is of.
Result<usage::AgreementHistory> agreement_in(const ProvedHistory& proved) {
  auto history = usage_history(proved.proof);
  if (!history) { return history.error(); }
  if (*history) { return std::move(**history); }
  return failure(ErrorKind::refused, "PROOF_OTHER_SUBJECT",
                 printable(proved.verdict.subject) +
                     ": expected the complete history of an agreement about data, as keten usage "
                     "statement --proof writes it");
}

/// What the history of its dataset says beside.
Result<json::Value> others_in(const ProvedHistory& proved, const json::Value& statement) {
  const auto dataset = statement.find_string("dataset").value_or("");
  const auto agreements = agreements_about(proved.proof);
  if (!agreements || proved.verdict.entity != "dataset " + proof::shown(dataset)) {
    return failure(ErrorKind::refused, "PROOF_OTHER_SUBJECT",
                   printable(proved.verdict.subject) + ": expected the complete history of dataset " +
                       printable(std::string(dataset)) + ", with what every entry says");
  }
  auto others = json::Value::array();
  bool is_there = false;
  for (const auto& one : *agreements) {
    if (one.id == statement.find_string("agreement")) {
      is_there = true;
      continue;
    }
    others.push(json::Value::object()
                    .set("agreement", text_value(one.id))
                    .set("consumer", text_value(one.consumer))
                    .set("height", number_value(one.height.value)));
  }
  if (!is_there) {
    return failure(ErrorKind::refused, "PROOF_TOO_OLD",
                   "the history of the dataset ends before the agreement was made; ask for it again");
  }
  return others;
}

void print_others(std::ostream& out, const json::Value& statement, const json::Value& others) {
  const auto dataset = printable(std::string(statement.find_string("dataset").value_or("")));
  if (others.items().empty()) {
    out << "no other agreement was ever made for " << dataset << "\n";
    return;
  }
  out << "other agreements were made for " << dataset << ":\n";
  for (const auto& one : others.items()) {
    out << "  " << *one.find_string("agreement") << " for " << printable(std::string(*one.find_string("consumer")))
        << ", agreed at height " << one.find("height")->text() << "\n";
  }
}

void print_sheet(std::ostream& out, const usage::AgreementHistory& history, const usage::Period& period) {
  out << query::usage_sheet_heading();
  for (const auto& line : usage::uses_of(history, period)) { out << query::usage_sheet_row(line); }
}

}  // namespace

int run_usage_proved_statement(Console& console, const UsageStatementOptions& options) {
  if (options.proof_file.empty()) {
    if (options.dataset_file.empty()) {
      options.target.asked->why = "--proof FILE writes a statement that proves itself";
      return run_usage_statement(console, options);
    }
    console.fail(invalid("USAGE", "--dataset-proof belongs to --proof FILE"));
    return kUsage;
  }
  const auto period = period_of(options.from, options.to);
  if (!period) { return console.fail(period.error()); }
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  const auto proved =
      fetch_history(console, *session, options, {std::string(proof::kAgreementKind), *id}, options.proof_file);
  if (!proved) { return console.fail(proved.error()); }
  options.target.asked->is_told = true;
  const auto history = agreement_in(*proved);
  if (!history) { return console.fail(history.error()); }
  auto statement = usage::statement_of(*history, *period);
  statement.set("height", number_value(proved->verdict.height.value));
  if (options.csv) {
    print_sheet(console.out, *history, *period);
  } else if (options.output == OutputForm::json) {
    console.out << json::pretty(statement) << "\n";
  } else {
    print_statement(console.out, statement);
  }
  console.err << fmt::format("{}  {} bytes: all uses up to height {}, verified against the genesis\n",
                             options.proof_file, proved->bytes, proved->verdict.height.value);
  if (options.dataset_file.empty()) { return kSuccess; }
  const auto dataset =
      fetch_history(console, *session, options,
                    {std::string(proof::kDatasetKind), std::string(statement.find_string("dataset").value_or(""))},
                    options.dataset_file);
  if (!dataset) { return console.fail(dataset.error()); }
  const auto others = others_in(*dataset, statement);
  if (!others) { return console.fail(others.error()); }
  console.err << fmt::format("{}  {} bytes: ", options.dataset_file, dataset->bytes);
  print_others(console.err, statement, *others);
  return kSuccess;
}

int run_usage_verify_statement(Console& console, const UsageStatementFileOptions& options) {
  const auto root = read_trust_root(options.genesis, options.checkpoint);
  if (!root) { return console.fail(root.error()); }
  const auto period = period_of(options.from, options.to);
  if (!period) { return console.fail(period.error()); }
  const auto refuse = [&](const Error& error) {
    if (options.output == OutputForm::json) {
      console.out << json::pretty(json::Value::object()
                                      .set("verified", json::Value::boolean(false))
                                      .set("reason", text_value(error.reason))
                                      .set("message", text_value(error.message)))
                  << "\n";
    }
    console.fail(error);
    return kVerificationFailed;
  };
  const auto proved = read_history_file(options.file, *root);
  if (!proved) { return refuse(proved.error()); }
  const auto history = agreement_in(*proved);
  if (!history) { return refuse(history.error()); }
  auto statement = usage::statement_of(*history, *period);
  const std::string id(statement.find_string("agreement").value_or(""));
  if (!options.agreement.empty() && options.agreement != id) {
    return refuse(failure(ErrorKind::refused, "PROOF_OTHER_SUBJECT",
                          "it is of agreement " + id + ", not " + printable(options.agreement)));
  }
  std::optional<json::Value> others;
  if (!options.dataset_file.empty()) {
    const auto dataset = read_history_file(options.dataset_file, *root);
    if (!dataset) { return refuse(dataset.error()); }
    auto found = others_in(*dataset, statement);
    if (!found) { return refuse(found.error()); }
    others = std::move(*found);
  }
  if (options.csv) {
    print_sheet(console.out, *history, *period);
    return kSuccess;
  }
  const auto& facts = proved->verdict.facts;
  if (options.output == OutputForm::json) {
    statement.set("verified", json::Value::boolean(true))
        .set("height", number_value(proved->verdict.height.value))
        .set("anchor", *facts.find("anchor"))
        .set("signers", *facts.find("signers"));
    if (others) { statement.set("otherAgreements", std::move(*others)); }
    console.out << json::pretty(statement) << "\n";
    return kSuccess;
  }
  console.out << console.bold("verified") << "  "
              << "all uses under agreement " << id << ", none is missing\n"
              << fmt::format("as of height {}, signed by {} of {} validators, trusted since the {}\n\n",
                             proved->verdict.height.value, facts.find("signers")->items().size(),
                             facts.find("validators")->text(), root->is_genesis ? "genesis" : "checkpoint");
  print_statement(console.out, statement);
  console.out << "\n";
  if (others) { print_others(console.out, statement, *others); }
  console.out << "not proved: that everything that happened was recorded, and that nothing was recorded since\n";
  return kSuccess;
}

}  // namespace keten::tools

#include "tools/keten/proof_words.h"

#include <sstream>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "contracts/agreements/records.h"
#include "contracts/packages/records.h"
#include "contracts/production/item_state.h"
#include "contracts/record_contract.h"
#include "contracts/state_row.h"
#include "core/proof/question.h"
#include "tools/keten/console.h"
#include "tools/keten/governance_words.h"
#include "tools/keten/one_entry.h"
#include "tools/keten/usage_statement.h"

namespace keten::tools {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream source(text);
  for (std::string line; std::getline(source, line);) { lines.push_back(printable(line)); }
  return lines;
}

Lines contract_words(const std::string& name, const Bytes& value) {
  const OneEntry entry(packages::full_key(packages::contract_key(name)), value);
  packages::StateView view(entry);
  const auto record = packages::Records(view).contract(name);
  Lines lines;
  if (!record) { return lines; }
  lines.push_back("published by " + printable(record->publisher));
  for (const auto* version : {&record->active, &record->scheduled}) {
    if (!*version) { continue; }
    lines.push_back("version " + (*version)->version.text() + " runs from height " + (*version)->height.text() +
                    " on, package " + (*version)->package.hex());
  }
  if (record->frozen != Height{}) { lines.push_back("frozen at height " + record->frozen.text()); }
  if (record->retired != Height{}) { lines.push_back("retired at height " + record->retired.text()); }
  if (!record->active && !record->scheduled) { lines.emplace_back("no version runs"); }
  return lines;
}

/// A record that is kept as JSON.
Lines json_words(const Bytes& value) {
  const auto record = json::parse(as_text(value));
  return record ? lines_of(json::pretty(*record)) : Lines();
}

Lines record_words(const Bytes& value) {
  const auto entry = contracts::RecordEntry::decode(value);
  if (!entry) { return {}; }
  return {"put at height " + entry->height.text() + " in transaction " + entry->transaction.hex(),
          "digest of the value " + entry->value_hash.hex()};
}

Lines agreement_words(const Bytes& value) {
  const auto record = agreements::decode_agreement(value);
  if (!record) { return json_words(value); }
  Lines lines{"parties"};
  for (const auto& party : record->parties) { lines.back() += " " + printable(party); }
  for (std::size_t i = 0; i < record->versions.size(); ++i) {
    const auto& version = record->versions[i];
    lines.push_back("version " + std::to_string(i + 1) + ", document " + version.hash.hex() + ", signed by");
    for (const auto& signature : version.signatures) { lines.back() += " " + printable(signature.organisation); }
    if (version.agreed != 0) { lines.back() += ": agreed"; }
  }
  if (record->terminated != 0) { lines.push_back("ended by notice of " + printable(record->terminated_by)); }
  return lines;
}

Lines item_words(const Bytes& value) {
  const auto state = production::decode_item_state(value);
  if (!state) { return {}; }
  Lines lines{state->dead ? "gone" : state->in_transit ? "on its way" : "there"};
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) { lines.push_back(std::string(name) + " " + printable(text)); }
  };
  add("possessor", state->possessor);
  add("location", state->location);
  add("in", state->parent);
  add("part of", state->assembly);
  add("last step", state->biz_step);
  add("disposition", state->disposition);
  lines.push_back(fmt::format("{} events, {} of them claims", state->events, state->claims));
  return lines;
}

Lines state_words(const proof::StateProof& proof) {
  const auto& kind = proof.entity.kind;
  if (kind == proof::kContractKind) { return contract_words(proof.entity.id, proof.value); }
  if (kind == proof::kAgreementKind) { return agreement_words(proof.value); }
  if (kind == proof::kDatasetKind) { return json_words(proof.value); }
  if (kind == proof::kRecordKind) { return record_words(proof.value); }
  if (kind == proof::kMemberKind) { return governance_words(to_bytes("organisation/" + proof.entity.id), proof.value); }
  return item_words(proof.value);
}

/// The complete history of a dataset names every agreement that was ever made for it.
void add_agreements(const proof::Proof& proof, std::vector<ProofWords>& all) {
  const auto agreements = agreements_about(proof);
  if (!agreements) { return; }
  ProofWords words{agreements->empty() ? "no agreement was ever made for it"
                                       : "the agreements that were made for it, and there is no other",
                   {}};
  for (const auto& one : *agreements) {
    words.lines.push_back(fmt::format("{} for {}, agreed at height {}{}", printable(one.id), printable(one.consumer),
                                      one.height.value,
                                      one.state.empty() ? "" : "; its negotiation is " + printable(one.state)));
  }
  all.push_back(std::move(words));
}

/// And that of an agreement every use.
void add_statement(const proof::Proof& proof, std::vector<ProofWords>& all) {
  const auto history = usage_history(proof);
  if (!history) { all.push_back({"no statement follows from it: " + printable(history.error().message), {}}); }
  if (!history || !*history) { return; }
  std::ostringstream statement;
  print_statement(statement, usage::statement_of(**history, {}));
  all.push_back(
      {"the statement that follows from it; of a period: keten usage verify-statement", lines_of(statement.str())});
}

void add_member(const proof::HistoryProof& history, std::vector<ProofWords>& all) {
  if (history.entity.kind != proof::kMemberKind) { return; }
  ProofWords words{"its entries say", {}};
  std::size_t number = 0;
  for (const auto& entry : history.entries) {
    ++number;
    const auto* fact = std::get_if<proof::FactContent>(&entry.content);
    if (fact == nullptr || fact->what != "governance.record" || fact->fields.size() != 2) { continue; }
    std::string line;
    for (const auto& one : governance_words(fact->fields[0], fact->fields[1])) {
      line += (line.empty() ? "" : "; ") + printable(one);
    }
    if (!line.empty()) { words.lines.push_back(fmt::format("{}. {}", number, line)); }
  }
  if (!words.lines.empty()) { all.push_back(std::move(words)); }
}

std::vector<ProofWords> read(const proof::Proof& proof) {
  std::vector<ProofWords> all;
  if (const auto* state = std::get_if<proof::StateProof>(&proof.statement)) {
    if (auto lines = state_words(*state); !lines.empty()) { all.push_back({"the state says", std::move(lines)}); }
  }
  if (const auto* entry = std::get_if<proof::EntryProof>(&proof.statement); entry != nullptr && entry->value) {
    constexpr std::string_view kPrefix = "governance/";
    auto lines = governance_words(ByteView(entry->key).subspan(kPrefix.size()), *entry->value);
    for (auto& line : lines) { line = printable(line); }
    if (!lines.empty()) { all.push_back({"the entry says", std::move(lines)}); }
  }
  if (const auto* history = std::get_if<proof::HistoryProof>(&proof.statement)) { add_member(*history, all); }
  add_agreements(proof, all);
  add_statement(proof, all);
  return all;
}

}  // namespace

std::vector<ProofWords> words_of(const proof::Proof& proof) {
  try {
    return read(proof);
  } catch (const contracts::MalformedState&) { return {}; }
}

std::string to_text(const std::vector<ProofWords>& words) {
  std::string text;
  for (const auto& one : words) {
    text += "\n" + one.title + "\n";
    for (const auto& line : one.lines) { text += "  " + line + "\n"; }
  }
  return text;
}

json::Value to_json(const std::vector<ProofWords>& words) {
  auto list = json::Value::array();
  for (const auto& one : words) {
    auto lines = json::Value::array();
    for (const auto& line : one.lines) { lines.push(text_value(line)); }
    list.push(json::Value::object().set("title", text_value(one.title)).set("lines", std::move(lines)));
  }
  return list;
}

}  // namespace keten::tools

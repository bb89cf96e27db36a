// keten compare: the first thing that two nodes disagree on.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "node/audit/comparison.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/finding.h"
#include "tools/keten/ledger_source.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

std::string name_of(const audit::SplitView& split, ValidatorIndex index) {
  const auto& validator = split.validators.at(index);
  return validator.organisation + "/" + validator.node;
}

json::Value to_json(const audit::Comparison& result, const std::string& first, const std::string& second,
                    const std::string& evidence_file) {
  auto notes = json::Value::array();
  for (const auto& note : result.notes) { notes.push(text_value(note)); }
  auto document = json::Value::object()
                      .set("equal", json::Value::boolean(!result.difference))
                      .set("first", text_value(first))
                      .set("second", text_value(second))
                      .set("first_height", number_value(result.first_tip.value))
                      .set("second_height", number_value(result.second_tip.value))
                      .set("equal_to", number_value(result.equal_to.value))
                      .set("headers_read", number_value(result.looked_at))
                      .set("table_entries", number_value(result.entries))
                      .set("notes", std::move(notes));
  if (result.difference) {
    auto difference = finding_value(*result.difference);
    difference.remove("expected");
    difference.remove("found");
    difference.set("first", text_value(result.difference->expected));
    difference.set("second", text_value(result.difference->found));
    document.set("difference", std::move(difference));
  }
  if (result.split) {
    document.set("split_view", result.split->to_json());
    document.set("evidence_file", text_value(evidence_file));
  }
  return document;
}

void print(Console& console, const audit::Comparison& result, const std::string& first, const std::string& second,
           const std::string& evidence_file) {
  console.out << fmt::format("first   {}, height {}\nsecond  {}, height {}\n", printable(first), result.first_tip.value,
                             printable(second), result.second_tip.value);
  if (!result.difference) {
    console.out << console.bold(fmt::format("Equal up to height {}.", result.equal_to.value))
                << fmt::format(" Headers read: {}; table entries compared: {}.\n", result.looked_at, result.entries);
    for (const auto& note : result.notes) { console.out << "note: " << printable(note) << "\n"; }
    return;
  }
  const auto& difference = *result.difference;
  auto where = fmt::format("DIFFERENT at height {}", difference.height.value);
  if (difference.index) { where += fmt::format(", transaction {}", *difference.index); }
  console.out << console.bold(where)
              << fmt::format(" (equal up to height {})\n  {}  {}\n", result.equal_to.value, difference.reason,
                             printable(difference.message));
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) { console.out << fmt::format("  {:<12} {}\n", name, printable(value)); }
  };
  line("block", difference.block.is_zero() ? "" : difference.block.hex());
  line("transaction", difference.transaction ? difference.transaction->hex() : "");
  line("contract", difference.contract);
  line("key", difference.key);
  line("first says", difference.expected);
  line("second says", difference.found);
  for (const auto& note : result.notes) { console.out << "note: " << printable(note) << "\n"; }
  if (!result.split) { return; }
  const auto& split = *result.split;
  console.out << console.bold("TWO TRUTHS")
              << fmt::format(": a quorum of epoch {} has finalized both blocks of height {}.\n", split.epoch.value,
                             difference.height.value);
  const auto evidence = split.evidence();
  for (const auto index : split.signed_both()) {
    std::string proved = "signed both, in different views";
    for (const auto& one : evidence) {
      if (one.first.signer != index) { continue; }
      const auto key = evidence_key(one);
      proved = "signed both: " + std::string(key ? evidence_name(key->kind) : "");
    }
    console.out << fmt::format("  {:<24} {}\n", printable(name_of(split, index)), proved);
  }
  console.out << fmt::format("Written to {}: show it to every member.\n", evidence_file);
}

}  // namespace

int run_compare(Console& console, const CompareOptions& options) {
  const auto genesis = read_genesis(options.genesis);
  if (!genesis) { return console.fail(genesis.error()); }
  if (const auto complete = genesis->check_signed(); !complete) { return console.fail(complete.error()); }
  const auto chain = genesis->chain_id();
  const auto first = open_ledger(options.first, options.target, chain);
  if (!first) { return console.fail(first.error()); }
  const auto second = open_ledger(options.second, options.target, chain);
  if (!second) { return console.fail(second.error()); }
  const auto result = audit::compare(**first, **second, *genesis);
  if (!result) { return console.fail(result.error()); }
  if (result->split) {
    const auto written = client::write_file(options.evidence_file, json::pretty(result->split->to_json()) + "\n",
                                            client::FileAccess::everyone, client::Existing::replace);
    if (!written) { return console.fail(written.error()); }
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(to_json(*result, (*first)->name(), (*second)->name(), options.evidence_file)) << "\n";
  } else {
    print(console, *result, (*first)->name(), (*second)->name(), options.evidence_file);
  }
  return result->difference ? kVerificationFailed : kSuccess;
}

}  // namespace keten::tools

// keten evidence: which validators signed two things that exclude each other.
#include <ostream>

#include <fmt/format.h>

#include "contracts/governance/evidence_state.h"
#include "tools/keten/governance.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

struct Found {
  GovernanceState state;
  std::vector<governance::RecordedEvidence> evidence;
};

Result<Found> read(const TargetOptions& options) {
  const auto target = find_target(options);
  if (!target) { return target.error(); }
  const auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  auto state = GovernanceState::read(*ledger);
  if (!state) { return state.error(); }
  auto evidence = governance::read_evidence(*state);
  if (!evidence) { return evidence.error(); }
  return Found{std::move(*state), std::move(*evidence)};
}

std::string text(const json::Value& value, std::string_view name) {
  return printable(value.find_string(name).value_or(""));
}

}  // namespace

int run_evidence_list(Console& console, const EvidenceOptions& options) {
  const auto found = read(options.target);
  if (!found) { return console.fail(found.error()); }
  auto list = json::Value::array();
  Table table({{"ID"}, {"KIND"}, {"NODE"}, {"ORGANISATION"}, {"EPOCH"}, {"VIEW"}, {"RECORDED AT HEIGHT"}});
  for (const auto& one : found->evidence) {
    auto value = governance::to_json(found->state, one);
    table.add({shortened(one.evidence.id().hex()), text(value, "kind"), text(value, "node"),
               text(value, "organisation"), one.key.epoch.text(), one.evidence.first.subject.view.text(),
               one.height.text()});
    list.push(std::move(value));
  }
  if (options.output == OutputForm::json) {
    auto document = json::Value::object();
    document.set("height", number_value(found->state.height().value));
    document.set("evidence", std::move(list));
    console.out << json::pretty(document) << "\n";
  } else if (found->evidence.empty()) {
    console.out << "The chain has recorded no evidence against any validator.\n";
  } else {
    console.out << table.text();
  }
  return kSuccess;
}

int run_evidence_show(Console& console, const EvidenceOptions& options) {
  const auto found = read(options.target);
  if (!found) { return console.fail(found.error()); }
  const governance::RecordedEvidence* chosen = nullptr;
  for (const auto& one : found->evidence) {
    if (options.id.empty() || !one.evidence.id().hex().starts_with(options.id)) { continue; }
    if (chosen != nullptr) {
      return console.fail(failure(ErrorKind::invalid, "EVIDENCE_AMBIGUOUS",
                                  "more than one id begins with " + options.id + "; see keten evidence list -o json"));
    }
    chosen = &one;
  }
  if (chosen == nullptr) {
    return console.fail(failure(ErrorKind::not_found, "EVIDENCE_UNKNOWN",
                                "there is no evidence " + options.id + "; see keten evidence list"));
  }
  const auto value = governance::to_json(found->state, *chosen);
  if (options.output == OutputForm::json) {
    console.out << json::pretty(value) << "\n";
    return kSuccess;
  }
  console.out << fmt::format("{} {}\n  {} of {}, epoch {}, view {}, recorded at height {}\n", text(value, "kind"),
                             text(value, "id"), text(value, "node"), text(value, "organisation"),
                             chosen->key.epoch.value, chosen->evidence.first.subject.view.value, chosen->height.value);
  for (const auto* vote : {&chosen->evidence.first, &chosen->evidence.second}) {
    const auto& subject = vote->subject;
    std::string about;
    if (subject.kind != VoteKind::nullify) {
      about = fmt::format(" block {} on view {}", subject.block.hex(), subject.parent_view.value);
    }
    console.out << fmt::format("  {}{}\n    signature {}\n", vote_name(subject.kind), about, vote->signature.hex());
  }
  return kSuccess;
}

}  // namespace keten::tools

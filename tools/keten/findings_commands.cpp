// keten findings: what rules have found about events, and what becomes of it.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "tools/keten/agreement_options.h"
#include "tools/keten/agreement_reads.h"

namespace keten::tools {
namespace {

namespace agr = keten::agreements;

constexpr std::size_t kListMax = 10'000;

std::string text(const json::Value& value, std::string_view name) {
  return printable(value.find_string(name).value_or(""));
}

int print_finding(Console& console, const AgreementReads& reads, const agr::Finding& finding, OutputForm output) {
  const auto value = agr::to_json(finding, reads.time);
  if (output == OutputForm::json) {
    console.out << json::pretty(value) << "\n";
    return kSuccess;
  }
  console.out << fmt::format("Finding {}  {}\n  {}: {}\n", finding.id.text(), text(value, "status"),
                             text(value, "code"), text(value, "message"));
  console.out << fmt::format("  rule {} of version {}; event {} of {}, recorded at height {}\n", text(value, "package"),
                             finding.record.version, text(value, "eventID"), text(value, "organisation"),
                             finding.record.height.value);
  if (finding.record.deadline != 0) {
    console.out << fmt::format("  deadline {}{}\n", text(value, "deadline"),
                               value.find("overdue")->as_bool() ? ", overdue" : "");
  }
  for (const auto& one : value.find("statements")->items()) {
    console.out << fmt::format("  {} {} by {}: {}{}\n", text(one, "time"), text(one, "status"),
                               text(one, "organisation"), text(one, "text"),
                               one.find("eventID") == nullptr ? "" : " (event " + text(one, "eventID") + ")");
  }
  return kSuccess;
}

int say(Console& console, const AgreementOptions& options, std::string_view method) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  auto reads = AgreementReads::of(administration->ledger());
  if (!reads) { return console.fail(reads.error()); }
  const auto finding = reads->find_finding(options.id);
  if (!finding) { return console.fail(finding.error()); }
  const auto arguments = method == agr::kCorrect ? agr::Correct{finding->id, options.event_id, options.text}.encode()
                                                 : agr::Say{finding->id, options.text}.encode();
  const auto enacted = enact_agreement(*administration, method, arguments);
  if (!enacted) { return console.fail(enacted.error()); }
  reads = AgreementReads::of(administration->ledger());
  if (!reads) { return console.fail(reads.error()); }
  const auto after = reads->find_finding(finding->id.text());
  if (!after) { return console.fail(after.error()); }
  return print_finding(console, *reads, *after, options.output);
}

}  // namespace

int run_findings_list(Console& console, const AgreementOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  client::RulesQuestion question{.subject = client::RulesQuestion::Subject::finding, .party = options.organisation};
  if (!options.id.empty()) {
    const auto reads = AgreementReads::of(*ledger);
    if (!reads) { return console.fail(reads.error()); }
    const auto one = reads->find(options.id);
    if (!one) { return console.fail(one.error()); }
    question.agreement = one->id.hex();
    question.party.clear();
  }
  const auto found = read_rules(*ledger, question, kListMax);
  if (!found) { return console.fail(found.error()); }
  auto list = json::Value::array();
  Table table({{"FINDING"}, {"STATUS"}, {"RECORDED BY"}, {"CODE"}, {"MESSAGE"}});
  for (const auto& one : *found) {
    if (!options.all && text(one, "status") == "closed") { continue; }
    const auto id = text(one, "id");
    const auto* overdue = one.find("overdue");
    const bool is_late = overdue != nullptr && overdue->is(json::Kind::boolean) && overdue->as_bool();
    table.add({id.substr(0, 12) + id.substr(std::min(id.find('/'), id.size())),
               text(one, "status") + (is_late ? ", overdue" : ""), text(one, "organisation"), text(one, "code"),
               text(one, "message")});
    list.push(one);
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(json::Value::object().set("findings", std::move(list))) << "\n";
  } else if (table.empty()) {
    console.out << (options.all ? "There is no finding.\n" : "No finding is open; --all shows closed ones too.\n");
  } else {
    console.out << table.text();
  }
  return kSuccess;
}

int run_findings_show(Console& console, const AgreementOptions& options) {
  const auto reads = AgreementReads::of(options.target);
  if (!reads) { return console.fail(reads.error()); }
  const auto finding = reads->find_finding(options.id);
  if (!finding) { return console.fail(finding.error()); }
  return print_finding(console, *reads, *finding, options.output);
}

int run_findings_answer(Console& console, const AgreementOptions& options) {
  return say(console, options, agr::kAnswer);
}
int run_findings_correct(Console& console, const AgreementOptions& options) {
  return say(console, options, agr::kCorrect);
}
int run_findings_dispute(Console& console, const AgreementOptions& options) {
  return say(console, options, agr::kDispute);
}
int run_findings_close(Console& console, const AgreementOptions& options) { return say(console, options, agr::kClose); }

}  // namespace keten::tools

// keten history, holdings, recall: what an auditor asks, over HTTP. docs/audit.md.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "client/http_client.h"
#include "contracts/production/entity.h"
#include "contracts/production/history.h"
#include "tools/keten/history_check.h"
#include "tools/keten/options.h"
#include "tools/keten/trace_view.h"
#include "tools/keten/verification.h"

namespace keten::tools {
namespace {

using json::Value;

std::string text_of(const Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}
bool is_true(const Value& object, std::string_view name) {
  const auto* member = object.find(name);
  return member != nullptr && member->is(json::Kind::boolean) && member->as_bool();
}
std::string number_of(const Value& object, std::string_view name) {
  const auto* member = object.find(name);
  const auto value = member == nullptr ? std::nullopt : member->as_integer();
  return value ? std::to_string(*value) : "?";
}
const std::vector<Value>& list_of(const Value& object, std::string_view name) {
  static const std::vector<Value> kNone;
  const auto* member = object.find(name);
  return member != nullptr && member->is(json::Kind::array) ? member->items() : kNone;
}
std::string or_dash(std::string text) { return text.empty() ? "-" : printable(text); }
std::string minute_of(std::string time) {
  time = time.substr(0, 16);
  if (time.size() > 10) { time[10] = ' '; }
  return time;
}

/// The pages of one answer: the first document, with the lists of the others behind its own.
struct Answer {
  Value document;
  std::vector<Value> list;
  bool more = false;
  bool moved = false;  ///< pages are of different heights
};

/// `is_newest_first`: the first page has the newest, and each page begins with its oldest.
Result<Answer> ask(const AuditOptions& options, const Target& target, const std::string& path, const std::string& list,
                   bool is_newest_first = false) {
  Answer answer;
  std::string token;
  for (std::size_t page = 0; options.pages == 0 || page < options.pages; ++page) {
    auto query =
        path + (path.find('?') == std::string::npos ? "?" : "&") + "perPage=" + std::to_string(options.per_page);
    if (!token.empty()) { query += "&nextPageToken=" + client::percent_encode(token); }
    auto document = target.get_json(query);
    if (!document) { return document.error(); }
    const auto& entries = list_of(*document, list);
    answer.list.insert(is_newest_first ? answer.list.begin() : answer.list.end(), entries.begin(), entries.end());
    token = text_of(*document, "nextPageToken");
    if (page == 0) {
      answer.document = std::move(*document);
    } else if (number_of(*document, "height") != number_of(answer.document, "height")) {
      answer.moved = true;
    }
    if (token.empty()) { break; }
  }
  answer.more = !token.empty();
  auto entries = Value::array();
  for (const auto& entry : answer.list) { entries.push(entry); }
  answer.document.set(list, std::move(entries));
  return answer;
}

constexpr std::string_view kCountsCut =
    "The answer was cut: more is affected than it holds, and the counts are too low. Ask for a shorter time, a smaller "
    "lot, "
    "or each of its items.";
constexpr std::string_view kInferredCut =
    "The containers it was in have more events than one answer looks at: inferred ones may be missing.";

/// Under every answer: when it holds, and what is missing from it.
void print_end(Console& console, const Answer& answer, std::string_view cut = kCountsCut) {
  console.out << "At height " << number_of(answer.document, "height") << ".\n";
  if (answer.moved) { console.err << "The ledger grew while the pages were fetched: they are of different heights.\n"; }
  if (answer.more) { console.err << "More follow: --pages 0 fetches all.\n"; }
  if (is_true(answer.document, "truncated")) { console.err << cut << "\n"; }
}

std::string item_notes(const Value& item) {
  std::string notes;
  const auto add = [&](std::string_view flag, const std::string& note) {
    if (is_true(item, flag)) { notes += (notes.empty() ? "" : ", ") + note; }
  };
  if (!is_true(item, "alive")) { notes = "gone"; }
  add("inTransit", "on its way");
  add("inferred", "inferred");
  add("lotInferred", "lot inferred");
  add("uncounted", "amount incomplete");
  add("unfolded", "late events not included");
  return or_dash(notes);
}

std::string amount_of(const Value& item) {
  const auto amount = text_of(item, "amount");
  const auto unit = text_of(item, "unit");
  return or_dash(unit.empty() ? amount : amount + " " + unit);
}

std::string items_table(const std::vector<Value>& items) {
  Table table({{"ITEM"}, {"AMOUNT"}, {"POSSESSOR"}, {"LOCATION"}, {"IN"}, {"NOTES"}});
  for (const auto& item : items) {
    table.add({or_dash(short_item(text_of(item, "epc"))), amount_of(item), or_dash(text_of(item, "possessor")),
               or_dash(short_item(text_of(item, "location"))), or_dash(short_item(text_of(item, "container"))),
               item_notes(item)});
  }
  return table.text();
}

constexpr const char* kHoldingsUnproved =
    "a list of holdings cannot be proved; keten history EPC verifies each of them";
constexpr const char* kRecallUnproved =
    "a recall is computed by the node; keten proof trace LOT --forward proves everything that a lot went into";

/// Both the events and the state, each until a proof is as new as the answer.
void check_history(const AuditOptions& options, Answer& answer, Verification& verification) {
  if (!verification.is_wanted()) { return; }
  const auto entity = production::entity_key(options.what);
  const auto subject = std::string(production::head_kind(entity)) + " " + proof::shown(entity);
  if (text_of(answer.document, "epc") != entity) {
    verification.differs("/epc", entity, text_of(answer.document, "epc"));
    return;
  }
  proof::Question question;
  question.entity = entity;
  // A state as new as the answer will do, so an item that changes in every block can be proved too.
  if (const auto* height = answer.document.find("height"); height != nullptr) {
    question.at_least = Height{static_cast<std::uint64_t>(std::max<std::int64_t>(height->as_integer().value_or(0), 0))};
  }
  question.kind = proof::QuestionKind::history;
  verification.check(question, "history of " + subject, [&](const proof::Proof& proof) {
    return compare_events({answer.document, !answer.more && !answer.moved}, proof, verification);
  });
  question.kind = proof::QuestionKind::state;
  verification.check(question, "state of " + subject,
                     [&](const proof::Proof& proof) { return compare_state(answer.document, proof, verification); });
}

/// The node says that it knows nothing of the item: that can be proved too.
int finish_unknown(Console& console, const AuditOptions& options, const Error& unknown, Verification& verification) {
  const auto entity = production::entity_key(options.what);
  proof::Question question;
  question.entity = entity;
  question.kind = proof::QuestionKind::absence;
  const auto subject = "absence of " + std::string(production::head_kind(entity)) + " " + proof::shown(entity);
  if (const auto proved = verification.prove(question, subject)) { verification.holds(*proved); }
  if (options.output == OutputForm::json) {
    auto document = Value::object();
    document.set("epc", text_value(entity)).set("known", Value::boolean(false));
    verification.describe(document);
    console.out << json::pretty(document) << "\n";
  }
  if (verification.has_failed()) { return verification.finish(options.output); }
  const auto code = console.fail(unknown);
  const auto verified = verification.finish(options.output);
  return verified == kSuccess ? code : verified;
}

}  // namespace

int run_history(Console& console, const AuditOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  auto verification = Verification::open(console, options.target, *target, options.trust);
  if (!verification) { return console.fail(verification.error()); }
  auto answer = ask(options, *target, "/v1/history/" + client::percent_encode(options.what), "events", true);
  if (!answer && answer.error().reason == "ITEM_UNKNOWN") {
    return finish_unknown(console, options, answer.error(), *verification);
  }
  if (!answer) { return console.fail(answer.error()); }
  check_history(options, *answer, *verification);
  if (options.output == OutputForm::json) {
    verification->describe(answer->document);
    console.out << json::pretty(answer->document) << "\n";
    return verification->finish(options.output);
  }
  if (verification->has_failed()) { return verification->finish(options.output); }
  Table table({{"TIME (UTC)"}, {"COMPANY"}, {"STEP"}, {"WHERE"}, {"STANDING"}, {"POSSESSOR AFTER"}, {"EVENT ID"}});
  for (const auto& event : answer->list) {
    auto where = text_of(event, "readPoint");
    if (where.empty()) { where = text_of(event, "bizLocation"); }
    auto standing = text_of(event, "standing");
    if (const auto reason = text_of(event, "errorReason"); !reason.empty()) { standing += ": " + reason; }
    for (const auto& id : list_of(event, "correctedBy")) { standing += ", see " + std::string(id.text()); }
    const auto step = text_of(event, "bizStep");
    table.add({minute_of(text_of(event, "eventTime")), or_dash(text_of(event, "organisation")),
               or_dash(step.empty() ? text_of(event, "type") : step), or_dash(short_item(where)), or_dash(standing),
               or_dash(text_of(event, "possessor")), or_dash(text_of(event, "eventID"))});
  }
  console.out << table.text();
  if (const auto* state = answer->document.find("state")) {
    console.out << "Now: " << (is_true(*state, "alive") ? "" : "gone; ") << "possessor "
                << or_dash(text_of(*state, "possessor")) << ", location "
                << or_dash(short_item(text_of(*state, "location")))
                << (is_true(*state, "inferred") ? " (inferred from what it is in)" : "") << ", "
                << number_of(*state, "events") << " events, " << number_of(*state, "claims") << " of them claims"
                << (is_true(*state, "unfolded") ? "; late events not included" : "") << "\n";
    for (const auto& holding : list_of(*state, "holdings")) {
      const auto place = text_of(holding, "location") + text_of(holding, "container");
      console.out << "  " << text_of(holding, "kind") << " " << amount_of(holding) << "  "
                  << or_dash(text_of(holding, "holder")) << "  " << or_dash(short_item(place)) << "\n";
    }
  }
  print_end(console, *answer, kInferredCut);
  return verification->finish(options.output);
}

int run_holdings(Console& console, const AuditOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  auto answer = ask(options, *target, "/v1/holdings/" + client::percent_encode(options.what), "items");
  if (!answer) { return console.fail(answer.error()); }
  if (options.output == OutputForm::json) {
    describe_unproved(answer->document, options.target, kHoldingsUnproved);
    console.out << json::pretty(answer->document) << "\n";
    return kSuccess;
  }
  if (answer->list.empty()) {
    console.out << "Nothing is recorded to be held by it, or to be there now.\n";
  } else {
    console.out << items_table(answer->list);
  }
  print_end(console, *answer);
  is_unproved(options.target, options.trust, kHoldingsUnproved);
  return kSuccess;
}

int run_recall(Console& console, const AuditOptions& options) {
  if (options.what.empty() && (options.from.empty() || options.until.empty())) {
    console.fail(invalid("PARAMETER_MISSING", "expected a lot, an item or a place, or both --from and --until"));
    return kUsage;
  }
  std::string path = "/v1/recall";
  if (!options.what.empty()) { path += "/" + client::percent_encode(options.what); }
  std::string query;
  for (const auto& [name, value] : {std::pair{"from", &options.from}, {"until", &options.until}}) {
    if (!value->empty()) {
      query += (query.empty() ? "?" : "&") + std::string(name) + "=" + client::percent_encode(*value);
    }
  }
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  auto answer = ask(options, *target, path + query, "items");
  if (!answer) { return console.fail(answer.error()); }
  if (options.output == OutputForm::json) {
    describe_unproved(answer->document, options.target, kRecallUnproved);
    console.out << json::pretty(answer->document) << "\n";
    return kSuccess;
  }
  console.out << number_of(answer->document, "affected") << " affected, " << number_of(answer->document, "alive")
              << " still there\n\n";
  Table groups({{"POSSESSOR"}, {"LOCATION"}, {"ITEMS", Table::Align::right}, {"NOTES"}});
  for (const auto& group : list_of(answer->document, "groups")) {
    groups.add({or_dash(text_of(group, "possessor")), or_dash(short_item(text_of(group, "location"))),
                number_of(group, "items"), is_true(group, "inferred") ? "inferred" : "-"});
  }
  if (!groups.empty()) { console.out << groups.text() << "\n"; }
  Table forward({{"FROM"}, {"TO"}, {"ITEMS", Table::Align::right}, {"FIRST (UTC)"}, {"LAST (UTC)"}});
  for (const auto& step : list_of(answer->document, "forward")) {
    forward.add({or_dash(text_of(step, "from")), or_dash(text_of(step, "to")), number_of(step, "items"),
                 minute_of(text_of(step, "first")), minute_of(text_of(step, "last"))});
  }
  if (!forward.empty()) { console.out << forward.text() << "\n"; }
  console.out << items_table(answer->list);
  print_end(console, *answer);
  is_unproved(options.target, options.trust, kRecallUnproved);
  return kSuccess;
}

}  // namespace keten::tools

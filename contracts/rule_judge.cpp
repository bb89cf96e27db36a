#include "contracts/rule_judge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "contracts/agreements/agreement_state.h"
#include "contracts/agreements/findings.h"
#include "contracts/fuel.h"
#include "contracts/overlay.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/records.h"
#include "contracts/production/entity.h"
#include "contracts/production/vocabulary.h"
#include "contracts/rule_functions.h"
#include "contracts/rule_views.h"
#include "core/hash.h"
#include "core/limits.h"

namespace keten::contracts {
namespace {

using production::Event;
using production::EventSummary;

constexpr std::uint64_t kFuelPerAgreementByte = 10;  // read and parsed
constexpr std::uint64_t kFuelPerViewByte = 2;        // of a judged event
constexpr std::uint64_t kFuelPerRule = 50'000;       // of an estimate: starting it, and recording what it finds
constexpr std::size_t kMessageBytesMax = 1024;
constexpr std::size_t kIdDigitsShown = 8;

/// One agreement, ready to be compared with events of one recorder.
struct Judging {
  agreements::InForce agreement;
  bool asks = false;             ///< some rule
  std::vector<Hash> terms;       ///< of each rule: names its parameters and what it sees of the agreement
  json::Value view;              ///< what its rules see of it
  std::set<std::string> others;  ///< names and canonical identifiers of the parties that are not the recorder
  std::set<std::string> steps;   ///< bare words
  std::set<std::string> places;  ///< canonical
  /// Products of the scope: names that cover themselves and all below, names that cover themselves, and the rest.
  std::set<std::string, std::less<>> products;
  std::set<std::string, std::less<>> exact_products;
  std::vector<production::EntityPattern> product_patterns;
};

std::string shortened(std::string text) {
  if (text.size() <= kMessageBytesMax) { return text; }
  auto end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
  text.resize(end);
  return text;
}

void add_product(Judging& judging, const std::string& product) {
  judging.products.insert(production::entity_key(product));
  for (auto patterns : {production::entity_patterns(product), production::class_patterns(product)}) {
    for (auto& pattern : patterns) {
      if (pattern.is_prefix) {
        judging.product_patterns.push_back(std::move(pattern));
      } else {
        judging.exact_products.insert(std::move(pattern.key));
      }
    }
  }
}

bool is_product(const Judging& judging, std::string_view entity) {
  if (judging.exact_products.contains(entity)) { return true; }
  for (auto end = entity.size(); end != std::string_view::npos && end > 0; end = entity.rfind('/', end - 1)) {
    if (judging.products.contains(entity.substr(0, end))) { return true; }
  }
  return std::ranges::any_of(judging.product_patterns, [&](const auto& pattern) { return pattern.matches(entity); });
}

/// Counts what is read through it.
class Counting final : public StateReader {
 public:
  explicit Counting(const StateReader& below) : below_(below) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    auto value = below_.get(key);
    if (value) { bytes_ += value->size(); }
    return value;
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    below_.scan(first, end, [&](ByteView key, ByteView value) {
      bytes_ += key.size() + value.size();
      return visit(key, value);
    });
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  const StateReader& below_;
  mutable std::uint64_t bytes_ = 0;
};

Judging prepared(agreements::InForce agreement, const std::string& recorder, const Hash& terms) {
  Judging result;
  const auto& document = agreement.document;
  for (std::uint64_t i = 0; i < document.rules.size(); ++i) {
    result.terms.push_back(Hasher("keten/rule-terms/1").fixed(terms).number(i).finish());
    result.asks = result.asks || document.rules[i].mode != agreements::Mode::off;
  }
  for (const auto& party : document.parties) {
    if (party == recorder) { continue; }
    result.others.insert(party);
    const auto names = document.identifiers.find(party);
    if (names == document.identifiers.end()) { continue; }
    for (const auto& name : names->second) { result.others.insert(production::entity_key(name)); }
  }
  for (const auto& step : document.scope.business_steps) {
    result.steps.insert(production::bare_word(production::Vocabulary::biz_step, step));
  }
  for (const auto& place : document.scope.locations) { result.places.insert(production::entity_key(place)); }
  for (const auto& product : document.scope.products) { add_product(result, product); }
  result.view = document.value;
  result.view.set("id", json::Value::string(agreement.id.hex()))
      .set("version", json::Value::number(static_cast<std::int64_t>(agreement.version)));
  result.agreement = std::move(agreement);
  return result;
}

/// The version in force, prepared; null when there is none. What was prepared from the same document is kept: it changes time, and
/// nothing else. Charges for reading it either way.
std::shared_ptr<const Judging> in_force(Context& context, const agreements::AgreementId& id) {
  context.charge(fuel::kScanStep + 2 * fuel::kGet);
  const Counting state(context.before());
  const auto agreement = agreements::read_agreement_record(state, id);
  const auto version = agreement ? agreement->record.version_in_force(context.block().time) : 0;
  std::shared_ptr<const Judging> judging;
  std::size_t document_bytes = 0;
  if (version != 0) {
    const auto& recorder = context.caller().organisation;
    const auto terms = Hasher("keten/agreement-terms/1")
                           .fixed(id)
                           .number(version)
                           .fixed(agreement->record.versions[version - 1].hash)
                           .finish();
    const auto key = Hasher("keten/judging/1").fixed(terms).sized(recorder).finish();
    auto* const store = context.modules_if_any();
    if (store != nullptr) { judging = std::static_pointer_cast<const Judging>(store->made(key)); }
    if (judging == nullptr) {
      judging = std::make_shared<const Judging>(
          prepared(*agreements::in_force(context.before(), id, context.block().time), recorder, terms));
      constexpr std::size_t kMemoryPerByte = 64;  // of JSON that was read, and of what scopes are compared by
      if (store != nullptr) { store->keep_made(key, judging, judging->agreement.bytes * kMemoryPerByte); }
    }
    document_bytes = judging->agreement.bytes;
  }
  context.charge((state.bytes() + document_bytes) * kFuelPerAgreementByte);
  return judging;
}

/// What is looked up for the events of one transaction.
class Lookups {
 public:
  explicit Lookups(Context& context) : context_(context) {}

  const std::optional<ItemView>& item(const std::string& entity) {
    const auto found = items_.find(entity);
    if (found != items_.end()) { return found->second; }
    // The transaction's own earlier events count.
    const Overlay newest(context_.before(), context_.writes());
    const Counting state(newest);
    auto view = item_view(state, entity);
    const auto reads = view ? view->reads : 1;
    const auto holders = view ? view->holders.size() * kFuelPerHolder : 0;
    context_.charge(reads * fuel::kGet + state.bytes() * fuel::kReadByte + holders);
    return items_.emplace(entity, std::move(view)).first->second;
  }
  const std::optional<json::Value>& member(const std::string& organisation) {
    const auto found = members_.find(organisation);
    if (found != members_.end()) { return found->second; }
    context_.charge(fuel::kGet);
    return members_.emplace(organisation, member_view(context_.before(), organisation)).first->second;
  }
  /// Whether rules look at it for the first time.
  bool first_look(const std::string& name) { return looked_.insert(name).second; }
  /// The state has changed.
  void forget_items() { items_.clear(); }

 private:
  static constexpr std::uint64_t kFuelPerHolder = 100;
  Context& context_;
  std::map<std::string, std::optional<ItemView>> items_;
  std::map<std::string, std::optional<json::Value>> members_;
  std::set<std::string> looked_;
};

class Input final : public guest::RuleInput {
 public:
  Input(const json::Value& event, const json::Value& agreement, const json::Value& parameters, Lookups& lookups)
      : event_(event), agreement_(agreement), parameters_(parameters), lookups_(lookups) {}
  const json::Value& event() override { return event_; }
  const json::Value& parameters() override { return parameters_; }
  const json::Value& agreement() override { return agreement_; }
  Look item(std::string_view item) override {
    const auto entity = production::entity_key(item);
    const bool first = lookups_.first_look("item " + entity);
    const auto& view = lookups_.item(entity);
    return {view ? &view->value : nullptr, first};
  }
  Look member(std::string_view organisation) override {
    const std::string name(organisation);
    const bool first = lookups_.first_look("member " + name);
    const auto& view = lookups_.member(name);
    return {view ? &*view : nullptr, first};
  }

 private:
  const json::Value& event_;
  const json::Value& agreement_;
  const json::Value& parameters_;
  Lookups& lookups_;
};

class RuleSitting final : public production::EventJudge::Sitting {
 public:
  explicit RuleSitting(Context& context) : context_(context), lookups_(context) {}

  Status judge(const Event& event, const EventSummary& summary) override {
    found_.clear();
    names_.reset();
    // A declaration of error says that something is not so: no rule may stand in its way.
    if (event.declares_error()) { return kDone; }
    load();
    std::optional<json::Value> view;
    for (const auto& agreement : agreements_) {
      const auto& judging = *agreement;
      if (!concerns(judging, event, summary)) { continue; }
      if (!view) {
        view = event_view(event, summary.id);
        context_.charge(json::serialize(*view).size() * kFuelPerViewByte);
      }
      if (auto judged = judge_by(judging, *view, summary); !judged) { return judged; }
    }
    return kDone;
  }

  void recorded() override {
    for (const auto& [agreement, finding] : found_) { agreements::record_finding(context_, agreement, finding); }
    found_.clear();
    lookups_.forget_items();
  }

 private:
  /// Those in force, once in a transaction: it cannot change them.
  void load() {
    if (is_loaded_) { return; }
    is_loaded_ = true;
    context_.charge(fuel::kScan);
    for (const auto& id : agreements::agreed_by(context_.before(), context_.caller().organisation)) {
      auto judging = in_force(context_, id);
      if (judging != nullptr && judging->asks) { agreements_.push_back(std::move(judging)); }
    }
  }

  bool concerns(const Judging& judging, const Event& event, const EventSummary& summary) {
    const auto& scope = judging.agreement.document.scope;
    if (!judging.steps.empty() && !judging.steps.contains(summary.biz_step)) { return false; }
    if (!judging.places.empty() && !judging.places.contains(summary.read_point) &&
        !judging.places.contains(summary.biz_location)) {
      return false;
    }
    if (!scope.products.empty()) {
      context_.charge(summary.entities.size() * (kFuelPerName + judging.product_patterns.size() * kFuelPerPattern));
    }
    const bool in_products = scope.products.empty() || std::ranges::any_of(summary.entities, [&](const auto& entity) {
                               return is_product(judging, entity.key);
                             });
    return in_products && (scope.own_events || names_another(judging, event, summary));
  }

  bool names_another(const Judging& judging, const Event& event, const EventSummary& summary) {
    // Spelt once for all agreements; then whichever is fewer is looked up among the others.
    if (!names_) {
      context_.charge((event.sources.size() + event.destinations.size()) * kFuelPerName);
      names_.emplace();
      for (const auto* parties : {&event.sources, &event.destinations}) {
        for (const auto& party : *parties) {
          names_->insert(party.id);
          names_->insert(production::entity_key(party.id));
        }
      }
    }
    const bool is_short = names_->size() < judging.others.size();
    const auto& fewer = is_short ? *names_ : judging.others;
    const auto& more = is_short ? judging.others : *names_;
    context_.charge(fewer.size() * kFuelPerPattern);
    if (std::ranges::any_of(fewer, [&](const auto& name) { return more.contains(name); })) { return true; }
    context_.charge(summary.entities.size() * kFuelPerPattern);
    return std::ranges::any_of(summary.entities, [&](const auto& entity) {
      const auto& item = lookups_.item(entity.key);
      return item &&
             std::ranges::any_of(item->holders, [&](const auto& holder) { return judging.others.contains(holder); });
    });
  }

  Status judge_by(const Judging& judging, const json::Value& view, const EventSummary& summary) {
    const auto& document = judging.agreement.document;
    for (std::size_t index = 0; index < document.rules.size(); ++index) {
      const auto& rule = document.rules[index];
      if (rule.mode == agreements::Mode::off) { continue; }
      const auto findings = ask(index, judging, view);
      if (findings.empty()) { continue; }
      if (rule.mode == agreements::Mode::reject) { return rejected(judging, rule, findings); }
      for (const auto& finding : findings) {
        agreements::FindingRecord record;
        record.version = judging.agreement.version;
        record.rule = static_cast<std::uint8_t>(index);
        record.package = rule.package + " " + rule.version;
        record.code = finding.code;
        record.message = finding.message;
        record.deadline = finding.deadline;
        record.organisation = summary.organisation;
        record.event_id = summary.id;
        record.height = summary.position.height;
        record.transaction = summary.position.transaction;
        record.event = summary.position.event;
        record.time = context_.block().time;
        found_.emplace_back(judging.agreement.id, std::move(record));
      }
    }
    return kDone;
  }

  std::vector<guest::RuleFinding> ask(std::size_t index, const Judging& judging, const json::Value& view) {
    const auto& rule = judging.agreement.document.rules[index];
    // What the members have frozen or retired judges nobody.
    if (!packages::check_usable(context_, rule.hash)) { return {}; }
    const auto failed = [](const Error& error) {
      return std::vector<guest::RuleFinding>{
          {std::string(guest::kRuleFailed),
           shortened("the rule could not judge: " + error.reason + ": " + error.message), 0}};
    };
    const auto guest = packages::start_guest(context_, rule.hash);
    if (!guest) { return failed(guest.error()); }
    const auto* entry = (*guest)->manifest.rule(rule.entry);
    if (entry == nullptr) {
      return failed(failure(ErrorKind::not_found, "UNKNOWN_RULE", rule.package + " has no rule " + rule.entry));
    }
    Input input(view, judging.view, rule.parameters, lookups_);
    auto findings = guest::judge(context_, (*guest)->instance,
                                 {.entry = rule.entry,
                                  .input = input,
                                  .fuel_max = entry->fuel,
                                  .beginnings = &(*guest)->beginnings,
                                  .terms = judging.terms[index]});
    return findings ? std::move(*findings) : failed(findings.error());
  }

  static Error rejected(const Judging& judging, const agreements::Rule& rule,
                        const std::vector<guest::RuleFinding>& findings) {
    const auto& agreement = judging.agreement;
    std::string text = "agreement '" + agreement.document.title + "' (" + agreement.id.hex().substr(0, kIdDigitsShown) +
                       ", version " + std::to_string(agreement.version) + "), rule " + rule.package + " " +
                       rule.version + ":";
    const char* separator = " ";
    for (const auto& finding : findings) {
      text += separator + finding.code + ": " + finding.message;
      separator = "; ";
    }
    return failure(ErrorKind::refused, "RULE_REJECTED", std::move(text));
  }

  static constexpr std::uint64_t kFuelPerName = 200;    // looked up, or spelt
  static constexpr std::uint64_t kFuelPerPattern = 20;  // compared
  Context& context_;
  Lookups lookups_;
  bool is_loaded_ = false;
  std::vector<std::shared_ptr<const Judging>> agreements_;
  std::optional<std::set<std::string>> names_;  ///< of parties, that the event at hand names
  std::vector<std::pair<agreements::AgreementId, agreements::FindingRecord>> found_;  ///< about the event at hand
};

}  // namespace

std::uint64_t judging_fuel(const StateReader& state, std::string_view organisation, Milliseconds time,
                           std::size_t events) {
  std::uint64_t fuel = fuel::kScan;
  for (const auto& id : agreements::agreed_by(state, organisation)) {
    const Counting counted(state);
    const auto agreement = agreements::in_force(counted, id, time);
    fuel += fuel::kScanStep + 2 * fuel::kGet + counted.bytes() * kFuelPerAgreementByte;
    if (!agreement) { continue; }
    for (const auto& rule : agreement->document.rules) {
      const auto stored =
          rule.mode == agreements::Mode::off ? std::nullopt : state.get(packages::manifest_entry(rule.hash));
      const auto manifest = stored ? packages::Manifest::decode(as_text(*stored))
                                   : Result<packages::Manifest>(failure(ErrorKind::not_found, "UNKNOWN_PACKAGE", ""));
      const auto* entry = manifest ? manifest->rule(rule.entry) : nullptr;
      if (entry != nullptr) { fuel += events * (entry->fuel + kFuelPerRule); }
      if (fuel >= limits::kFuelPerTransactionMax) { return limits::kFuelPerTransactionMax; }
    }
  }
  return fuel;
}

std::unique_ptr<RuleJudge::Sitting> RuleJudge::sit(Context& context) const {
  return std::make_unique<RuleSitting>(context);
}

}  // namespace keten::contracts

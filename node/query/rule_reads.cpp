#include "node/query/rule_reads.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "contracts/agreements/agreement_state.h"
#include "contracts/packages/views.h"

namespace keten::query {
namespace {

using agreements::AgreementId;
using agreements::FindingId;

constexpr std::array<std::string_view, 6> kAgreementStates = {"proposed",   "agreed", "active",
                                                              "terminated", "ended",  "withdrawn"};
constexpr std::array<std::string_view, 6> kFindingStates = {"open",     "answered", "corrected",
                                                            "disputed", "closed",   "overdue"};

Status check_state(std::string_view state, std::span<const std::string_view> known) {
  if (state.empty() || std::ranges::find(known, state) != known.end()) { return kDone; }
  std::string names;
  for (const auto name : known) { names += (names.empty() ? "" : ", ") + std::string(name); }
  return invalid("UNKNOWN_STATE",
                 "state: expected one of " + names + "; found '" + std::string(state.substr(0, 64)) + "'");
}

Error wrong_token() { return invalid("PAGE_TOKEN", "after: expected what the page before gave as next"); }

Result<AgreementId> agreement_id(std::string_view text) {
  const auto id = AgreementId::from_hex(text);
  if (id) { return *id; }
  return invalid("AGREEMENT_ID_INVALID",
                 "the id of an agreement is 64 hexadecimal digits, found '" + std::string(text.substr(0, 100)) + "'");
}
Error no_agreement(const AgreementId& id) {
  return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "there is no agreement " + id.hex());
}

/// One page on its way.
class Reading {
 public:
  Reading(const contracts::StateReader& state, Height height, Milliseconds time, const RuleQuestion& question)
      : state_(state), height_(height), time_(time), question_(question) {}

  Result<RulePage> contracts() {
    if (!question_.id.empty()) {
      const auto view = packages::read_contract(state_, question_.id, time_);
      if (!view) {
        return failure(ErrorKind::not_found, "UNKNOWN_PACKAGED_CONTRACT",
                       "no package was published under the name '" + question_.id.substr(0, 64) + "'");
      }
      add(packages::to_json(*view, height_, time_));
      return std::move(page_);
    }
    auto names = packages::read_contract_names(state_, question_.limit + 1, question_.after);
    for (const auto& name : names) {
      if (is_full()) { break; }
      const auto view = packages::read_contract(state_, name, time_);
      if (view) { add(packages::to_json(*view, height_, time_)); }
      page_.next = name;
    }
    if (!names.empty() && page_.next == names.back()) { page_.next.clear(); }
    return std::move(page_);
  }

  Result<RulePage> agreements() {
    if (!question_.id.empty()) {
      const auto id = agreement_id(question_.id);
      if (!id) { return id.error(); }
      const auto found = agreements::read_agreement_record(state_, *id);
      if (!found) { return no_agreement(*id); }
      add(agreements::to_json(state_, *found, time_));
      return std::move(page_);
    }
    if (auto known = check_state(question_.state, kAgreementStates); !known) { return known.error(); }
    AgreementId after;
    if (!question_.after.empty()) {
      const auto id = AgreementId::from_hex(question_.after);
      if (!id) { return wrong_token(); }
      after = *id;
    }
    while (true) {
      const auto some = agreements::list_agreements(state_, question_.party, after, kBatch);
      for (const auto& one : some) {
        if (is_full()) {
          page_.next = after.hex();
          return std::move(page_);
        }
        after = one.id;
        ++looked_;
        if (question_.state.empty() || question_.state == agreements::state_name(one.record, time_)) {
          add(agreements::to_json(state_, one, time_));
        }
      }
      if (some.size() < kBatch) { return std::move(page_); }
    }
  }

  Result<RulePage> findings() {
    if (!question_.id.empty()) {
      const auto id = FindingId::parse(question_.id);
      if (!id) { return id.error(); }
      const auto found = agreements::read_finding(state_, *id);
      if (!found) { return failure(ErrorKind::not_found, "UNKNOWN_FINDING", "there is no finding " + id->text()); }
      add(agreements::to_json(*found, time_));
      return std::move(page_);
    }
    if (auto known = check_state(question_.state, kFindingStates); !known) { return known.error(); }
    std::optional<FindingId> after;
    if (!question_.after.empty()) {
      const auto parsed = FindingId::parse(question_.after);
      if (!parsed) { return wrong_token(); }
      after = *parsed;
    }
    if (!question_.agreement.empty()) {
      const auto id = agreement_id(question_.agreement);
      if (!id) { return id.error(); }
      if (!agreements::read_agreement_record(state_, *id)) { return no_agreement(*id); }
      if (after && after->agreement != *id) { return wrong_token(); }
      (void)findings_of(*id, after ? after->number : 0);
      return std::move(page_);
    }
    AgreementId last;
    if (after) {
      last = after->agreement;
      // The number 1 is the last of its agreement.
      if (after->number != 1 && !findings_of(last, after->number)) { return std::move(page_); }
    }
    while (true) {
      const auto some = agreements::list_agreements(state_, question_.party, last, kBatch);
      for (const auto& one : some) {
        if (is_full()) {
          page_.next = FindingId{last, 1}.text();
          return std::move(page_);
        }
        last = one.id;
        ++looked_;
        if (!findings_of(last, 0)) { return std::move(page_); }
      }
      if (some.size() < kBatch) { return std::move(page_); }
    }
  }

 private:
  /// False when the page is full and more follows.
  bool findings_of(const AgreementId& id, std::uint64_t before) {
    while (true) {
      const auto some = agreements::list_findings(state_, id, before, kBatch);
      for (const auto& one : some) {
        if (is_full()) {
          page_.next = FindingId{id, before}.text();
          return false;
        }
        before = one.id.number;
        ++looked_;
        if (fits(one)) { add(agreements::to_json(one, time_)); }
      }
      if (some.size() < kBatch) { return true; }
    }
  }

  [[nodiscard]] bool fits(const agreements::Finding& finding) const {
    const auto& record = finding.record;
    if (question_.state.empty()) { return true; }
    if (question_.state == "overdue") {
      return record.status == agreements::FindingStatus::open && record.deadline != 0 && time_ > record.deadline;
    }
    return question_.state == agreements::status_name(record.status);
  }

  void add(json::Value value) {
    bytes_ += json::serialize(value).size();
    page_.found.push_back(std::move(value));
  }
  [[nodiscard]] bool is_full() const {
    return page_.found.size() >= question_.limit || looked_ >= kRuleRecordsMax || bytes_ >= kRulePageBytesMax;
  }

  static constexpr std::size_t kBatch = 64;
  const contracts::StateReader& state_;
  Height height_;
  Milliseconds time_;
  const RuleQuestion& question_;
  RulePage page_;
  std::size_t looked_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<RulePage> ask_rules(const contracts::StateReader& state, Height height, Milliseconds time,
                           const RuleQuestion& question) {
  Reading reading(state, height, time, question);
  switch (question.subject) {
    case RuleSubject::contract: return reading.contracts();
    case RuleSubject::agreement: return reading.agreements();
    case RuleSubject::finding: return reading.findings();
  }
  return invalid("QUESTION_UNKNOWN", "no such question");
}

}  // namespace keten::query

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/usage/agreement.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/policy.h"
#include "contracts/usage/world.h"

namespace keten::usage {

/// A duty of an agreement: of its permissions, of its prohibitions (remedies), its obligations, and consequences of these.
struct DutyOf {
  std::string uid;
  std::string action;                              ///< IRI of its first action
  const Rule* rule;                                ///< in the policy
  std::string permission = {};                     ///< uid of the rule whose duty it is
  std::string prohibition = {};                    ///< of a remedy: of the rule that was broken
  std::optional<std::size_t> consequence_of = {};  ///< number of the duty that was not fulfilled
};
std::vector<DutyOf> duties_of(const Policy& policy);

/// When a duty may and must be fulfilled, when it begins at `start`, in its constraints and its action's refinements. Until: the
/// earliest of `lt|lteq`, and of `dateTime` and `elapsedTime` also `eq`. From: the latest of `gt|gteq`, and of `delayPeriod` also
/// `eq` (ODRL 2.2 vocabulary: a delay comes before the action). Both are moments at which it is in time.
struct DutyTime {
  std::optional<Instant> from;
  std::optional<Instant> until;
};
DutyTime time_of(const Rule& duty, Instant start);

/// Whose transaction fulfils it: the provider gives his consent, and does what he himself owes.
const std::string& performer_of(const DutyOf& duty, const Agreement& agreement);
const std::string& other_than(const std::string& organisation, const Agreement& agreement);
bool is_consent(const DutyOf& duty);
/// Met by payments, which the payee confirms.
bool is_payment(const DutyOf& duty);
/// It names who does not perform it as informedParty, attributedParty or the like: he says whether it was so.
bool needs_confirmation(const DutyOf& duty, const Agreement& agreement);

/// Duties of one agreement while a transaction runs, or when their deadlines pass.
class Duties {
 public:
  /// Everything is borrowed. Reads what is stored.
  Duties(contracts::Context& context, Records& records, const Agreement& agreement);

  /// When the agreement is concluded: what counts from its start is open, consequences and remedies wait.
  void begin();

  struct Duty {
    DutyOf of;
    std::string key;
    json::Value record;
    [[nodiscard]] std::string_view state() const { return record.find_string("state").value_or(""); }
    [[nodiscard]] bool is_open() const { return state() == "open"; }
    [[nodiscard]] std::int64_t deadline() const;  ///< 0: none
    [[nodiscard]] bool is_log() const;            ///< each use is to be logged
  };
  [[nodiscard]] std::vector<Duty>& all() { return duties_; }
  [[nodiscard]] Duty* find(std::string_view uid);

  /// Deadlines, findings and consequences. `at`: milliseconds.
  void mark_overdue(Duty& duty, std::int64_t at);
  /// `how`: members for its record. Gives the state: `said` when the other side has to confirm it, else as `confirm` does.
  std::string fulfil(Duty& duty, const json::Value& how);
  /// Gives the state, `fulfilled` or `late`; closes its findings.
  std::string confirm(Duty& duty, const json::Value& how);
  /// The other side says that it was not fulfilled: it is open again, and a finding.
  void dispute(Duty& duty, const json::Value& why);
  /// The permission was used for the first time, at `at`: periods of time since then begin. Empty: the first use of all.
  void first_use(const std::string& permission, std::int64_t at);
  /// The prohibition was broken: its remedies are due.
  void broken(const std::string& prohibition);
  /// By when a use under this permission is to be logged.
  struct LogDue {
    std::string duty;
    std::int64_t until = 0;
  };
  [[nodiscard]] std::optional<LogDue> log_due(const std::string& permission) const;
  /// One more, or one less, use lacks its log.
  void log_missing(const std::string& duty, std::int64_t change);

  void into(World& world) const;
  void keep(const Duty& duty);

 private:
  void open(Duty& duty, std::int64_t at);
  void open_consequences(const Duty& duty);
  void good(const Duty& duty, std::string_view text);
  [[nodiscard]] std::int64_t now() const;

  contracts::Context& context_;
  Records& records_;
  const Agreement& agreement_;
  std::vector<Duty> duties_;
};

}  // namespace keten::usage

#pragma once

#include <vector>

#include "contracts/agreements/session.h"

/// What becomes of findings after they were recorded.
namespace keten::agreements {

/// The next finding of an agreement; from wherever rules are run. `event` is the number of the judged event in its transaction.
/// Gives its id.
FindingId record_finding(contracts::Context& context, const AgreementId& agreement, const FindingRecord& finding);

/// By any party. Fails with NOT_A_PARTY, UNKNOWN_FINDING, FINDING_CLOSED, TOO_MANY_STATEMENTS.
[[nodiscard]] Result<Bytes> answer(Session& session, const Say& arguments);
/// By any party: it says that the finding is wrong.
[[nodiscard]] Result<Bytes> dispute(Session& session, const Say& arguments);
/// By who recorded the event, with an event or declaration of error that it has recorded since; also NOT_THE_RECORDER,
/// CORRECTION_UNKNOWN, CORRECTION_TOO_OLD.
[[nodiscard]] Result<Bytes> correct(Session& session, const Correct& arguments);
/// By another party than who recorded the event; also OWN_FINDING.
[[nodiscard]] Result<Bytes> close(Session& session, const Say& arguments);

/// By the contract `usage` when what the finding is about was made good: a use corrected, a duty fulfilled, a log brought. Nothing
/// when the finding is closed or has all the statements that it may have.
void mark_corrected(contracts::Context& context, const FindingId& id, std::string_view by, std::string_view text);

/// Marks findings that are still open behind their deadline, the longest overdue first, at most so many in one block; the rest
/// follows in the next ones. `state` is that after the block's transactions. Each is an event and an entry in the agreement's head,
/// `agreements.overdue`; `index` gets the rows of the entries.
inline constexpr std::size_t kOverdueAtOnce = 256;
void mark_overdue(const contracts::StateReader& state, const contracts::BlockContext& block,
                  contracts::WriteSet& writes, std::vector<contracts::IndexEntry>& index,
                  std::vector<contracts::ContractEvent>& events);

}  // namespace keten::agreements

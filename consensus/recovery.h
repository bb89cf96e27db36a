#pragma once

#include <vector>

#include "consensus/engine.h"
#include "consensus/journal_record.h"

namespace keten::consensus {

/// What the journal says about this key's past and about others' lies: quarantine, readmission, contradiction and evidence
/// of `recovered` become those of the records, which come in the order in which they were written.
void read_past(const std::vector<JournalRecord>& journal, Recovered& recovered);

}  // namespace keten::consensus

#include "node/audit/epoch_entry.h"
#include "tests/unit/audit/signed_chain.h"

namespace keten::test {

Result<audit::LedgerSource::EpochEntry> ToldLedger::epoch(Epoch epoch) const {
  return audit::read_epoch_entry(snapshot->column(storage::Column::state), epoch);
}

}  // namespace keten::test

#pragma once

#include <vector>

#include "consensus/journal_record.h"
#include "core/block.h"
#include "core/genesis.h"
#include "core/result.h"
#include "node/pipeline/pipeline.h"
#include "node/storage/database.h"

namespace keten::node {

/// What was read from the disk.
struct DiskContents {
  const Genesis& genesis;
  const storage::Snapshot& database;              ///< initialised
  std::vector<consensus::JournalRecord> journal;  ///< in order
  std::vector<BlockPointer> blocks;               ///< of the segments from Executed::replay_from on, in any order
};

/// Puts database, journal and block segments together: what the pipeline goes on with. A pure function.
///
/// The floor is the journal's highest one of the executed block's epoch whose block and ancestors down to that are stored;
/// floors above it (finalizations that came before the bodies, or of epochs that begin when the sealing block is executed
/// again) are handed over as certificates, votes and blocks of later epochs as they are.
/// Fails with JOURNAL_BEHIND when the database executed more than the journal knows to be final (the journal was rolled
/// back: the node must not vote) and with FLOOR_WITHOUT_BLOCKS when no floor can be reached.
[[nodiscard]] Result<pipeline::PipelineRecovered> recover(DiskContents disk);

}  // namespace keten::node

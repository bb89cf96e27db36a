#pragma once

#include <vector>

#include "consensus/journal_record.h"
#include "core/block.h"
#include "core/genesis.h"
#include "core/result.h"
#include "node/pipeline/pipeline.h"
#include "node/storage/database.h"

namespace keten::node {

/// What a start knows of its key beside the disk: consensus::Recovered.
struct Past {
  Hash nonce;                                ///< unpredictable, new for every start
  bool is_alone = false;                     ///< the operator says that no other process uses the key
  std::optional<PublicKey> unused_key = {};  ///< and that this one has never signed anything
};

/// What was read from the disk.
struct DiskContents {
  const Genesis& genesis;
  const storage::Snapshot& database;              ///< initialised
  std::vector<consensus::JournalRecord> journal;  ///< in order
  std::vector<BlockPointer> blocks;               ///< of the segments from Executed::replay_from on, in any order
  Past past = {};
};

/// Puts database, journal and block segments together: what the pipeline goes on with. A pure function.
///
/// The floor is the journal's highest one whose block and ancestors down to the executed block are stored; floors above
/// it (finalizations that came before the bodies) are handed over as certificates, and their bodies are for block sync.
/// When the database executed more than the journal knows to be final, the journal was lost or rolled back: the executed block
/// is the floor, and the node is in quarantine. Fails with FLOOR_WITHOUT_BLOCKS when no floor can be reached.
/// Only execution shows what an epoch begins with, so it also fails, with EPOCH_NOT_EXECUTED, while a sealing block between
/// the executed height and that floor is not executed: replay the final blocks first.
[[nodiscard]] Result<pipeline::PipelineRecovered> recover(DiskContents disk);

/// The blocks behind the executed one up to that floor, ascending.
[[nodiscard]] Result<std::vector<BlockPointer>> final_blocks(DiskContents disk);

}  // namespace keten::node

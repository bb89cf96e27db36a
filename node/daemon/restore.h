#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consensus/journal_record.h"
#include "core/genesis.h"
#include "core/result.h"
#include "node/daemon/recovery.h"
#include "node/daemon/replay.h"
#include "node/journal/file.h"
#include "node/journal/vote_journal.h"
#include "node/pipeline/pipeline.h"
#include "node/storage/database.h"
#include "node/storage/location.h"

namespace keten::node {

/// The vote journal as a start finds it.
struct OpenedVotes {
  std::unique_ptr<journal::VoteJournal> journal;
  std::string damage;  ///< what was wrong with the one that is set aside; empty when nothing was
};

/// The journal, or one that begins with a quarantine in the place of one that is lost (there is other data) or cannot be
/// read: without its votes this key could sign two things, so the node follows the chain until docs/consensus.md,
/// "Amnesia", lets it vote again.
[[nodiscard]] Result<OpenedVotes> open_votes(const std::string& directory, const journal::JournalIdentity& identity,
                                             const journal::JournalOptions& options, bool has_other_data,
                                             journal::FileSystem& files);

/// The three places a node keeps things in, opened. The same on a node and in the simulator.
struct OpenedDisk {
  const Genesis& genesis;
  std::vector<consensus::JournalRecord> journal;  ///< in order
  const storage::BlockLog& segments;
  storage::Database& database;  ///< initialised
  ReplayNotice many_blocks;     ///< may be empty
  Past past = {};
};

struct Restored {
  pipeline::PipelineRecovered recovered;
  std::vector<StoredHeader> stored;  ///< of the blocks above the executed one that the pipeline was given
};

/// Everything a start does before the pipeline runs: executes what the journal proves final and the database does not
/// have, then puts the parts together. A pure function but for the database that it brings up to date.
/// Fails with SEGMENTS_BEHIND when the database executed a block that the segments lack, and with the reasons of
/// StoredHeaders::read, replay_final_blocks and recover.
[[nodiscard]] Result<Restored> restore(OpenedDisk disk);

}  // namespace keten::node

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/genesis.h"
#include "node/audit/source.h"

namespace keten::audit {

/// What was verified, since the genesis or in one run.
struct Counts {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  std::uint64_t transactions = 0;
  std::uint64_t failed_transactions = 0;  ///< whose receipt says so, rightly
  std::uint64_t finalizations = 0;
  std::uint64_t votes = 0;     ///< signatures in them
  std::uint64_t evidence = 0;  ///< pieces of it in blocks
  std::uint64_t hand_overs = 0;
  std::uint64_t senders_not_asked = 0;  ///< transactions whose right to be in the block an interrupted audit forgot
  friend bool operator==(const Counts&, const Counts&) = default;
  void encode(Writer& writer) const;
  static Counts decode(Reader& reader);
};

struct Progress {
  Height height;
  Height last;
  Counts run;  ///< since this run began
};

struct AuditOptions {
  std::filesystem::path ledger;                        ///< where the audit's own ledger is, or will be made
  std::size_t threads = 0;                             ///< for reading and signatures; 0: one a core
  std::function<bool(const Progress&)> progress = {};  ///< called after each block on the caller's thread; false: stop
  Height until = {};                                   ///< audits no further; 0: up to the tip
};

struct EpochSummary {
  Epoch epoch;
  Height since;
  std::vector<std::string> validators;  ///< organisation/node
};

struct Report {
  ChainId chain;
  std::string source;
  Height resumed_at;      ///< this run began behind it; 0: at the genesis
  Height height;          ///< verified up to here
  Height final_to;        ///< a finalization covers everything up to here
  Hash state_root;        ///< after `height`
  Milliseconds time = 0;  ///< of the block at `height`
  Counts total;           ///< since the genesis
  Counts run;             ///< in this run
  std::uint64_t entries =
      0;  ///< of state and indexes compared with the node's, 0: it has none, or that was not reached
  std::vector<EpochSummary> epochs;
  std::optional<Finding> finding;  ///< the first wrong thing; nothing is said of what comes behind it
};

/// Verifies a ledger from its genesis (docs/audit.md, "The whole ledger"), or goes on where an audit with the same
/// `ledger` was interrupted. Precondition: the genesis is signed by all. Fails with AUDIT_OF_ANOTHER when that was an
/// audit of another source or chain, AUDIT_RUNS when it is running, INTERRUPTED when `progress` said so, and with the reasons of
/// the source.
[[nodiscard]] Result<Report> audit(const LedgerSource& source, const Genesis& genesis, const AuditOptions& options);

}  // namespace keten::audit

#include "node/audit/audit.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "contracts/commitment/page_cache.h"
#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "contracts/governance/views.h"
#include "contracts/packages/module_store.h"
#include "contracts/registry.h"
#include "core/limits.h"
#include "node/audit/block_check.h"
#include "node/audit/block_stream.h"
#include "node/audit/header_check.h"
#include "node/audit/result_check.h"
#include "node/rocksdb/rocks_database.h"
#include "node/storage/commit.h"

namespace keten::audit {
namespace {

constexpr std::uint64_t kRootsOnResume = 4096;
constexpr std::string_view kProgressKey = "audit";
constexpr std::size_t kSourceNameMax = 4096;

/// What an audit knows beside its ledger, kept with each block's batch.
struct Kept {
  std::string source;
  Height final_to;
  Height membership_since;  ///< the newest block that changed it
  Counts total;

  [[nodiscard]] Bytes encode() const {
    Writer writer;
    writer.sized(source);
    writer.number(final_to);
    writer.number(membership_since);
    total.encode(writer);
    return writer.take();
  }
  static Result<Kept> decode(ByteView bytes) {
    Reader reader(bytes);
    Kept kept;
    kept.source = reader.text(kSourceNameMax);
    kept.final_to = reader.number<Height>();
    kept.membership_since = reader.number<Height>();
    kept.total = Counts::decode(reader);
    if (auto end = reader.finish("audit"); !end) { return end.error(); }
    return kept;
  }
};

std::optional<Finding> check_evidence(const Block& block, const ChainId& chain, const EpochRules& rules) {
  std::optional<EvidenceKey> last;
  for (const auto& one : block.evidence) {
    const auto key = verify_evidence(one, rules.epoch, chain, rules.validators);
    if (key && (!last || *last < *key)) {
      last = *key;
      continue;
    }
    return Finding{.reason = "EVIDENCE_INVALID",
                   .message = key ? "the block names a contradiction twice, or out of order" : key.error().message,
                   .height = block.header.height,
                   .block = block.header.id(),
                   .found = one.id().hex()};
  }
  return std::nullopt;
}

/// Whether a transaction stands in the chain twice: its id counts for ever.
std::optional<Finding> check_repeated(const Block& block, const storage::Snapshot& ledger) {
  std::set<TransactionId> seen;
  for (std::uint32_t i = 0; i < block.transactions.size(); ++i) {
    const auto& transaction = *block.transactions[i];
    std::string where;
    if (!seen.insert(transaction.id).second) {
      where = "in this block";
    } else if (const auto place = storage::read_place(ledger, transaction.id); place && *place) {
      where = "at height " + (*place)->height.text();
    }
    if (where.empty()) { continue; }
    return Finding{.reason = "TRANSACTION_REPEATED",
                   .message = "the transaction stands in the chain already, " + where,
                   .height = block.header.height,
                   .block = block.header.id(),
                   .index = i,
                   .transaction = transaction.id,
                   .contract = transaction.body.contract};
  }
  return std::nullopt;
}

class Audit {
 public:
  Audit(const LedgerSource& source, const Genesis& genesis, const AuditOptions& options)
      : source_(source), genesis_(genesis), options_(options), chain_(genesis.chain_id()) {}

  Result<Report> run() {
    if (auto opened = open(); !opened) { return opened.error(); }
    if (auto looked = look_below(); !looked) { return looked.error(); }
    if (finding_) { return finish(); }
    if (auto walked = walk(); !walked) { return walked.error(); }
    if (!finding_) { check_final(); }
    if (!finding_ && report_.height == source_.tip().height) {
      if (auto checked = check_tables(); !checked) { return checked.error(); }
    }
    return finish();
  }

 private:
  Status open();
  Status look_below();
  Status walk();
  void check_final();
  Result<std::optional<Finding>> take(const CheckedBlock& checked);
  Status execute(const CheckedBlock& checked, std::optional<Finding>& finding);
  Status check_tables();
  Result<Report> finish();
  [[nodiscard]] Result<MembershipPointer> read_membership() const;

  const LedgerSource& source_;
  const Genesis& genesis_;
  const AuditOptions& options_;
  const ChainId chain_;
  const contracts::Registry registry_ = contracts::built_in_contracts();
  packages::ModuleStore modules_;
  contracts::commitment::PageCache pages_;
  std::unique_ptr<rocksdb_store::RocksDatabase> ledger_;
  std::optional<HeaderCheck> rules_;
  EpochSets sets_;
  Kept kept_;
  Hash state_root_;
  Report report_;
  std::optional<Finding> finding_;
};

Result<MembershipPointer> Audit::read_membership() const {
  auto membership = governance::read_membership(ledger_->snapshot()->column(storage::Column::state));
  if (!membership) { return membership.error(); }
  return MembershipPointer(std::make_shared<const Membership>(std::move(*membership)));
}

Status Audit::open() {
  auto database = rocksdb_store::RocksDatabase::open(options_.ledger.string());
  if (!database) {
    if (database.error().reason != "DATABASE_LOCKED") { return database.error(); }
    return failure(ErrorKind::conflict, "AUDIT_RUNS",
                   "another audit works in " + options_.ledger.string() + "; wait for it, or give another --state-dir");
  }
  ledger_ = std::move(*database);
  const auto of_another = [&](const std::string& what) {
    return failure(ErrorKind::refused, "AUDIT_OF_ANOTHER",
                   options_.ledger.string() + " has an audit of " + what + " in it, this is one of " + source_.name() +
                       "; give another --state-dir");
  };
  if (auto made = storage::initialise(*ledger_, genesis_); !made) {
    return made.error().reason == "WRONG_CHAIN" ? of_another("another chain") : made.error();
  }
  const auto snapshot = ledger_->snapshot();
  const auto executed = storage::read_executed(*snapshot);
  if (!executed) { return executed.error(); }
  const auto record = storage::read_block_record(*snapshot, executed->height);
  if (!record) { return record.error(); }
  if (const auto bytes = snapshot->column(storage::Column::meta).get(as_bytes(kProgressKey))) {
    auto kept = Kept::decode(*bytes);
    if (!kept) { return kept.error(); }
    kept_ = std::move(*kept);
    if (kept_.source != source_.name()) { return of_another(kept_.source); }
  }
  kept_.source = source_.name();
  state_root_ = executed->state_root;
  const auto membership = read_membership();
  if (!membership) { return membership.error(); }
  rules_.emplace(chain_, record->header, *membership, kept_.membership_since);
  const auto roots = storage::read_recent_roots(*snapshot, kRootsOnResume);
  if (!roots) { return roots.error(); }
  for (const auto& [height, root] : *roots) { rules_->executed(height, root, nullptr); }
  sets_.add((*membership)->current.epoch, (*membership)->current.validators);

  report_.chain = chain_;
  report_.source = source_.name();
  report_.resumed_at = executed->height;
  report_.height = executed->height;
  report_.time = record->header.time;
  report_.final_to = kept_.final_to;
  return kDone;
}

/// An earlier run has verified these blocks. Whether the node still has them, as they were, is asked again.
Status Audit::look_below() {
  const auto snapshot = ledger_->snapshot();
  for (Height height{1}; height <= std::min(report_.resumed_at, source_.tip().height); ++height) {
    const auto record = storage::read_block_record(*snapshot, height);
    if (!record) { return record.error(); }
    const auto found = source_.block_id(height);
    if (!found && found.error().kind != ErrorKind::corrupt) { return found.error(); }
    if (found && *found == record->id) {
      if (!options_.progress || options_.progress({height, report_.resumed_at, {}})) { continue; }
      return failure(ErrorKind::unavailable, "INTERRUPTED", "stopped behind height " + report_.height.text());
    }
    finding_ =
        Finding{.reason = found ? "BLOCK_DIFFERS" : found.error().reason,
                .message = found ? "an earlier run has verified another block at this height" : found.error().message,
                .height = height,
                .block = record->id,
                .expected = record->id.hex(),
                .found = found ? found->hex() : ""};
    return kDone;
  }
  return kDone;
}

/// A node executes final blocks only, and their finalization comes with them or with one of the next blocks.
void Audit::check_final() {
  const auto behind = report_.height.value - std::min(report_.final_to.value, report_.height.value);
  if (report_.height != source_.tip().height || behind <= limits::kExecutionLagMax) { return; }
  const auto first = report_.final_to.next();
  const auto record = storage::read_block_record(*ledger_->snapshot(), first);
  finding_ =
      Finding{.reason = "FINALIZATION_MISSING",
              .message = "nothing shows that a quorum has made this block final, nor any block that came behind it",
              .height = first,
              .block = record ? record->id : BlockId{},
              .expected = fmt::format("a finalization within {} blocks of the newest", limits::kExecutionLagMax),
              .found = fmt::format("{} blocks without one", behind)};
}

Status Audit::walk() {
  auto last = source_.tip().height;
  const auto at = "the audit in " + options_.ledger.string() + " is at height " + report_.height.text();
  if (last < report_.height) {
    return failure(
        ErrorKind::refused, "AUDIT_OF_ANOTHER",
        at + ", " + source_.name() + " has only " + last.text() + ": it was rolled back; give another --state-dir");
  }
  if (options_.until.value > 0) { last = std::min(last, options_.until); }
  if (last < report_.height) {
    return failure(ErrorKind::refused, "AUDITED_ALREADY",
                   at + " already, which is beyond " + last.text() + "; give another --state-dir to stop there");
  }
  WorkerPool pool("audit", options_.threads, 1024);
  BlockStream stream(source_, chain_, sets_, pool, {report_.height.next(), last});
  for (;;) {
    auto next = stream.next();
    if (!next) { return next.error(); }
    if (!*next) { return kDone; }
    auto finding = take(**next);
    if (!finding) { return finding.error(); }
    if (*finding) {
      finding_ = std::move(**finding);
      return kDone;
    }
    if (options_.progress && !options_.progress({report_.height, last, report_.run})) {
      return failure(ErrorKind::unavailable, "INTERRUPTED", "stopped behind height " + report_.height.text());
    }
  }
}

Result<std::optional<Finding>> Audit::take(const CheckedBlock& checked) {
  if (checked.finding) { return checked.finding; }
  const auto& block = *checked.source.block;
  const auto& header = block.header;
  if (auto finding = rules_->check(header)) { return finding; }
  const auto& rules = rules_->membership().current;
  const auto& finalization = checked.source.finalization;
  if (checked.finalization_finding) { return checked.finalization_finding; }
  if (finalization && !checked.is_finalization_checked) {
    if (auto finding = check_finalization(header, *finalization, chain_, rules.validators)) { return finding; }
  }
  if (!header.next_set.is_zero() && !finalization) {
    return std::optional(
        Finding{.reason = "FINALIZATION_MISSING",
                .message = "a block that hands over to other validators needs a finalization of its own",
                .height = header.height,
                .block = header.id(),
                .expected = "a finalization by epoch " + rules.epoch.text(),
                .found = "none"});
  }
  if (auto finding = rules_->check_content(block)) { return finding; }
  if (auto finding = check_evidence(block, chain_, rules)) { return finding; }
  if (auto finding = check_repeated(block, *ledger_->snapshot())) { return finding; }
  std::optional<Finding> finding;
  if (auto done = execute(checked, finding); !done) { return done.error(); }
  return finding;
}

Status Audit::execute(const CheckedBlock& checked, std::optional<Finding>& finding) {
  const auto& block = *checked.source.block;
  const auto& header = block.header;
  const auto& finalization = checked.source.finalization;
  contracts::BlockResult result;
  {
    const auto snapshot = ledger_->snapshot();
    result =
        contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(block), block.transactions,
                                 registry_, rules_->membership().directory, &modules_, &pages_);
  }
  finding = check_result(checked, result, source_.tables());
  if (finding) { return kDone; }

  Counts added{.blocks = 1, .bytes = checked.source.bytes, .transactions = block.transactions.size()};
  for (const auto& receipt : result.receipts) { added.failed_transactions += receipt.succeeded ? 0 : 1; }
  if (finalization) {
    added.finalizations = 1;
    added.votes = finalization->signatures.size();
    kept_.final_to = header.height;
  }
  added.evidence = block.evidence.size();
  added.hand_overs = header.next_set.is_zero() ? 0 : 1;
  if (!rules_->knows(header.executed_height)) { added.senders_not_asked = block.transactions.size(); }
  for (auto* counts : {&kept_.total, &report_.run}) {
    counts->blocks += added.blocks;
    counts->bytes += added.bytes;
    counts->transactions += added.transactions;
    counts->failed_transactions += added.failed_transactions;
    counts->finalizations += added.finalizations;
    counts->votes += added.votes;
    counts->evidence += added.evidence;
    counts->hand_overs += added.hand_overs;
    counts->senders_not_asked += added.senders_not_asked;
  }
  const bool changes = governance::changes_membership(result.writes);
  if (changes) { kept_.membership_since = header.height; }

  // One batch with what the audit knows beside it: killed anywhere, it goes on behind the last whole block.
  auto batch = storage::make_commit({.block = block,
                                     .id = header.id(),
                                     .location = {},
                                     .replay_from = {},
                                     .result = result,
                                     .finalization = finalization});
  batch.put(storage::Column::meta, as_bytes(kProgressKey), kept_.encode());
  if (auto written = ledger_->write(batch, storage::Durability::buffered); !written) { return written.error(); }

  state_root_ = result.state_root;
  MembershipPointer membership;
  if (changes) {
    const auto snapshot = ledger_->snapshot();
    auto after =
        governance::membership_after(rules_->membership(), snapshot->column(storage::Column::state), result.writes);
    if (!after) { return after.error(); }
    membership = std::make_shared<const Membership>(std::move(*after));
    sets_.add(membership->current.epoch, membership->current.validators);
  }
  rules_->accept(header);
  rules_->executed(header.height, state_root_, std::move(membership));
  report_.height = header.height;
  report_.time = header.time;
  report_.final_to = kept_.final_to;
  return kDone;
}

Status Audit::check_tables() {
  const auto tip = source_.tip();
  if (tip.state_root != state_root_) {
    finding_ = Finding{.reason = "STATE_ROOT_DIFFERS",
                       .message = "the node says another state root than execution gives",
                       .height = tip.height,
                       .block = rules_->parent().id(),
                       .expected = state_root_.hex(),
                       .found = tip.state_root.hex()};
    return kDone;
  }
  const auto* tables = source_.tables();
  if (tables == nullptr) { return kDone; }
  try {
    auto compared = compare_tables(*ledger_->snapshot(), *tables, tip.height);
    if (compared.finding) { finding_ = std::move(compared.finding); }
    report_.entries = compared.entries;
  } catch (const storage::ReadFailure& failed) {
    if (failed.error().kind != ErrorKind::corrupt) { return failed.error(); }
    finding_ =
        Finding{.reason = failed.error().reason, .message = failed.error().message, .height = tip.height, .block = {}};
  }
  return kDone;
}

Result<Report> Audit::finish() {
  const auto snapshot = ledger_->snapshot();
  const auto& state = snapshot->column(storage::Column::state);
  for (Epoch epoch; epoch <= rules_->membership().current.epoch; ++epoch) {
    const auto view = governance::read_epoch(state, epoch);
    if (!view) { continue; }
    EpochSummary summary{.epoch = epoch, .since = view->record.since, .validators = {}};
    for (const auto& validator : view->record.validators) {
      summary.validators.push_back(validator.organisation + "/" + validator.node);
    }
    report_.epochs.push_back(std::move(summary));
  }
  report_.state_root = state_root_;
  report_.total = kept_.total;
  report_.finding = std::move(finding_);
  return std::move(report_);
}

}  // namespace

void Counts::encode(Writer& writer) const {
  for (const auto count : {blocks, bytes, transactions, failed_transactions, finalizations, votes, evidence, hand_overs,
                           senders_not_asked}) {
    writer.u64(count);
  }
}

Counts Counts::decode(Reader& reader) {
  Counts counts;
  for (auto* count :
       {&counts.blocks, &counts.bytes, &counts.transactions, &counts.failed_transactions, &counts.finalizations,
        &counts.votes, &counts.evidence, &counts.hand_overs, &counts.senders_not_asked}) {
    *count = reader.u64();
  }
  return counts;
}

Result<Report> audit(const LedgerSource& source, const Genesis& genesis, const AuditOptions& options) {
  try {
    return Audit(source, genesis, options).run();
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

}  // namespace keten::audit

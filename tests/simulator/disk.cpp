#include "tests/simulator/disk.h"

#include <algorithm>

#include "contracts/governance/membership_state.h"
#include "core/check.h"
#include "node/storage/commit.h"

namespace keten::simulator {
namespace {

constexpr std::size_t kNewestKeys = 256;
constexpr int kAttempts = 16;

using Rotten = std::shared_ptr<const std::set<Database::Key>>;

class RottenReader final : public contracts::StateReader {
 public:
  RottenReader(const contracts::StateReader& inner, storage::Column column, Rotten rotten)
      : inner_(inner), column_(column), rotten_(std::move(rotten)) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    check(key);
    return inner_.get(key);
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    inner_.scan(first, end, [&](ByteView key, ByteView value) {
      check(key);
      return visit(key, value);
    });
  }

 private:
  void check(ByteView key) const {
    if (!rotten_->contains({column_, to_bytes(key)})) { return; }
    throw storage::ReadFailure(failure(ErrorKind::corrupt, "STORAGE_CORRUPT", "block checksum mismatch"));
  }
  const contracts::StateReader& inner_;
  storage::Column column_;
  Rotten rotten_;
};

class RottenSnapshot final : public storage::Snapshot {
 public:
  RottenSnapshot(storage::SnapshotPointer inner, const Rotten& rotten) : inner_(std::move(inner)) {
    for (std::size_t i = 0; i < storage::kColumnCount; ++i) {
      const auto column = static_cast<storage::Column>(i);
      readers_.emplace_back(inner_->column(column), column, rotten);
    }
  }
  [[nodiscard]] const contracts::StateReader& column(storage::Column column) const override {
    return readers_.at(static_cast<std::size_t>(column));
  }

 private:
  storage::SnapshotPointer inner_;
  std::vector<RottenReader> readers_;
};

}  // namespace

storage::SnapshotPointer Database::snapshot() const {
  auto inner = memory_->snapshot();
  if (rotten_ == nullptr) { return inner; }
  return std::make_shared<RottenSnapshot>(std::move(inner), rotten_);
}

Status Database::write(const storage::Batch& batch, storage::Durability durability) {
  if (fails_) {
    fails_ = false;
    return failure(ErrorKind::corrupt, "STORAGE_IO", "cannot write the batch: input/output error");
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(batch.size(), 8); ++i) {
    const auto operation = batch.at(i);
    newest_.emplace_back(operation.column, to_bytes(operation.key));
  }
  if (newest_.size() > 2 * kNewestKeys) {
    newest_.erase(newest_.begin(), newest_.end() - static_cast<std::ptrdiff_t>(kNewestKeys));
  }
  return memory_->write(batch, durability);
}

bool Database::rot(Random& random) {
  if (newest_.empty()) { return false; }
  auto rotten = rotten_ == nullptr ? std::set<Key>{} : *rotten_;
  rotten.insert(newest_[random.below(newest_.size())]);
  rotten_ = std::make_shared<const std::set<Key>>(std::move(rotten));
  return true;
}

void Database::remove_all() {
  memory_ = std::make_unique<storage::MemoryDatabase>(unsynced_max_);
  rotten_.reset();
  newest_.clear();
}

Disk::Disk(Random random, const Genesis& genesis, const journal::JournalIdentity& identity, const DiskOptions& options)
    : genesis_(genesis), identity_(identity), options_(options), files_(random), database_(options.database_unsynced) {}

Result<Disk::Opened> Disk::open(const Hash& nonce) {
  CHECK(votes_ == nullptr);
  if (rebuild_asked_) { set_database_aside(); }
  auto opened = open_checked(nonce);
  if (!opened && opened.error().reason == "STORAGE_CORRUPT") {
    close();
    set_database_aside();
    opened = open_checked(nonce);
  }
  if (!opened) { close(); }
  return opened;
}

Result<Disk::Opened> Disk::open_checked(const Hash& nonce) {
  auto votes = node::open_votes(kJournal, identity_, options_.journal, was_used_, files_);
  if (!votes) { return votes.error(); }
  votes_ = std::move(votes->journal);
  auto segments = journal::SegmentStore::open(kBlocks, identity_.chain_id, options_.segments, files_);
  if (!segments) { return segments.error(); }
  segments_ = std::move(*segments);
  was_used_ = true;
  try {
    if (auto initialised = storage::initialise(database_, genesis_); !initialised) { return initialised.error(); }
  } catch (const storage::ReadFailure& failed) { return failed.error(); }

  Opened opened;
  opened.was_torn = votes_->was_torn();
  opened.was_restored = votes_->restored() > 0;
  opened.was_set_aside = !votes->damage.empty();
  opened.journal = votes_->take_records();
  if (auto read = read_blocks(opened.blocks); !read) { return read.error(); }
  const auto epoch = read_epoch();
  auto restored = node::restore({genesis_, opened.journal, *segments_, database_, {}, {nonce}});
  if (!restored) { return restored.error(); }
  opened.restored = std::move(*restored);
  opened.has_replayed_epoch = read_epoch() != epoch;
  return opened;
}

Epoch Disk::read_epoch() const {
  const auto snapshot = database_.snapshot_unspoiled();
  return governance::read_membership(snapshot->column(storage::Column::state)).value().current.epoch;
}

Status Disk::read_blocks(std::vector<BlockPointer>& blocks) const {
  const auto executed = storage::read_executed(*database_.snapshot_unspoiled());
  if (!executed) { return executed.error(); }
  std::optional<Error> broken;
  const auto visit = [&](const storage::Location& /*location*/, ByteView bytes) {
    auto block = Block::decode(bytes);
    if (!block) {
      broken = block.error();
    } else if (block->header.height > executed->height) {
      blocks.push_back(std::make_shared<const Block>(std::move(*block)));
    }
  };
  if (auto read = segments_->replay(executed->replay_from, visit); !read) { return read; }
  if (broken) { return *broken; }
  return kDone;
}

void Disk::close() {
  votes_.reset();
  segments_.reset();
}

void Disk::set_database_aside() {
  rebuild_asked_ = false;
  ++rebuilds_;
  database_.remove_all();
  replay_from_.clear();
}

void Disk::power_failure(Random& random) {
  CHECK(votes_ == nullptr);
  files_.power_failure();
  database_.power_failure(random.between(0, database_.unsynced()));
}

void Disk::executed(const storage::Location& replay_from) {
  replay_from_.push_back(replay_from);
  if (replay_from_.size() > options_.database_unsynced + 1) { replay_from_.pop_front(); }
}

std::optional<Height> Disk::rot_old_block(Random& random, const std::function<bool(Height)>& may_rot) {
  if (replay_from_.size() <= options_.database_unsynced || segments_ == nullptr) { return std::nullopt; }
  // A start reads the last segment, and all from where the replay begins.
  const auto newest = std::min<std::uint64_t>(replay_from_.front().segment, segments_->counters().segments);
  const auto snapshot = database_.snapshot_unspoiled();
  const auto executed = storage::read_executed(*snapshot);
  if (!executed || executed->height.value < 2) { return std::nullopt; }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Height height{random.between(1, executed->height.value - 1)};
    const auto record = storage::read_block_record(*snapshot, height);
    if (!record) { return std::nullopt; }
    const auto& location = record->location;
    if (location.segment >= newest || !may_rot(height)) { continue; }
    auto digits = std::to_string(location.segment);
    digits.insert(0, 6 - digits.size(), '0');
    const auto path = std::string(kBlocks) + "/" + digits + ".seg";
    if (files_.rot(path, location.offset, location.offset + location.length)) { return height; }
  }
  return std::nullopt;
}

void Disk::remove_chain() {
  CHECK(votes_ == nullptr);
  replay_from_.clear();
  files_.remove_all(kBlocks);
  database_.remove_all();
}

void Disk::lose_journal() {
  CHECK(votes_ == nullptr);
  files_.remove_all(kJournal);
}

void Disk::wipe() {
  lose_journal();
  remove_chain();
  was_used_ = false;
  rebuild_asked_ = false;
}

}  // namespace keten::simulator

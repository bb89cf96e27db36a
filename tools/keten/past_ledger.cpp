#include "tools/keten/past_ledger.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "node/audit/audit.h"
#include "node/rocksdb/rocks_database.h"
#include "node/storage/commit.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/devnet.h"
#include "tools/keten/ledger_source.h"

namespace keten::tools {
namespace {

class Past final : public PastLedger {
 public:
  Past(std::unique_ptr<audit::LedgerSource> source, Genesis genesis, std::string state_dir)
      : source_(std::move(source)), genesis_(std::move(genesis)), folder_(std::move(state_dir)) {
    if (folder_.empty()) { folder_ = own_.emplace().path(); }
  }

  [[nodiscard]] const audit::LedgerSource& source() const override { return *source_; }

  [[nodiscard]] Result<std::unique_ptr<storage::Database>> up_to(Height height, Console& console) const override {
    std::error_code made;
    std::filesystem::create_directories(folder_, made);
    if (made) { return failure(ErrorKind::unavailable, "STATE_DIR", folder_.string() + ": " + made.message()); }
    const auto ledger = folder_ / "ledger";
    if (height > Height{}) {
      const auto progress = [&](const audit::Progress& now) {
        console.progress(fmt::format("height {} of {}", now.height.value, now.last.value));
        return true;
      };
      const auto report =
          audit::audit(*source_, genesis_, {.ledger = ledger, .threads = 0, .progress = progress, .until = height});
      console.end_progress();
      if (!report) { return report.error(); }
      if (report->finding) { return failure(ErrorKind::corrupt, report->finding->reason, report->finding->message); }
    }
    auto database = rocksdb_store::RocksDatabase::open(ledger.string());
    if (!database) { return database.error(); }
    if (height == Height{}) {
      if (auto begun = storage::initialise(**database, genesis_); !begun) { return begun.error(); }
    }
    return std::unique_ptr<storage::Database>(std::move(*database));
  }

 private:
  std::unique_ptr<audit::LedgerSource> source_;
  Genesis genesis_;
  std::optional<TemporaryFolder> own_;
  std::filesystem::path folder_;
};

}  // namespace

Result<std::unique_ptr<PastLedger>> PastLedger::open(const PastLedgerOptions& options) {
  auto genesis = read_genesis(options.genesis);
  if (!genesis) { return genesis.error(); }
  if (const auto complete = genesis->check_signed(); !complete) { return complete.error(); }
  auto source = open_ledger(options.where, options.target, genesis->chain_id());
  if (!source) { return source.error(); }
  return std::unique_ptr<PastLedger>(
      std::make_unique<Past>(std::move(*source), std::move(*genesis), options.state_dir));
}

}  // namespace keten::tools

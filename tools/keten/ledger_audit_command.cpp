// keten audit: a whole ledger, verified again from its founding document.
#include <chrono>
#include <filesystem>
#include <ostream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "node/audit/audit.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/devnet.h"
#include "tools/keten/finding.h"
#include "tools/keten/ledger_source.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::string utc(Milliseconds time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(time / 1000)));
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// What is true although nothing is wrong, and easily overlooked.
std::vector<std::string> notes(const audit::Report& report) {
  std::vector<std::string> notes;
  if (report.height > report.final_to) {
    notes.push_back(
        fmt::format("heights {} to {} have no finalization here yet: they are well formed, not proved final",
                    report.final_to.value + 1, report.height.value));
  }
  if (report.total.senders_not_asked > 0) {
    notes.push_back(
        fmt::format("of {} transactions it was not asked whether their block might carry them (their receipts were "
                    "computed): members had changed just before the audit was interrupted",
                    report.total.senders_not_asked));
  }
  if (report.entries == 0 && !report.finding) {
    notes.emplace_back(
        "the node's own tables were not compared: only a directory that was audited up to its end has them");
  }
  return notes;
}

json::Value counts_value(const audit::Counts& counts) {
  return json::Value::object()
      .set("blocks", number_value(counts.blocks))
      .set("block_bytes", number_value(counts.bytes))
      .set("transactions", number_value(counts.transactions))
      .set("failed_transactions", number_value(counts.failed_transactions))
      .set("finalizations", number_value(counts.finalizations))
      .set("votes", number_value(counts.votes))
      .set("evidence", number_value(counts.evidence))
      .set("hand_overs", number_value(counts.hand_overs));
}

json::Value to_json(const audit::Report& report, double seconds) {
  auto epochs = json::Value::array();
  for (const auto& epoch : report.epochs) {
    auto validators = json::Value::array();
    for (const auto& validator : epoch.validators) { validators.push(text_value(validator)); }
    epochs.push(json::Value::object()
                    .set("epoch", number_value(epoch.epoch.value))
                    .set("since_height", number_value(epoch.since.value))
                    .set("validators", std::move(validators)));
  }
  auto noted = json::Value::array();
  for (const auto& note : notes(report)) { noted.push(text_value(note)); }
  auto document = json::Value::object()
                      .set("good", json::Value::boolean(!report.finding))
                      .set("source", text_value(report.source))
                      .set("chain_id", text_value(report.chain.hex()))
                      .set("height", number_value(report.height.value))
                      .set("final_to", number_value(report.final_to.value))
                      .set("time_ms", number_value(report.time))
                      .set("state_root", text_value(report.state_root.hex()))
                      .set("verified", counts_value(report.total))
                      .set("table_entries", number_value(report.entries))
                      .set("epochs", std::move(epochs))
                      .set("resumed_at", number_value(report.resumed_at.value))
                      .set("this_run", counts_value(report.run))
                      .set("seconds", number_value(seconds, 3))
                      .set("notes", std::move(noted));
  if (report.finding) { document.set("finding", finding_value(*report.finding)); }
  return document;
}

void print(Console& console, const audit::Report& report, double seconds) {
  const auto& total = report.total;
  console.out << fmt::format("{}\nchain {}\n", console.bold("Audit of " + printable(report.source)),
                             report.chain.hex());
  for (const auto& epoch : report.epochs) {
    console.out << fmt::format("  epoch {}, from block {} on: {}\n", epoch.epoch.value, epoch.since.value + 1,
                               printable(joined(epoch.validators)));
  }
  if (report.resumed_at.value > 0) {
    console.out << fmt::format(
        "This run went on behind height {}; that the blocks below are still there was asked again.\n",
        report.resumed_at.value);
  }
  console.out << fmt::format("Verified up to height {}, {}\n", report.height.value, utc(report.time));
  Table table({{""}, {""}, {""}});
  const auto row = [&](const char* what, std::uint64_t count, std::string how) {
    table.add({what, std::to_string(count), std::move(how)});
  };
  row("blocks", total.blocks, "headers, payload roots, results");
  row("transactions", total.transactions,
      fmt::format("signatures and execution; {} failed, as their receipts say", total.failed_transactions));
  row("finalizations", total.finalizations,
      fmt::format("{} votes; {} blocks are covered by a descendant's", total.votes,
                  report.final_to.value - std::min(report.final_to.value, total.finalizations)));
  row("hand-overs", total.hand_overs, "from one set of validators to the next");
  if (total.evidence > 0) { row("evidence", total.evidence, "pieces in blocks"); }
  if (report.entries > 0) { row("table entries", report.entries, "state, indexes and places of the node"); }
  console.out << table.text("  ") << fmt::format("state root {}\n", report.state_root.hex());
  console.out << fmt::format("{} blocks and {} transactions in {:.1f} s: {:.0f} blocks/s, {:.0f} transactions/s\n",
                             report.run.blocks, report.run.transactions, seconds,
                             static_cast<double>(report.run.blocks) / seconds,
                             static_cast<double>(report.run.transactions) / seconds);
  for (const auto& note : notes(report)) { console.out << "note: " << note << "\n"; }
  if (!report.finding) {
    const auto words = report.final_to < report.height
                           ? fmt::format("Nothing is wrong up to height {}.", report.final_to.value)
                           : std::string("Nothing is wrong.");
    console.out << console.bold(words) << "\n";
    return;
  }
  console.out << finding_text(console, *report.finding);
}

}  // namespace

int run_ledger_audit(Console& console, const LedgerAuditOptions& options) {
  const auto genesis = read_genesis(options.genesis);
  if (!genesis) { return console.fail(genesis.error()); }
  if (const auto complete = genesis->check_signed(); !complete) { return console.fail(complete.error()); }
  const auto source = open_ledger(options.where, options.target, genesis->chain_id());
  if (!source) { return console.fail(source.error()); }

  std::optional<TemporaryFolder> own;
  std::filesystem::path folder = options.state_dir;
  if (folder.empty()) {
    own.emplace();
    folder = own->path();
  }
  std::error_code made;
  std::filesystem::create_directories(folder, made);
  if (made) {
    return console.fail(failure(ErrorKind::unavailable, "STATE_DIR", folder.string() + ": " + made.message()));
  }
  catch_interrupts();
  const auto begin = Clock::now();
  auto shown_at = begin;
  const auto progress = [&](const audit::Progress& now) {
    if (Clock::now() - shown_at > 200ms) {
      shown_at = Clock::now();
      const auto seconds = seconds_since(begin);
      const auto rate = static_cast<double>(now.run.blocks) / seconds;
      if (now.run.blocks == 0) {
        console.progress(
            fmt::format("height {} of {}: whether what was verified is still there", now.height.value, now.last.value));
        return !interrupted();
      }
      console.progress(fmt::format("height {} of {}, {:.0f} blocks/s, {:.0f} transactions/s, {:.0f} s left",
                                   now.height.value, now.last.value, rate,
                                   static_cast<double>(now.run.transactions) / seconds,
                                   static_cast<double>(now.last.value - now.height.value) / rate));
    }
    return !interrupted();
  };
  const auto report = audit::audit(
      **source, *genesis,
      {.ledger = folder / "ledger", .threads = options.threads, .progress = progress, .until = Height{options.until}});
  console.end_progress();
  if (!report) {
    const bool goes_on = report.error().reason == "INTERRUPTED" && !own;
    return console.fail(report.error(), goes_on ? "the same command goes on from here" : "");
  }
  const auto seconds = std::max(seconds_since(begin), 0.001);
  if (options.output == OutputForm::json) {
    console.out << json::pretty(to_json(*report, seconds)) << "\n";
  } else {
    print(console, *report, seconds);
  }
  return report->finding ? kVerificationFailed : kSuccess;
}

}  // namespace keten::tools

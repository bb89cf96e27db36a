// keten contract publish, approve, activate, freeze ... status: what organisations decide about packages.
#include <ostream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "contracts/packages/packages_contract.h"
#include "contracts/packages/views.h"
#include "core/limits.h"
#include "node/runtime/clock.h"
#include "tools/keten/governance.h"
#include "tools/keten/ledger_rows.h"
#include "tools/keten/options.h"
#include "tools/keten/packages.h"

namespace keten::tools {
namespace {

using packages::ContractView;
using packages::Motion;
using packages::PackageView;

constexpr std::uint64_t kVoteFuel = 20'000'000;
constexpr std::size_t kNamesMax = 1024;

Error no_contract(const std::string& name) {
  return failure(
      ErrorKind::not_found, "UNKNOWN_PACKAGED_CONTRACT",
      "no package was published under the name " + printable(name) + "; keten contract status lists them all");
}

Result<ContractView> find_contract(const client::LedgerClient& ledger, const std::string& name) {
  const LedgerRows rows(ledger);
  auto view = packages::read_contract(rows, name, wall_ms());
  if (!view) { return no_contract(name); }
  return *view;
}

/// The version that the command line names, or the newest for which `fits` is true.
template <typename Fits>
Result<const PackageView*> choose(const ContractView& view, const std::string& version, std::string_view what,
                                  const Fits& fits) {
  std::string known;
  const PackageView* newest = nullptr;
  for (const auto& package : view.packages) {
    known += (known.empty() ? "" : ", ") + package.record.version.text();
    if (fits(package)) { newest = &package; }
  }
  if (version.empty()) {
    if (newest != nullptr) { return newest; }
    return failure(ErrorKind::refused, "NOTHING_TO_DO",
                   fmt::format("no version of {} {}; published: {}", view.name, what, known));
  }
  const auto parsed = packages::Version::parse(version);
  if (!parsed) { return parsed.error(); }
  if (const auto* found = view.version(*parsed)) { return found; }
  return failure(ErrorKind::not_found, "UNKNOWN_PACKAGE",
                 fmt::format("there is no version {} of {}; published: {}", version, view.name, known));
}

std::string utc(Milliseconds time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(time / 1000)));
}

void print_contract(Console& console, const ContractView& view, Height height) {
  console.out << fmt::format("{}  {}  published by {}, state {} of {} bytes\n", view.name, view.standing(height),
                             printable(view.record.publisher), view.used, view.record.quota);
  if (const auto& next = view.record.scheduled; next && height < next->height) {
    console.out << fmt::format("  version {} runs from height {} on\n", next->version.text(), next->height.value);
  }
  for (const auto& package : view.packages) {
    const auto standing = view.standing(package, height, wall_ms());
    console.out << fmt::format("  {:<10} {:<10} {}", package.record.version.text(), standing, package.hash.hex());
    if (standing == "published") {
      console.out << "  " << printable(package.progress()) << "; open until " << utc(package.record.expires);
    } else if (package.record.is_approved()) {
      console.out << fmt::format("  approved at height {}", package.record.approved.value);
    }
    console.out << "\n";
  }
  for (const auto& motion : view.motions) {
    console.out << fmt::format("  vote to {}{}: {}\n", packages::motion_name(motion.motion),
                               motion.motion == Motion::quota ? fmt::format(" {} bytes", motion.value) : "",
                               printable(motion.progress()));
  }
}

/// What became of it, as JSON with the contract as it is now, or as a sentence and the contract.
int print_done(Console& console, const Administration& administration, const std::string& name, const Enacted& enacted,
               OutputForm output, const std::string& sentence) {
  const LedgerRows rows(administration.ledger());
  const auto view = packages::read_contract(rows, name, wall_ms());
  if (output == OutputForm::json) {
    auto document = view ? packages::to_json(*view, rows.height(), wall_ms()) : json::Value::object();
    console.out << json::pretty(document.set("transaction_id", text_value(enacted.id.hex()))
                                    .set("executed_at", number_value(enacted.height.value)))
                << "\n";
    return kSuccess;
  }
  console.out << sentence << "\n";
  if (view) { print_contract(console, *view, rows.height()); }
  return kSuccess;
}

client::Call call_of(std::string_view method, Bytes arguments, std::uint64_t fuel = kVoteFuel) {
  return {.contract = std::string(packages::kContractName),
          .method = std::string(method),
          .arguments = std::move(arguments),
          .valid_until = {},
          .fuel_limit = fuel};
}

int run_vote(Console& console, const PackageOptions& options, Motion motion) {
  const packages::Vote vote{options.name, motion, options.value};
  if (auto checked = packages::Vote::decode(vote.encode()); !checked) { return console.fail(checked.error()); }
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto enacted = administration->enact(call_of(packages::kVote, vote.encode()));
  if (!enacted) { return console.fail(enacted.error()); }
  const auto outcome = packages::VoteOutcome::decode(enacted->result);
  if (!outcome) { return console.fail(outcome.error()); }
  return print_done(console, *administration, options.name, *enacted, options.output,
                    outcome->is_decided
                        ? fmt::format("Decided: {} {}.", packages::motion_name(motion), options.name)
                        : fmt::format("Voted, {} of {}; others vote with: keten contract {} {}", outcome->votes,
                                      outcome->needed, packages::motion_name(motion), options.name));
}

}  // namespace

int run_contract_publish(Console& console, const PackageOptions& options) {
  const auto package = read_package(options.file);
  if (!package) { return console.fail(package.error()); }
  if (package->signatures.empty()) {
    return console.fail(failure(ErrorKind::refused, "PACKAGE_NOT_SIGNED",
                                "nobody has signed the package: keten contract sign " + options.file));
  }
  const packages::Publish arguments{static_cast<Milliseconds>(options.open_for_s * 1000)};
  if (auto checked = packages::Publish::decode(arguments.encode()); !checked) { return console.fail(checked.error()); }
  const auto administration = Administration::open(options.target, options.key_file, "publisher");
  if (!administration) { return console.fail(administration.error()); }
  auto call = call_of(packages::kPublish, arguments.encode(), limits::kFuelPerTransactionMax);
  call.payloads.push_back(package->encode());
  const auto enacted = administration->enact(std::move(call));
  if (!enacted) { return console.fail(enacted.error()); }
  const auto& name = package->manifest.name;
  return print_done(console, *administration, name, *enacted, options.output,
                    fmt::format("Published {} {}; organisations that run validators approve it with: keten contract "
                                "approve {} {}",
                                name, package->manifest.version.text(), name, package->manifest.version.text()));
}

int run_contract_approve(Console& console, const PackageOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto view = find_contract(administration->ledger(), options.name);
  if (!view) { return console.fail(view.error()); }
  const auto chosen = choose(*view, options.version, "waits for approval", [](const PackageView& package) {
    return !package.record.is_approved() && wall_ms() <= package.record.expires;
  });
  if (!chosen) { return console.fail(chosen.error()); }
  const auto& package = **chosen;
  const auto enacted = administration->enact(call_of(packages::kApprove, packages::ThePackage{package.hash}.encode()));
  if (!enacted) { return console.fail(enacted.error()); }
  const auto outcome = packages::VoteOutcome::decode(enacted->result);
  if (!outcome) { return console.fail(outcome.error()); }
  const auto version = package.record.version.text();
  return print_done(console, *administration, options.name, *enacted, options.output,
                    outcome->is_decided
                        ? fmt::format("{} {} is approved; it runs after: keten contract activate {} {}", options.name,
                                      version, options.name, version)
                        : fmt::format("{} has approved {} {}, {} of {}.", administration->organisation(), options.name,
                                      version, outcome->votes, outcome->needed));
}

int run_contract_withdraw(Console& console, const PackageOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file, "publisher");
  if (!administration) { return console.fail(administration.error()); }
  const auto view = find_contract(administration->ledger(), options.name);
  if (!view) { return console.fail(view.error()); }
  const auto chosen = choose(*view, options.version, "can be withdrawn",
                             [](const PackageView& package) { return !package.record.is_approved(); });
  if (!chosen) { return console.fail(chosen.error()); }
  const auto enacted =
      administration->enact(call_of(packages::kWithdraw, packages::ThePackage{(*chosen)->hash}.encode()));
  if (!enacted) { return console.fail(enacted.error()); }
  return print_done(console, *administration, options.name, *enacted, options.output,
                    fmt::format("Withdrawn: {} {}.", options.name, (*chosen)->record.version.text()));
}

int run_contract_activate(Console& console, const PackageOptions& options) {
  const auto administration = Administration::open(options.target, options.key_file);
  if (!administration) { return console.fail(administration.error()); }
  const auto view = find_contract(administration->ledger(), options.name);
  if (!view) { return console.fail(view.error()); }
  const auto chosen = choose(*view, options.version, "is approved",
                             [](const PackageView& package) { return package.record.is_approved(); });
  if (!chosen) { return console.fail(chosen.error()); }
  const auto& package = **chosen;
  const LedgerRows rows(administration->ledger());
  const auto stored = rows.get(packages::manifest_entry(package.hash));
  const auto manifest = packages::Manifest::decode(stored ? as_text(*stored) : std::string_view());
  if (!manifest) { return console.fail(manifest.error()); }
  const bool migrates = manifest->migration && view->record.running(rows.height()) != nullptr;
  if (migrates && options.height != 0) {
    return console.fail(
        invalid("USAGE", "a version with a migration begins with the transaction that runs it; leave --at away"));
  }
  const auto enacted = administration->enact(
      migrates ? call_of(packages::kUpgrade, packages::Upgrade{options.name, package.hash}.encode(),
                         limits::kFuelPerTransactionMax)
               : call_of(packages::kActivate,
                         packages::Activate{options.name, package.hash, Height{options.height}}.encode()));
  if (!enacted) { return console.fail(enacted.error()); }
  const auto from = options.height != 0 ? options.height : enacted->height.value + (migrates ? 0 : 1);
  return print_done(console, *administration, options.name, *enacted, options.output,
                    fmt::format("{} {} runs from height {} on{}.", options.name, package.record.version.text(), from,
                                migrates ? "; its migration has run" : ""));
}

int run_contract_freeze(Console& console, const PackageOptions& options) {
  return run_vote(console, options, Motion::freeze);
}
int run_contract_resume(Console& console, const PackageOptions& options) {
  return run_vote(console, options, Motion::resume);
}
int run_contract_retire(Console& console, const PackageOptions& options) {
  return run_vote(console, options, Motion::retire);
}
int run_contract_quota(Console& console, const PackageOptions& options) {
  return run_vote(console, options, Motion::quota);
}

int run_contract_status(Console& console, const PackageOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  const LedgerRows rows(*ledger);
  const auto names = options.name.empty() ? packages::read_contract_names(rows, kNamesMax) : std::vector{options.name};
  auto all = json::Value::array();
  for (const auto& name : names) {
    const auto view = packages::read_contract(rows, name, wall_ms());
    if (!view && !options.name.empty()) { return console.fail(no_contract(options.name)); }
    if (!view) { continue; }
    if (options.output == OutputForm::json) {
      all.push(packages::to_json(*view, rows.height(), wall_ms()).set("height", number_value(rows.height().value)));
    } else {
      print_contract(console, *view, rows.height());
    }
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(options.name.empty() ? all : all.items().front()) << "\n";
  } else if (names.empty()) {
    console.out << "No package was published yet.\n";
  }
  return kSuccess;
}

}  // namespace keten::tools

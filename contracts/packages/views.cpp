#include "contracts/packages/views.h"

#include <algorithm>
#include <array>

#include "contracts/governance/voices.h"
#include "contracts/state_row.h"

namespace keten::packages {
namespace {

using json::Value;

Value number(std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); }

Value list(const std::set<std::string>& words) {
  auto result = Value::array();
  for (const auto& word : words) { result.push(Value::string(word)); }
  return result;
}

std::string joined(const std::set<std::string>& words) {
  std::string result;
  for (const auto& word : words) { result += (result.empty() ? "" : ", ") + word; }
  return result;
}

std::string progress_text(std::string_view what, const std::set<std::string>& there,
                          const std::set<std::string>& missing, std::size_t needed) {
  auto result = std::to_string(there.size()) + " of " + std::to_string(needed) + " " + std::string(what);
  if (!there.empty()) { result += ": " + joined(there); }
  if (there.size() >= needed || missing.empty()) { return result; }
  const auto more = needed - there.size();
  const bool all = missing.size() == more;
  return result + "; missing " + (all ? "" : std::to_string(more) + " of ") + joined(missing);
}

std::set<std::string> missing_of(const governance::Voices& voices, const std::set<std::string>& there) {
  std::set<std::string> result;
  for (const auto& voice : voices.organisations()) {
    if (!there.contains(voice)) { result.insert(voice); }
  }
  return result;
}

Value to_json(const std::optional<Activation>& activation) {
  if (!activation) { return {}; }
  return Value::object()
      .set("version", Value::string(activation->version.text()))
      .set("package", Value::string(activation->package.hex()))
      .set("height", number(activation->height.value));
}

Value entries_json(const std::vector<Entry>& entries) {
  auto result = Value::object();
  for (const auto& entry : entries) { result.set(entry.name, Value::object().set("fuel", number(entry.fuel))); }
  return result;
}

}  // namespace

std::string PackageView::progress() const { return progress_text("approvals", approving, missing, needed); }
std::string MotionView::progress() const { return progress_text("votes", voters, missing, needed); }

const PackageView* ContractView::package(const Hash& hash) const {
  const auto found = std::ranges::find(packages, hash, &PackageView::hash);
  return found == packages.end() ? nullptr : &*found;
}

const PackageView* ContractView::version(const Version& version) const {
  const auto found =
      std::ranges::find_if(packages, [&](const PackageView& each) { return each.record.version == version; });
  return found == packages.end() ? nullptr : &*found;
}

std::string_view ContractView::standing(const PackageView& package, Height height, Milliseconds time) const {
  const auto* running = record.running(height);
  if (running != nullptr && running->package == package.hash) { return "active"; }
  if (record.scheduled && record.scheduled->package == package.hash) { return "scheduled"; }
  if (running != nullptr && package.record.version < running->version) { return "superseded"; }
  if (package.record.is_approved()) { return "approved"; }
  return time > package.record.expires ? "expired" : "published";
}

std::string ContractView::standing(Height height) const {
  if (record.retired != Height{}) { return "retired"; }
  const auto* running = record.running(height);
  const auto what = running == nullptr ? std::string("not active") : "active " + running->version.text();
  return record.frozen != Height{} ? "frozen, " + what : what;
}

std::optional<ContractView> read_contract(const contracts::StateReader& state, std::string_view name,
                                          Milliseconds time) {
  StateView store(state);
  Records records(store);
  auto record = records.contract(name);
  if (!record) { return std::nullopt; }
  governance::StateStore governance_store(state);
  governance::Records governance(governance_store);
  const governance::Voices voices(governance);
  ContractView view;
  view.name = name;
  view.record = std::move(*record);
  view.used = records.used(name);
  for (const auto& [version, hash] : records.versions(name)) {
    auto package = records.package(hash);
    contracts::expect_row(package.has_value(), "package of a version");
    std::set<std::string> approvals;
    for (const auto& [organisation, height] : package->approvals) { approvals.insert(organisation); }
    view.packages.push_back({.hash = hash,
                             .record = std::move(*package),
                             .approving = voices.approving(approvals),
                             .missing = missing_of(voices, approvals),
                             .needed = voices.needed()});
  }
  for (const auto motion : {Motion::freeze, Motion::resume, Motion::retire, Motion::quota}) {
    const auto votes = records.motion(name, motion);
    if (!votes) { continue; }
    std::set<std::uint64_t> values;
    for (const auto& [organisation, cast] : votes->votes) { values.insert(cast.value); }
    for (const auto value : values) {
      const auto voters = voices.approving(votes->voters(value, time));
      if (voters.empty()) { continue; }
      view.motions.push_back({.motion = motion,
                              .value = value,
                              .voters = voters,
                              .missing = missing_of(voices, voters),
                              .needed = voices.needed()});
    }
  }
  return view;
}

std::vector<std::string> read_contract_names(const contracts::StateReader& state, std::size_t most,
                                             std::string_view after) {
  StateView store(state);
  return Records(store).names(most, after);
}

json::Value to_json(const Manifest& manifest) {
  return Value::object()
      .set("name", Value::string(manifest.name))
      .set("version", Value::string(manifest.version.text()))
      .set("publisher", Value::string(manifest.publisher))
      .set("methods", entries_json(manifest.methods))
      .set("rules", entries_json(manifest.rules))
      .set("migration", manifest.migration ? entries_json({*manifest.migration}) : Value())
      .set("source", Value::string(manifest.source.hex()))
      .set("build", Value::string(manifest.build));
}

json::Value to_json(const ContractView& view, Height height, Milliseconds time) {
  auto packages = Value::array();
  for (const auto& package : view.packages) {
    packages.push(Value::object()
                      .set("version", Value::string(package.record.version.text()))
                      .set("package", Value::string(package.hash.hex()))
                      .set("standing", Value::string(std::string(view.standing(package, height, time))))
                      .set("published", number(package.record.published.value))
                      .set("transaction", Value::string(package.record.transaction.hex()))
                      .set("approved", package.record.is_approved() ? number(package.record.approved.value) : Value())
                      .set("expires", number(package.record.expires))
                      .set("approving", list(package.approving))
                      .set("missing", list(package.missing))
                      .set("needed", number(package.needed))
                      .set("progress", Value::string(package.progress())));
  }
  auto motions = Value::array();
  for (const auto& motion : view.motions) {
    motions.push(Value::object()
                     .set("motion", Value::string(std::string(motion_name(motion.motion))))
                     .set("value", number(motion.value))
                     .set("voters", list(motion.voters))
                     .set("missing", list(motion.missing))
                     .set("needed", number(motion.needed))
                     .set("progress", Value::string(motion.progress())));
  }
  const auto* running = view.record.running(height);
  const auto scheduled =
      view.record.scheduled && running != &*view.record.scheduled ? view.record.scheduled : std::nullopt;
  return Value::object()
      .set("name", Value::string(view.name))
      .set("publisher", Value::string(view.record.publisher))
      .set("standing", Value::string(view.standing(height)))
      .set("active", to_json(running != nullptr ? std::optional(*running) : std::nullopt))
      .set("scheduled", to_json(scheduled))
      .set("frozen", view.record.frozen == Height{} ? Value() : number(view.record.frozen.value))
      .set("retired", view.record.retired == Height{} ? Value() : number(view.record.retired.value))
      .set("stateBytes", number(view.used))
      .set("stateBytesMax", number(view.record.quota))
      .set("packages", std::move(packages))
      .set("votes", std::move(motions));
}

}  // namespace keten::packages

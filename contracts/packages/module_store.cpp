#include "contracts/packages/module_store.h"

#include <string>
#include <utility>

#include "contracts/guest_functions.h"
#include "contracts/packages/records.h"
#include "contracts/state_row.h"
#include "core/check.h"

namespace keten::packages {
namespace {

constexpr std::string_view kInitialize = "_initialize";
constexpr std::uint64_t kFuelPerStart = 1000;
constexpr std::size_t kStartBytesPerUnit = 64;  // of the module

Error no_package(const Hash& package) {
  return failure(ErrorKind::not_found, "UNKNOWN_PACKAGE", "no package " + package.hex() + " was published");
}

Status check_exports(const vm::Program& program, const Manifest& manifest) {
  const auto check = [&](const Entry& entry, std::string_view what) -> Status {
    const auto function = program.find_function(entry.name);
    if (function && program.type_of(*function) == vm::FunctionType{}) { return kDone; }
    return invalid("MODULE_EXPORT", "the manifest names " + std::string(what) + " '" + entry.name +
                                        "', but the module exports no function of that name with type () -> ()");
  };
  for (const auto& entry : manifest.methods) {
    if (auto found = check(entry, "method"); !found) { return found; }
  }
  for (const auto& entry : manifest.rules) {
    if (auto found = check(entry, "rule"); !found) { return found; }
  }
  return manifest.migration ? check(*manifest.migration, "migration") : kDone;
}

/// What a guest takes, about: registers and frames of the interpreter, the memory that its calls have used, and the translated code.
std::size_t memory_of(const Guest& guest) {
  const auto& program = guest.instance.program();
  return program.limits.slots * sizeof(std::uint64_t) + program.limits.call_depth * sizeof(vm::Frame) +
         guest.instance.memory_bytes_used() + program.code.size() * sizeof(vm::Op) + guest.module_bytes +
         guest.beginnings.bytes();
}

/// Reads of another contract's transaction, charged there.
class ReadFrom final : public governance::Store {
 public:
  explicit ReadFrom(contracts::Context& context) : context_(context) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) override { return context_.read(full_key(key)); }
  void put(ByteView /*key*/, Bytes /*value*/) override { CHECK(false); }
  void erase(ByteView /*key*/) override { CHECK(false); }
  void scan(ByteView /*first*/, ByteView /*end*/, const contracts::StateReader::Visit& /*visit*/) override {
    CHECK(false);
  }

 private:
  contracts::Context& context_;
};

}  // namespace

Result<std::unique_ptr<Guest>> make_guest(Manifest manifest, ByteView module) {
  StartFuel fuel;
  return make_guest(std::move(manifest), module, fuel);
}

Result<std::unique_ptr<Guest>> make_guest(Manifest manifest, ByteView module, StartFuel& fuel) {
  auto compiled = vm::compile(module, contracts::guest::offers());
  if (!compiled) { return compiled.error(); }
  if (auto exports = check_exports(**compiled, manifest); !exports) { return exports.error(); }
  const auto initialize = (*compiled)->find_function(kInitialize);
  auto guest = std::make_unique<Guest>(Guest{std::move(manifest), vm::Instance(std::move(*compiled)), module.size()});
  if (!initialize) { return guest; }
  auto& instance = guest->instance;
  if (instance.program().type_of(*initialize) != vm::FunctionType{}) {
    return invalid("MODULE_INITIALIZE", "the module exports _initialize with another type than () -> ()");
  }
  const auto outcome = instance.call(*initialize, {}, fuel.most);
  fuel.used = outcome.fuel_used;
  fuel.ran_out = outcome.ending == vm::Ending::out_of_fuel;
  if (!outcome.returned()) {
    return invalid("MODULE_INITIALIZE", "_initialize runs once, without host functions and with " +
                                            std::to_string(limits::kInitializeFuelMax) +
                                            " units of fuel; it ended with " + outcome.text());
  }
  instance.keep();
  return guest;
}

ModuleStore::Made ModuleStore::made(const Hash& of) const {
  const auto found = made_.find(of);
  return found == made_.end() ? nullptr : found->second.value;
}

void ModuleStore::keep_made(const Hash& of, Made made, std::size_t bytes) {
  const auto most = bytes_max_ / 4;
  if (bytes > most || !made_.emplace(of, MadeOnce{std::move(made), bytes}).second) { return; }
  made_order_.push_back(of);
  made_bytes_ += bytes;
  while (made_bytes_ > most) {
    const auto oldest = made_.find(made_order_.front());
    made_bytes_ -= oldest->second.bytes;
    made_.erase(oldest);
    made_order_.pop_front();
  }
}

/// The guest used longest ago.
void ModuleStore::drop_last() {
  auto last = std::move(kept_.back());
  kept_.pop_back();
  bytes_ -= last.bytes;
  places_.erase(last.package);
  auto& guest = *last.guest;
  Asleep one{last.package, std::move(guest.manifest), guest.instance.module(), {}, guest.module_bytes};
  one.image = std::move(guest.instance).take_image();
  one.bytes = one.program->code.size() * sizeof(vm::Op) + one.module_bytes + one.image.bytes.size() +
              one.image.places.size() * sizeof(std::uint32_t);
  asleep_bytes_ += one.bytes;
  asleep_.push_front(std::move(one));
  asleep_places_.emplace(last.package, asleep_.begin());
  while (asleep_bytes_ > bytes_max_) {
    asleep_bytes_ -= asleep_.back().bytes;
    asleep_places_.erase(asleep_.back().package);
    asleep_.pop_back();
  }
}

/// Null when it does not sleep here.
std::unique_ptr<Guest> ModuleStore::wake(const Hash& package) {
  const auto place = asleep_places_.find(package);
  if (place == asleep_places_.end()) { return nullptr; }
  auto& one = *place->second;
  auto guest = std::make_unique<Guest>(
      Guest{std::move(one.manifest), vm::Instance(std::move(one.program), std::move(one.image)), one.module_bytes});
  asleep_bytes_ -= one.bytes;
  asleep_.erase(place->second);
  asleep_places_.erase(place);
  return guest;
}

Guest* ModuleStore::find(const Hash& package, const contracts::StateReader& state) {
  if (!kept_.empty()) {  // it may have grown since it was given out
    auto& last = kept_.front();
    bytes_ -= last.bytes;
    last.bytes = memory_of(*last.guest);
    bytes_ += last.bytes;
  }
  if (const auto place = places_.find(package); place != places_.end()) {
    kept_.splice(kept_.begin(), kept_, place->second);
    kept_.front().guest->instance.watch(watch_);
    return kept_.front().guest.get();
  }
  // Who withdraws a package takes its rows: a call of it finds none.
  if (!state.get(manifest_entry(package))) { return nullptr; }
  auto guest = wake(package);
  if (!guest) {
    const auto manifest = state.get(manifest_entry(package));
    const auto module = state.get(module_entry(package));
    if (!manifest || !module) { return nullptr; }
    auto made = make_guest(contracts::row_value(Manifest::decode(as_text(*manifest)), "manifest"), *module);
    contracts::expect_row(made.ok(), "module");  // as it was when it was published
    guest = std::move(*made);
  }
  const auto bytes = memory_of(*guest);
  while (!kept_.empty() && bytes_ + bytes > bytes_max_) { drop_last(); }
  kept_.push_front({package, std::move(guest), bytes});
  places_.emplace(package, kept_.begin());
  bytes_ += bytes;
  kept_.front().guest->instance.watch(watch_);
  return kept_.front().guest.get();
}

Result<Guest*> start_guest(contracts::Context& context, const Hash& package) {
  context.charge(kFuelPerStart);
  auto* guest = context.modules().find(package, context.before());
  if (guest == nullptr) { return no_package(package); }
  context.charge(guest->module_bytes / kStartBytesPerUnit);
  return guest;
}

Status check_usable(contracts::Context& context, const Hash& package) {
  ReadFrom store(context);
  Records records(store);
  const auto record = records.package(package);
  if (!record) { return no_package(package); }
  const auto what = record->name + " " + record->version.text();
  if (!record->is_approved()) {
    return failure(ErrorKind::refused, "NOT_APPROVED",
                   "package " + what + " is not approved yet; `keten contract status " + record->name +
                       "` says whose approval is missing");
  }
  const auto contract = records.contract(record->name);
  contracts::expect_row(contract.has_value(), "contract of a package");
  if (contract->retired != Height{}) {
    return failure(ErrorKind::refused, "CONTRACT_RETIRED",
                   "contract " + record->name + " was retired at height " + contract->retired.text());
  }
  if (contract->frozen != Height{}) {
    return failure(ErrorKind::refused, "CONTRACT_FROZEN",
                   "contract " + record->name + " is frozen since height " + contract->frozen.text());
  }
  return kDone;
}

}  // namespace keten::packages

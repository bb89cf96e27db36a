#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "contracts/contract.h"
#include "contracts/packages/limits.h"
#include "contracts/packages/manifest.h"
#include "contracts/vm/beginnings.h"
#include "contracts/vm/instance.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"

namespace keten::packages {

/// The module of a package, ready to run.
struct Guest {
  Manifest manifest;
  vm::Instance instance;
  std::size_t module_bytes = 0;
  vm::Beginnings beginnings = {};
};

/// What making a guest ready may use, and has used, also when it failed.
struct StartFuel {
  std::uint64_t most = limits::kInitializeFuelMax;
  std::uint64_t used = 0;
  bool ran_out = false;
};

/// Checks a module against its manifest and makes it ready: compiled for keten_abi_1, every function that the manifest names
/// exported with type () -> (), and `_initialize`, when the module exports it, run once without host functions. Costs about 100 ns a
/// byte. Fails with the reasons of vm::compile, MODULE_EXPORT or MODULE_INITIALIZE.
[[nodiscard]] Result<std::unique_ptr<Guest>> make_guest(Manifest manifest, ByteView module, StartFuel& fuel);
[[nodiscard]] Result<std::unique_ptr<Guest>> make_guest(Manifest manifest, ByteView module);

/// Guests of published packages, made when they are first needed and kept as long as there is room; the one used longest ago goes
/// first. Of what goes, the translated program and the beginning stay as long as there is as much room again, so that it is soon
/// ready once more: translating and _initialize cost more than a call pays for. Owned by whoever
/// drives execution, for one thread; what is in it changes time and never a result or its fuel, because a package's hash
/// determines everything about its guest.
class ModuleStore {
 public:
  explicit ModuleStore(std::size_t bytes_max = limits::kStoreBytesDefault) : bytes_max_(bytes_max) {}

  /// The guest of a published package, valid until the next call; null when the state has no such package.
  /// Precondition: no guest of this store is running.
  [[nodiscard]] Guest* find(const Hash& package, const contracts::StateReader& state);

  /// What a pure function has made of bytes with this hash, for contracts whose terms are read again and again; null when it is not
  /// kept. Like guests, it changes time and nothing else.
  using Made = std::shared_ptr<const void>;
  [[nodiscard]] Made made(const Hash& of) const;
  /// `bytes`: estimated memory. The oldest goes first.
  void keep_made(const Hash& of, Made made, std::size_t bytes);

  /// Who sees the host functions that guests call from now on; null: nobody. It changes nothing but time.
  void watch(vm::HostWatch* watch) { watch_ = watch; }

  [[nodiscard]] std::size_t size() const { return kept_.size(); }
  [[nodiscard]] std::size_t sleeping() const { return asleep_.size(); }  ///< programs without an instance
  [[nodiscard]] std::size_t bytes() const { return bytes_; }             ///< estimated memory

 private:
  struct Asleep {
    Hash package;
    Manifest manifest;
    vm::Module program;
    vm::Image image;
    std::size_t module_bytes = 0;
    std::size_t bytes = 0;
  };
  void drop_last();
  [[nodiscard]] std::unique_ptr<Guest> wake(const Hash& package);

  struct Kept {
    Hash package;
    std::unique_ptr<Guest> guest;
    std::size_t bytes = 0;
  };
  std::size_t bytes_max_;
  vm::HostWatch* watch_ = nullptr;
  std::size_t bytes_ = 0;
  std::list<Kept> kept_;  ///< used last first
  std::map<Hash, std::list<Kept>::iterator> places_;
  std::list<Asleep> asleep_;  ///< dropped last first
  std::map<Hash, std::list<Asleep>::iterator> asleep_places_;
  std::size_t asleep_bytes_ = 0;

  struct MadeOnce {
    Made value;
    std::size_t bytes = 0;
  };
  std::map<Hash, MadeOnce> made_;
  std::list<Hash> made_order_;  ///< oldest first
  std::size_t made_bytes_ = 0;
};

/// The guest of a published package for the running transaction, which pays for its start. `instance` is as after its start and goes to
/// guest::call. Fails with UNKNOWN_PACKAGE; throws Abort{OUT_OF_FUEL}.
[[nodiscard]] Result<Guest*> start_guest(contracts::Context& context, const Hash& package);

/// Whether rules of a package may be signed and run: it was approved, and its contract is neither frozen nor retired. For other
/// contracts than `contracts`. Fails with UNKNOWN_PACKAGE, NOT_APPROVED, CONTRACT_FROZEN or CONTRACT_RETIRED.
[[nodiscard]] Status check_usable(contracts::Context& context, const Hash& package);

}  // namespace keten::packages

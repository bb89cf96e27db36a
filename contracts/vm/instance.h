#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "contracts/vm/machine.h"
#include "contracts/vm/module.h"

namespace keten::vm {

/// How one call ended. Equal on every machine and with every compiler.
struct Outcome {
  Ending ending = Ending::returned;
  Trap trap = Trap::none;
  std::uint64_t value = 0;       ///< the result when it returned; an i32 has its upper half zero
  std::uint64_t fuel_used = 0;   ///< all of it when it ran out of fuel
  std::uint32_t function = 0;    ///< that was running when the call ended otherwise than by returning
  std::optional<Error> failure;  ///< of the host

  [[nodiscard]] bool returned() const { return ending == Ending::returned; }
  /// For people, as in "trap: integer divide by zero in function 12".
  [[nodiscard]] std::string text() const;
};

/// Stands between a guest and the host, for people who look for a fault: sees every call of a host function and passes it on.
class HostWatch {
 public:
  virtual ~HostWatch() = default;
  /// Calls host.call(offer, call), once, and gives its answer.
  virtual HostResult call(Host& host, std::uint32_t offer, HostCall& call) = 0;
};

enum class Dispatch : std::uint8_t { threaded, switched };

/// Where a call was paused: all that it had changed by then. Of one instance, which goes on from here as often as it is asked to.
struct Paused {
  struct Piece {
    std::uint64_t address = 0;
    std::uint32_t bytes = 0;
    bool is_dirty = false;  ///< else it is only the end of a write that began in the piece before
  };
  std::vector<Piece> pieces;
  Bytes memory;  ///< of all pieces, in their order
  std::uint32_t pages = 0;
  std::vector<std::uint64_t> globals;
  std::vector<std::uint64_t> slots;
  std::vector<Frame> frames;
  const Op* pc = nullptr;
  std::uint64_t* base = nullptr;
  std::uint32_t function = 0;  ///< that was called
  [[nodiscard]] std::size_t bytes() const;
};

/// The state that `reset` goes back to, without the room to run in: some kilobytes.
struct Image {
  std::vector<std::uint32_t> places;  ///< of each piece of the memory in `bytes`
  Bytes bytes;
  std::vector<std::uint64_t> globals;
  std::uint32_t pages = 0;
};

/// Memory and globals of one use of a module. Made once and reused: `reset` puts back what calls have changed, in time
/// that depends on what they changed. One thread at a time.
class Instance {
 public:
  explicit Instance(Module module, Dispatch dispatch = Dispatch::threaded);
  /// As an instance of the same module was after its last `keep`.
  Instance(Module module, Image image);

  /// `function` is an index from Program::find_function, `arguments` are of its type. State stays as the call leaves it.
  Outcome call(std::uint32_t function, std::span<const std::uint64_t> arguments, std::uint64_t fuel, Host& host);
  Outcome call(std::uint32_t function, std::span<const std::uint64_t> arguments, std::uint64_t fuel);

  /// Precondition of both: the last call was paused, and nothing has changed since. `go_on` gives the outcome of the rest, with the
  /// fuel that the rest has used.
  [[nodiscard]] Paused paused() const;
  Outcome go_on(std::uint64_t fuel, Host& host);
  /// Goes on from there once more. Precondition: the instance was reset, and no `keep` came since it was paused.
  Outcome go_on_from(const Paused& place, std::uint64_t fuel, Host& host);

  /// From the next call on; null: nobody. It must outlive those calls.
  void watch(HostWatch* watch) { watch_ = watch; }
  [[nodiscard]] bool is_watched() const { return watch_ != nullptr; }

  /// Back to the state after instantiation, or after the last `keep`.
  void reset();
  /// What `reset` goes back to from now on is the present state.
  void keep();
  /// Of an instance that is not used any more.
  [[nodiscard]] Image take_image() &&;

  [[nodiscard]] ByteView memory() const { return {memory_.get(), machine_.memory_bytes}; }
  /// The most that any call had: a system keeps pages that were written once.
  [[nodiscard]] std::uint64_t memory_bytes_used() const { return memory_bytes_used_; }
  [[nodiscard]] std::uint64_t global(std::uint32_t index) const { return globals_[index]; }
  [[nodiscard]] const Program& program() const { return *program_; }
  [[nodiscard]] const Module& module() const { return program_; }
  [[nodiscard]] bool running() const { return running_; }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const { std::free(memory); }  // NOLINT: calloc gives zero pages for nothing
  };
  void make_room();
  void restore(std::uint32_t granule, std::uint32_t bytes);
  Outcome run(std::uint64_t fuel, Host& host);
  [[nodiscard]] std::uint32_t granules() const { return static_cast<std::uint32_t>(dirty_.size()); }

  Module program_;
  Dispatch dispatch_;
  HostWatch* watch_ = nullptr;
  std::unique_ptr<std::uint8_t, Free> memory_;
  std::uint64_t memory_bytes_max_ = 0;
  std::uint64_t memory_bytes_used_ = 0;
  std::vector<std::uint8_t> dirty_;
  std::vector<std::uint64_t> globals_;
  std::vector<std::uint64_t> slots_;
  std::vector<Frame> frames_;
  Machine machine_;
  bool running_ = false;

  // What `reset` goes back to. A granule without a place in the image is zero.
  Image image_;
};

}  // namespace keten::vm

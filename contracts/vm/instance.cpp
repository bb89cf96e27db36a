#include "contracts/vm/instance.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "contracts/vm/fuel.h"
#include "core/check.h"

namespace keten::vm {
namespace {

constexpr std::uint32_t kNoPlace = 0xFFFF'FFFF;

class NoHost final : public Host {
 public:
  HostResult call(std::uint32_t /*offer*/, HostCall& /*call*/) override {
    return HostResult::error(failure(ErrorKind::unsupported, "NO_HOST", "the call was made without host functions"));
  }
};

class Watched final : public Host {
 public:
  Watched(HostWatch* watch, Host& host) : watch_(watch), host_(host) {}
  HostResult call(std::uint32_t offer, HostCall& call) override { return watch_->call(host_, offer, call); }

 private:
  HostWatch* watch_;
  Host& host_;
};

}  // namespace

std::string Outcome::text() const {
  switch (ending) {
    case Ending::returned: return "returned";
    case Ending::trapped: return fmt::format("trap: {} in function {}", name_of(trap), function);
    case Ending::out_of_fuel: return fmt::format("out of fuel in function {}", function);
    case Ending::host_error:
      return fmt::format("{}: {} in function {}", failure ? failure->reason : "", failure ? failure->message : "",
                         function);
    case Ending::paused: return fmt::format("paused in function {}", function);
  }
  return {};
}

Instance::Instance(Module module, Dispatch dispatch) : program_(std::move(module)), dispatch_(dispatch) {
  make_room();
  image_.places.assign(dirty_.size(), kNoPlace);
  for (const auto& segment : program_->data) {
    if (segment.bytes.empty()) { continue; }
    std::memcpy(memory_.get() + segment.offset, segment.bytes.data(), segment.bytes.size());
    machine_.mark(segment.offset, segment.bytes.size());
  }
  keep();
}

Instance::Instance(Module module, Image image)
    : program_(std::move(module)), dispatch_(Dispatch::threaded), image_(std::move(image)) {
  make_room();
  CHECK(image_.places.size() == dirty_.size() && image_.globals.size() == globals_.size());
  for (std::uint32_t i = 0; i < granules(); ++i) {
    if (image_.places[i] != kNoPlace) { restore(i, kGranuleBytes); }
  }
  reset();
}

/// For memory, registers and frames; memory is zero and globals are as the module says.
void Instance::make_room() {
  const auto& program = *program_;
  memory_bytes_max_ = std::uint64_t{program.memory_pages_max} * kPageBytes;
  if (memory_bytes_max_ > 0) {
    memory_.reset(static_cast<std::uint8_t*>(std::calloc(memory_bytes_max_, 1)));
    if (!memory_) { throw std::bad_alloc(); }
  }
  dirty_.assign(memory_bytes_max_ >> kGranuleShift, 0);
  for (const auto& global : program.globals) { globals_.push_back(global.initial); }
  slots_.resize(program.limits.slots);
  frames_.resize(program.limits.call_depth);
  machine_.program = program_.get();
  machine_.memory = memory_.get();
  machine_.pages = program.memory_pages;
  machine_.memory_bytes = std::uint64_t{program.memory_pages} * kPageBytes;
  machine_.dirty = dirty_.data();
  machine_.globals = globals_.data();
  machine_.slots = slots_.data();
  machine_.slots_end = slots_.data() + slots_.size();
  machine_.frames = frames_.data();
  machine_.frames_end = frames_.data() + frames_.size();
  machine_.page_cost = program.limits.count_instructions ? 0 : fuel::kMemoryPage;
  machine_.bulk_cost = program.limits.count_instructions ? 0 : 1;
}

Image Instance::take_image() && {
  CHECK(!running_);
  return std::move(image_);
}

Outcome Instance::call(std::uint32_t function, std::span<const std::uint64_t> arguments, std::uint64_t fuel) {
  NoHost host;
  return call(function, arguments, fuel, host);
}

Outcome Instance::call(std::uint32_t function, std::span<const std::uint64_t> arguments, std::uint64_t fuel,
                       Host& host) {
  CHECK(!running_ && function < program_->functions.size());
  const auto& type = program_->type_of(function);
  CHECK(arguments.size() == type.parameters.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    slots_[i] = type.parameters[i] == ValueType::i32 ? static_cast<std::uint32_t>(arguments[i]) : arguments[i];
  }
  machine_.function = function;
  machine_.goes_on = false;
  return run(fuel, host);
}

Outcome Instance::go_on(std::uint64_t fuel, Host& host) {
  CHECK(!running_ && machine_.ending == Ending::paused);
  machine_.goes_on = true;
  return run(fuel, host);
}

Outcome Instance::run(std::uint64_t fuel, Host& host) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
  const auto limit = static_cast<std::int64_t>(std::min(fuel, kMost));
  machine_.fuel = limit;
  Watched watched(watch_, host);
  machine_.host = watch_ != nullptr ? static_cast<Host*>(&watched) : &host;
  machine_.ending = Ending::returned;
  machine_.trap = Trap::none;
  running_ = true;
  if (dispatch_ == Dispatch::threaded) {
    interpret_threaded(machine_);
  } else {
    interpret_switched(machine_);
  }
  running_ = false;
  Outcome outcome;
  outcome.ending = machine_.ending;
  outcome.trap = machine_.trap;
  if (machine_.ending == Ending::out_of_fuel) { machine_.fuel = 0; }
  outcome.fuel_used = static_cast<std::uint64_t>(limit - machine_.fuel);
  if (machine_.ending == Ending::returned) {
    if (program_->type_of(machine_.function).result) { outcome.value = slots_[0]; }
    return outcome;
  }
  // Functions lie in the code in the order of their indices.
  const auto place = static_cast<std::uint32_t>(machine_.pc - program_->code.data());
  const auto after = std::upper_bound(program_->functions.begin(), program_->functions.end(), place,
                                      [](std::uint32_t at, const FunctionCode& one) { return at < one.entry; });
  outcome.function = static_cast<std::uint32_t>(after - program_->functions.begin() - 1);
  outcome.failure = std::move(machine_.failure);
  machine_.failure.reset();
  return outcome;
}

std::size_t Paused::bytes() const {
  return sizeof(Paused) + pieces.size() * sizeof(Piece) + memory.size() + globals.size() * sizeof(globals.front()) +
         slots.size() * sizeof(slots.front()) + frames.size() * sizeof(Frame);
}

Paused Instance::paused() const {
  CHECK(!running_ && machine_.ending == Ending::paused);
  Paused place;
  const auto add = [&](std::uint32_t granule, std::uint32_t bytes, bool is_dirty) {
    const auto address = std::uint64_t{granule} << kGranuleShift;
    const auto* from = memory_.get() + address;
    place.memory.insert(place.memory.end(), from, from + bytes);
    place.pieces.push_back({address, bytes, is_dirty});
  };
  for (std::uint32_t i = 0; i < granules(); ++i) {
    if (dirty_[i] != 0) {
      add(i, kGranuleBytes, true);
    } else if (i > 0 && dirty_[i - 1] != 0) {
      add(i, 8, false);
    }
  }
  place.pages = machine_.pages;
  place.globals = globals_;
  // Registers beyond those of the running function are written before they are read.
  const auto at = static_cast<std::uint32_t>(machine_.pc - program_->code.data());
  const auto after = std::upper_bound(program_->functions.begin(), program_->functions.end(), at,
                                      [](std::uint32_t one, const FunctionCode& other) { return one < other.entry; });
  const auto used = (machine_.registers - machine_.slots) + std::prev(after)->registers;
  place.slots.assign(slots_.begin(), slots_.begin() + used);
  place.frames.assign(frames_.begin(), frames_.begin() + (machine_.frame - machine_.frames));
  place.pc = machine_.pc;
  place.base = machine_.registers;
  place.function = machine_.function;
  return place;
}

Outcome Instance::go_on_from(const Paused& place, std::uint64_t fuel, Host& host) {
  CHECK(!running_);
  const auto* from = place.memory.data();
  for (const auto& piece : place.pieces) {
    std::memcpy(memory_.get() + piece.address, from, piece.bytes);
    if (piece.is_dirty) { dirty_[piece.address >> kGranuleShift] = 1; }
    from += piece.bytes;
  }
  machine_.pages = place.pages;
  machine_.memory_bytes = std::uint64_t{place.pages} * kPageBytes;
  std::copy(place.globals.begin(), place.globals.end(), globals_.begin());
  std::copy(place.slots.begin(), place.slots.end(), slots_.begin());
  std::copy(place.frames.begin(), place.frames.end(), frames_.begin());
  machine_.pc = place.pc;
  machine_.registers = place.base;
  machine_.frame = machine_.frames + place.frames.size();
  machine_.function = place.function;
  machine_.ending = Ending::paused;
  return go_on(fuel, host);
}

void Instance::restore(std::uint32_t granule, std::uint32_t bytes) {
  auto* place = memory_.get() + (std::size_t{granule} << kGranuleShift);
  if (image_.places[granule] == kNoPlace) {
    std::memset(place, 0, bytes);
  } else {
    std::memcpy(place, image_.bytes.data() + image_.places[granule], bytes);
  }
}

void Instance::reset() {
  running_ = false;
  memory_bytes_used_ = std::max(memory_bytes_used_, machine_.memory_bytes);
  const auto count = granules();
  for (std::uint32_t start = 0; start < count; start += 8) {
    std::uint64_t any = 0;
    std::memcpy(&any, dirty_.data() + start, 8);
    if (any == 0) { continue; }
    for (auto i = start; i < start + 8; ++i) {
      if (dirty_[i] == 0) { continue; }
      restore(i, kGranuleBytes);
      if (i + 1 < count && dirty_[i + 1] == 0) { restore(i + 1, 8); }
    }
  }
  // Only now: a piece that is restored in part must not hide that it was written itself.
  std::memset(dirty_.data(), 0, dirty_.size());
  machine_.pages = image_.pages;
  machine_.memory_bytes = std::uint64_t{image_.pages} * kPageBytes;
  std::copy(image_.globals.begin(), image_.globals.end(), globals_.begin());
}

void Instance::keep() {
  CHECK(!running_);
  const auto count = granules();
  for (std::uint32_t i = 0; i < count; ++i) {
    if (dirty_[i] == 0 && (i == 0 || dirty_[i - 1] == 0)) { continue; }
    if (image_.places[i] == kNoPlace) {
      image_.places[i] = static_cast<std::uint32_t>(image_.bytes.size());
      image_.bytes.resize(image_.bytes.size() + kGranuleBytes);
    }
    std::memcpy(image_.bytes.data() + image_.places[i], memory_.get() + (std::size_t{i} << kGranuleShift),
                kGranuleBytes);
  }
  std::fill(dirty_.begin(), dirty_.end(), std::uint8_t{0});
  image_.pages = machine_.pages;
  image_.globals = globals_;
  memory_bytes_used_ = std::max(memory_bytes_used_, machine_.memory_bytes);
}

}  // namespace keten::vm

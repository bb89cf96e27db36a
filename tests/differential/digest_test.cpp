#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "core/hash.h"
#include "tests/differential/calls.h"
#include "tests/differential/module_generator.h"

// Results and fuel of random calls, folded into digests that every compiler, every level of optimisation, both ways of
// dispatch and every sanitizer must reproduce: tests/differential/digests.txt.
namespace keten::vm {
namespace {

constexpr std::size_t kCalls = 10'000;
constexpr std::size_t kBoundaryCalls = 50;
constexpr std::uint64_t kBoundaryFuelMin = 100;
constexpr std::uint64_t kBoundaryFuelMax = 1500;

class Digests {
 public:
  explicit Digests(Dispatch dispatch) : dispatch_(dispatch) {}

  /// One line for the file.
  std::string run() {
    std::size_t boundary_calls = 0;
    for (std::uint64_t seed = 0; calls_ < kCalls; ++seed) {
      Choices choices(seed);
      const auto module = compile(generate_module(choices).encode(), {});
      BOOST_REQUIRE_MESSAGE(module.ok(), (module.ok() ? "" : module.error().message));
      Instance instance(*module, dispatch_);
      for (const auto function : exported_functions(**module)) {
        const auto outcome = instance.call(function, {}, kCallFuel);
        fold(calls_hash_, instance, outcome);
        calls_hash_.number(digest(instance.memory()));
        count(outcome);
        instance.reset();
        const bool suits = outcome.fuel_used >= kBoundaryFuelMin && outcome.fuel_used <= kBoundaryFuelMax;
        if (suits && boundary_calls < kBoundaryCalls) {
          ++boundary_calls;
          every_boundary(instance, function, outcome.fuel_used);
        }
        if (++calls_ == kCalls) { break; }
      }
    }
    BOOST_TEST(boundary_calls == kBoundaryCalls);
    std::ostringstream text;
    text << calls_ << " calls: " << returned_ << " returned, " << trapped_ << " trapped, " << out_of_fuel_
         << " ran out of fuel; " << fuel_ << " fuel; " << calls_hash_.finish().hex() << '\n'
         << boundary_calls << " calls with every smaller amount of fuel: " << boundaries_ << " calls; "
         << boundaries_hash_.finish().hex() << '\n';
    return text.str();
  }

 private:
  static void fold(Hasher& hash, const Instance& instance, const Outcome& outcome) {
    hash.sized(outcome.text()).number(outcome.value).number(outcome.fuel_used);
    for (std::uint32_t i = 0; i < instance.program().globals.size(); ++i) { hash.number(instance.global(i)); }
  }
  void count(const Outcome& outcome) {
    fuel_ += outcome.fuel_used;
    returned_ += outcome.ending == Ending::returned ? 1 : 0;
    trapped_ += outcome.ending == Ending::trapped ? 1 : 0;
    out_of_fuel_ += outcome.ending == Ending::out_of_fuel ? 1 : 0;
  }
  void every_boundary(Instance& instance, std::uint32_t function, std::uint64_t enough) {
    for (std::uint64_t fuel = 0; fuel < enough; ++fuel) {
      const auto outcome = instance.call(function, {}, fuel);
      BOOST_REQUIRE((outcome.ending == Ending::out_of_fuel && outcome.fuel_used == fuel));
      fold(boundaries_hash_, instance, outcome);
      if (fuel % 64 == 0) { boundaries_hash_.number(digest(instance.memory())); }
      instance.reset();
      ++boundaries_;
    }
  }

  Dispatch dispatch_;
  std::size_t calls_ = 0;
  std::size_t boundaries_ = 0;
  std::size_t returned_ = 0;
  std::size_t trapped_ = 0;
  std::size_t out_of_fuel_ = 0;
  std::uint64_t fuel_ = 0;
  Hasher calls_hash_{"keten/test/vm/calls"};
  Hasher boundaries_hash_{"keten/test/vm/boundaries"};
};

BOOST_AUTO_TEST_SUITE(vm_digest)

BOOST_AUTO_TEST_CASE(ten_thousand_calls_and_every_boundary_of_fifty_end_the_same_in_every_build) {
  constexpr const char* kPath = "tests/differential/digests.txt";
  const auto threaded = Digests(Dispatch::threaded).run();
  BOOST_TEST(Digests(Dispatch::switched).run() == threaded);
  if (const char* write = std::getenv("KETEN_GOLDEN_WRITE"); write != nullptr && std::string(write) == "1") {
    std::ofstream(kPath, std::ios::binary) << threaded;
    return;
  }
  std::ifstream file(kPath, std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(stored == threaded);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm

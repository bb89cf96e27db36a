#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace keten::simulator::twins {

/// Twins (Bano et al., 2020): some validators run twice with one key, and a script says who hears whom in each of the first
/// rounds. Equivocation, double votes and amnesia follow by themselves, in every combination.
struct Scenario {
  std::size_t validators = 4;
  std::vector<std::size_t> twins;  ///< who runs twice: leader of view k + 1, ascending
  /// For each round the group of each process: validators first, then the second copies. Only one group hears itself.
  std::vector<std::vector<std::uint8_t>> rounds;
};

/// Of 4 validators, one of them twice, and three rounds there are 4 * 52^3: who is twice, and how five processes may be
/// split in each round. Those that differ only in the names of the two copies are one.
inline constexpr std::uint64_t kScenariosOfFour = 4ULL * 52 * 52 * 52;
/// Number 1 to kScenariosOfFour. False for one whose mirror image has a lower number.
bool scenario_of_four(std::uint64_t number, Scenario& scenario);
/// Of 7 validators, two of them twice, and four rounds: drawn by the seed.
Scenario scenario_of_seven(std::uint64_t seed);

struct Result {
  std::vector<std::string> violations;
  std::uint64_t conflicts = 0;  ///< pairs of contradicting votes that one honest validator got
  std::uint64_t alarms = 0;     ///< honest validators that named a twin for it
  std::uint64_t messages = 0;
  std::uint64_t twice_led = 0;  ///< scripted views with two proposals of one key
};
/// Plays the script with real engines, then lets everybody hear everybody. `transcript` is borrowed and may be null.
Result play(const Scenario& scenario, std::ostream* transcript = nullptr);

struct Options {
  std::size_t validators = 4;  ///< 4 or 7
  std::uint64_t first = 1;
  std::uint64_t last = 0;   ///< 0: all of four, 1000 of seven
  std::uint64_t every = 1;  ///< takes a share of them, spread evenly
  unsigned threads = 2;
  std::ostream* transcript = nullptr;
};
struct Summary {
  std::uint64_t played = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t alarms = 0;
  std::uint64_t messages = 0;
  std::uint64_t twice_led = 0;
  std::vector<std::string> violations;  ///< with the line that repeats it
  double seconds = 0;
};
Summary run(const Options& options);
std::string to_table(const Options& options, const Summary& summary);
std::string to_json(const Options& options, const Summary& summary);

}  // namespace keten::simulator::twins

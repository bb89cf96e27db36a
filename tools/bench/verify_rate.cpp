#include "tools/bench/verify_rate.h"

#include <algorithm>
#include <thread>

#include "core/check.h"
#include "core/hash.h"
#include "core/keys.h"

namespace keten::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Different keys and messages, as a node meets them.
double verify_for(std::chrono::milliseconds duration, std::uint8_t seed) {
  struct Signed {
    PublicKey key;
    Hash message;
    Signature signature;
  };
  std::vector<Signed> all;
  for (std::uint8_t i = 0; i < 32; ++i) {
    KeySeed key_seed;
    key_seed.bytes[0] = seed;
    key_seed.bytes[1] = i;
    const auto pair = KeyPair::from_seed(key_seed);
    const auto message = Hasher("keten/bench/1").number(i).finish();
    all.push_back({pair.public_key(), message, pair.sign(message.view())});
  }
  std::uint64_t count = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < duration) {
    for (const auto& one : all) { CHECK(verify(one.key, one.message.view(), one.signature)); }
    count += all.size();
  }
  return static_cast<double>(count) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

std::vector<double> measure_verify_rate(std::size_t cores, std::size_t rounds, std::chrono::milliseconds round) {
  std::vector<double> rates;
  for (std::size_t i = 0; i < rounds; ++i) {
    std::vector<double> of_core(cores);
    std::vector<std::thread> threads;
    for (std::size_t core = 0; core < cores; ++core) {
      threads.emplace_back(
          [&of_core, core, round] { of_core[core] = verify_for(round, static_cast<std::uint8_t>(core)); });
    }
    for (auto& thread : threads) { thread.join(); }
    rates.insert(rates.end(), of_core.begin(), of_core.end());
  }
  return rates;
}

double median(std::vector<double> values) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double spread(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return (*most - *least) / median(values);
}

}  // namespace keten::bench

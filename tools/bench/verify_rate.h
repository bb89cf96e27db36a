#pragma once

#include <chrono>
#include <vector>

namespace keten::bench {

/// Ed25519 verifications per second of each core while all cores verify at once: one entry per core and round.
std::vector<double> measure_verify_rate(std::size_t cores, std::size_t rounds, std::chrono::milliseconds round);

/// The middle one; of an even count, the mean of the two in the middle. Precondition: not empty.
double median(std::vector<double> values);

/// (largest - smallest) / median.
double spread(const std::vector<double>& values);

}  // namespace keten::bench

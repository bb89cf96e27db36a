#pragma once

#include <algorithm>

#include "tests/unit/consensus/bench.h"

namespace keten::consensus::test {

inline const BlockHeader kGenesis = test_genesis();

/// The four validators' usual place: this one leads view 4 and watches the first three views.
struct Watcher {
  Bench bench{4};
  BlockHeader one = bench.header(1, kGenesis);
  BlockHeader two = bench.header(2, one);

  Subject notarize(const BlockHeader& header, std::uint64_t parent_view) const {
    return Bench::subject(VoteKind::notarize, header, parent_view);
  }
  Subject finalize(const BlockHeader& header, std::uint64_t parent_view) const {
    return Bench::subject(VoteKind::finalize, header, parent_view);
  }
  bool has_alarm(AlarmKind kind) const {
    return std::any_of(bench.alarms.begin(), bench.alarms.end(),
                       [&](const auto& one_alarm) { return one_alarm.kind == kind; });
  }
  void make_final(const BlockHeader& header, std::uint64_t parent_view) {
    bench.accept(bench.proposal(header, parent_view));
    bench.receive(bench.certificate(notarize(header, parent_view)));
    bench.receive(bench.certificate(finalize(header, parent_view)));
  }
};

/// This one leads view 1.
struct Leader {
  Bench bench{1};
};

}  // namespace keten::consensus::test

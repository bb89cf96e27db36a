#pragma once
// What the tests of the rules share: short events, the cold chain of examples/, the public sample data.

#include <keten/testkit.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace samples {

using keten::testkit::Chain;
using keten::testkit::Outcome;

/// An event at a time of its own, with the rest of its members.
inline std::string event(const std::string& type, const std::string& rest, const std::string& time = "2026-03-01T08:00:00Z") {
  return R"({"type":")" + type + R"(","eventTime":")" + time + R"(","eventTimeZoneOffset":"+00:00",)" + rest + "}";
}
inline std::string object(const std::string& action, const std::string& step, const std::string& rest,
                          const std::string& time = "2026-03-01T08:00:00Z") {
  return event("ObjectEvent", R"("action":")" + action + R"(","bizStep":")" + step + R"(",)" + rest, time);
}
inline std::string epcs(const std::string& one) { return R"("epcList":[")" + one + R"("])"; }
inline std::string lot(const std::string& name, const std::string& amount, const std::string& list = "quantityList") {
  return "\"" + list + R"(":[{"epcClass":")" + name + R"(","quantity":)" + amount + R"(,"uom":"KGM"}])";
}
inline const std::string kWheel = "https://id.gs1.org/01/09521003000428/21/1001";
inline const std::string kOtherWheel = "https://id.gs1.org/01/09521003000428/21/1002";
inline const std::string kMilk = "https://id.gs1.org/01/09521001000017/10/MILK-1";
inline const std::string kCheese = "https://id.gs1.org/01/09521003000428/10/GOUDA-1";
inline const std::string kPallet = "https://id.gs1.org/00/195210030000005000";
inline const std::string kCase = "https://id.gs1.org/00/195210030000005017";

inline std::string content_of(const std::filesystem::path& path) { return keten::testkit::file(path.string()); }

/// The cold chain of examples/, judged and recorded event by event as its companies record it. Gives `file number: codes` for
/// what was found.
inline std::vector<std::string> cold_chain(Chain& chain) {
  static const std::map<std::string, std::string> kRecorders = {{"farm", "FarmCo"}, {"truck", "TruckCo"},
                                                                {"dairy", "DairyCo"}, {"shop", "ShopCo"}};
  const auto folder = std::filesystem::path(KETEN_TEST_FOLDER) / ".." / ".." / ".." / "examples" / "coldchain";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.front() >= '0' && name.front() <= '9') { files.push_back(entry.path()); }
  }
  std::sort(files.begin(), files.end());
  if (files.size() != 11) { throw keten::testkit::Failure("expected 11 documents in " + folder.string()); }
  chain.time("2026-08-01T00:00:00Z");
  std::vector<std::string> found;
  for (const auto& path : files) {
    const auto name = path.stem().string();
    const auto recorder = kRecorders.at(name.substr(3, name.find('-', 3) - 3));
    int number = 0;
    for (const auto& outcome : chain.record(recorder, content_of(path))) {
      if (!outcome.accepted()) { found.push_back(name + " " + std::to_string(number) + ": " + outcome.codes()); }
      ++number;
    }
  }
  return found;
}
inline std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const auto& one : all) { text += (text.empty() ? "" : "; ") + one; }
  return text;
}

/// How often each code was found in the public EPCIS documents beside the project, and `events`. They are isolated examples, each
/// judged on a ledger of its own. Empty, and a line on the screen, where the data is not there.
inline std::map<std::string, int> public_samples(const std::string& parameters) {
  std::map<std::string, int> counts;
  auto folder = std::filesystem::path(KETEN_TEST_FOLDER) / ".." / ".." / ".." / ".." / "shared" / "data" / "openepcis";
  folder = folder / "Capture" / "Documents";
  if (!std::filesystem::exists(folder)) {
    std::printf("skipped: no public sample data at ../shared/data/openepcis\n");
    return counts;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Chain chain;
    chain.time("2026-08-01T00:00:00Z").parameters(parameters);
    std::vector<Outcome> outcomes;
    try {
      outcomes = chain.record("sampler", content_of(entry.path()));
    } catch (const keten::testkit::Failure& failure) {
      // Some samples are no valid document, or clash with themselves; a rule is never asked about these.
      if (std::string(failure.what()).find("do not agree") != std::string::npos) { throw; }
      ++counts["refused documents"];
      continue;
    }
    for (const auto& outcome : outcomes) {
      ++counts["events"];
      if (!outcome.returned()) { throw keten::testkit::Failure(entry.path().string() + " ended the rule: " + outcome.codes()); }
      if (!outcome.findings.empty()) { ++counts["events with a finding"]; }
      for (const auto& one : outcome.findings) { ++counts[one.code]; }
    }
  }
  return counts;
}
inline std::string told(const std::map<std::string, int>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) { text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count); }
  return text;
}

/// What was measured on the 68 events that lie there today; with other files only that no event ends the rule.
inline void expect_on_public_samples(const std::string& parameters, const std::string& expected) {
  auto counts = public_samples(parameters);
  if (counts.empty()) { return; }
  if (counts["events"] != 68) {
    std::printf("other sample data than the expected figures are from: %s\n", told(counts).c_str());
    return;
  }
  counts.erase("events");
  KETEN_EQUAL(told(counts), expected);
}

}  // namespace samples

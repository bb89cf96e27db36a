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
/// A list of one lot: `100`, or several entries `60,40`; an empty one has no quantity.
inline std::string lots(const std::string& name, const std::string& amounts, const std::string& list = "quantityList") {
  std::string entries;
  for (std::size_t first = 0; first <= amounts.size();) {
    const auto end = std::min(amounts.find(',', first), amounts.size());
    const auto amount = amounts.substr(first, end - first);
    entries += (entries.empty() ? "" : ",") + std::string(R"({"epcClass":")") + name + "\"" +
               (amount.empty() ? std::string() : ",\"quantity\":" + amount) + R"(,"uom":"KGM"})";
    first = end + 1;
  }
  return "\"" + list + "\":[" + entries + "]";
}
/// So many items of a product in an epcList.
inline std::string many_epcs(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += (i ? ",\"" : "\"") + std::string("https://id.gs1.org/01/09521003000428/21/") + std::to_string(i) + "\"";
  }
  return "\"epcList\":[" + list + "]";
}
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

/// What the packages of the library allow one run (package_all.py).
inline constexpr std::uint64_t kFuelOfEntry = 100'000'000;

/// Events of the most items that a transaction may name end within that, and so do their findings.
inline void expect_the_longest_events_within_fuel(const std::string& parameters) {
  Chain chain;
  chain.time("2026-03-01T12:00:00Z").parameters(parameters);
  std::string classes;
  for (int i = 0; i < 5000; ++i) {
    classes += (i ? "," : "") + std::string(R"({"epcClass":"https://id.gs1.org/01/09521001000017/10/L)") + std::to_string(i) +
               R"(","quantity":1,"uom":"KGM"})";
  }
  for (const char* step : {"shipping", "receiving"}) {
    for (const auto& list : {many_epcs(10'000), "\"quantityList\":[" + classes + "]"}) {
      const auto judged = chain.judge("dairy", object("OBSERVE", step, list));
      KETEN_EXPECT(judged.returned());
      KETEN_EXPECT(judged.fuel < kFuelOfEntry);
    }
  }
}

/// Judges and records every public EPCIS document and event beside the project, each on a ledger of its own: they are isolated examples. No
/// event may end the rule, or cost more than its package allows. Gives how often each code was found in the whole documents, and
/// `events`. Skips the test where the data is not there.
inline std::map<std::string, int> public_samples(const std::string& parameters) {
  const auto folder = std::filesystem::path(KETEN_TEST_FOLDER) / ".." / ".." / ".." / ".." / "shared" / "data" / "openepcis" / "Capture";
  if (!std::filesystem::exists(folder)) { keten::testkit::skip("no public sample data at ../shared/data/openepcis"); }
  std::map<std::string, int> counts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".json") { continue; }
    std::map<std::string, int> others;
    auto& counted = entry.path().parent_path().filename() == "Documents" ? counts : others;
    Chain chain;
    chain.time("2026-08-01T00:00:00Z").parameters(parameters);
    std::vector<Outcome> outcomes;
    try {
      outcomes = chain.record("sampler", content_of(entry.path()));
    } catch (const keten::testkit::Failure& failure) {
      // Some samples are no valid document, or clash with themselves; a rule is never asked about these.
      if (std::string(failure.what()).find("do not agree") != std::string::npos) { throw; }
      ++counted["refused documents"];
      continue;
    }
    for (const auto& outcome : outcomes) {
      ++counted["events"];
      if (!outcome.returned()) { throw keten::testkit::Failure(entry.path().string() + " ended the rule: " + outcome.codes()); }
      if (outcome.fuel > kFuelOfEntry) { throw keten::testkit::Failure(entry.path().string() + " costs " + std::to_string(outcome.fuel)); }
      if (!outcome.findings.empty()) { ++counted["events with a finding"]; }
      for (const auto& one : outcome.findings) { ++counted[one.code]; }
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
  if (counts["events"] != 68) {
    std::printf("other sample data than the expected figures are from: %s\n", told(counts).c_str());
    return;
  }
  counts.erase("events");
  KETEN_EQUAL(told(counts), expected);
}

}  // namespace samples

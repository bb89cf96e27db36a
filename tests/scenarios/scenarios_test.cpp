#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/scenarios/network.h"

// Runs every text beside this file. A text is prose, commands and, between `----` and the next empty line, what must be
// seen then. README.md lists the commands. With KETEN_REWRITE=1 the texts take over what is seen.

namespace {

using keten::scenarios::Network;

std::uint64_t parse_duration_ms(const std::string& text) {
  std::size_t digits = 0;
  const auto value = std::stoull(text, &digits);
  const auto unit = text.substr(digits);
  if (unit == "ms") { return value; }
  if (unit == "s") { return value * 1000; }
  if (unit == "min") { return value * 60'000; }
  throw std::runtime_error("expected a duration such as 500ms, 3s or 2min, found " + text);
}

class Scenario {
 public:
  void run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    std::vector<std::string> rest;
    for (std::string word; words >> word;) { rest.push_back(word); }
    if (command == "validators") {
      const auto spares = rest.size() == 3 && rest[1] == "spares" ? std::stoul(rest[2]) : 0;
      network_ = std::make_unique<Network>(std::stoul(rest.at(0)), spares);
      network_->timing = timing_;
      started_ = false;
      return;
    }
    if (command == "idle") {
      timing_.idle_interval_ms = parse_duration_ms(rest.at(0));
      if (network_) { network_->timing = timing_; }
      return;
    }
    if (!network_) { throw std::runtime_error("a scenario begins with: validators <count>"); }
    if (command == "show") { return show(rest); }
    auto& net = *network_;
    const auto number = [&](std::size_t place) { return std::stoul(rest.at(place)); };
    if (command == "silence") {
      net.silence(number(0));
    } else if (command == "speak") {
      net.speak(number(0));
    } else if (command == "equivocate") {
      net.equivocate(number(0));
    } else if (command == "build-on-genesis") {
      net.build_on_genesis(number(0));
    } else if (command == "reject") {
      net.reject(number(0));
    } else if (command == "idle-builder") {
      net.mute_builder(number(0));
    } else if (command == "slow") {
      net.slow(number(0), parse_duration_ms(rest.at(1)));
    } else if (command == "slow-disk") {
      net.slow_disk(number(0), parse_duration_ms(rest.at(1)));
    } else if (command == "delay") {
      net.set_latency(parse_duration_ms(rest.at(0)));
    } else if (command == "slow-execution") {
      net.execute_after(number(0), parse_duration_ms(rest.at(1)));
    } else if (command == "next") {
      agree_next(rest);
    } else if (command == "clock") {
      const auto sign = rest.at(1).at(0) == '-' ? -1 : 1;
      net.set_clock(number(0), sign * static_cast<std::int64_t>(parse_duration_ms(rest.at(1).substr(1))));
    } else if (command == "partition") {
      net.partition(groups(rest));
    } else if (command == "heal") {
      net.heal();
    } else if (command == "drop") {
      net.lose(loss(rest));
    } else if (command == "deliver") {
      net.deliver();
    } else {
      start();
      if (command == "advance") {
        net.advance(parse_duration_ms(rest.at(0)));
      } else if (command == "work") {
        const auto count = static_cast<std::uint32_t>(number(0));
        if (rest.size() == 3 && rest[1] == "at") {
          net.work_at(number(2), count);
        } else {
          net.work(count);
        }
      } else if (command == "crash") {
        for (std::size_t i = 0; i < rest.size(); ++i) { net.crash(number(i)); }
      } else if (command == "restart") {
        for (std::size_t i = 0; i < rest.size(); ++i) { net.restart(number(i)); }
      } else if (command == "forget-journal") {
        net.forget_journal(number(0));
      } else if (command == "wipe") {
        net.wipe(number(0));
      } else if (command == "back-up") {
        net.back_up(number(0));
      } else if (command == "restore") {
        net.restore(number(0));
      } else if (command == "recover-votes") {
        net.recover_votes(number(0));
      } else {
        throw std::runtime_error("unknown command: " + line);
      }
    }
  }

  std::vector<std::string> take_output() {
    if (!shown_) {
      for (auto& line : network_->state()) { output_.push_back(line); }
    }
    for (auto& line : network_->take_alarms()) { output_.push_back("alarm " + line); }
    shown_ = false;
    return std::exchange(output_, {});
  }

 private:
  void start() {
    if (started_) { return; }
    started_ = true;
    network_->start();
  }

  void show(const std::vector<std::string>& what) {
    shown_ = true;
    if (what.at(0) == "state") { append(network_->state()); }
    if (what.at(0) == "chain") { append(network_->chain()); }
    if (what.at(0) == "votes") { append(network_->votes(std::stoul(what.at(1)))); }
    if (what.at(0) == "abstention") {
      const auto text = network_->engine(std::stoul(what.at(1)))->abstention_reason();
      output_.push_back(text.empty() ? "votes" : text);
    }
    if (what.at(0) == "reason") { output_.push_back(reason(std::stoul(what.at(1)))); }
    if (what.at(0) == "fetches") { output_.push_back("fetches " + std::to_string(network_->fetches())); }
    if (what.at(0) == "traffic") {
      // All kinds since the last time, or the named ones.
      auto traffic = network_->take_traffic();
      for (const auto& [kind, count] : traffic) {
        const bool named = what.size() == 1 || std::find(what.begin() + 1, what.end(), kind) != what.end();
        if (named) { output_.push_back(kind + " " + std::to_string(count)); }
      }
    }
  }

  std::string reason(std::size_t number) const {
    const auto text = network_->engine(number)->stuck_reason({network_->now_ms(), 0});
    return text.empty() ? "nothing is stuck" : text;
  }

  void append(const std::vector<std::string>& lines) { output_.insert(output_.end(), lines.begin(), lines.end()); }

  // next <members> [rotating <members>] from <height>
  void agree_next(const std::vector<std::string>& words) {
    std::vector<std::size_t> members;
    std::set<std::size_t> rotated;
    std::string part;
    std::uint64_t height = 0;
    for (const auto& word : words) {
      if (word == "rotating" || word == "from") {
        part = word;
      } else if (part == "from") {
        height = std::stoull(word);
      } else if (part == "rotating") {
        rotated.insert(std::stoul(word));
      } else {
        members.push_back(std::stoul(word));
      }
    }
    network_->agree_next(keten::Height{height}, members, rotated);
  }

  static std::vector<std::set<std::size_t>> groups(const std::vector<std::string>& words) {
    std::vector<std::set<std::size_t>> result(1);
    for (const auto& word : words) {
      if (word == "|") {
        result.emplace_back();
      } else {
        result.back().insert(std::stoul(word));
      }
    }
    return result;
  }

  // drop <kind> [from N] [to N] [count N]
  static Network::Loss loss(const std::vector<std::string>& words) {
    Network::Loss result{.kind = words.at(0), .from = {}, .to = {}, .count = {}};
    for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
      const auto value = std::stoul(words[i + 1]);
      if (words[i] == "from") { result.from = value; }
      if (words[i] == "to") { result.to = value; }
      if (words[i] == "count") { result.count = value; }
    }
    return result;
  }

  keten::consensus::Timing timing_;
  std::unique_ptr<Network> network_;
  bool started_ = false;
  bool shown_ = false;
  std::vector<std::string> output_;
};

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) { lines.push_back(line); }
  return lines;
}

/// What the text would be with everything that is seen now; a broken invariant is seen too.
std::vector<std::string> replay(const std::vector<std::string>& lines) {
  Scenario scenario;
  std::vector<std::string> result;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    result.push_back(lines[i]);
    if (lines[i].empty() || lines[i].starts_with("#")) { continue; }
    try {
      if (lines[i] != "----") {
        scenario.run(lines[i]);
        continue;
      }
      for (auto& line : scenario.take_output()) { result.push_back(line); }
    } catch (const std::exception& error) {
      result.push_back(std::string("error: ") + error.what());
      return result;
    }
    while (i + 1 < lines.size() && !lines[i + 1].empty()) { ++i; }
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_text_sees_what_it_says) {
  std::vector<std::filesystem::path> texts;
  for (const auto& entry : std::filesystem::directory_iterator("tests/scenarios")) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      texts.push_back(entry.path());
    }
  }
  std::sort(texts.begin(), texts.end());
  BOOST_TEST(texts.size() >= 12U);
  for (const auto& path : texts) {
    BOOST_TEST_CONTEXT(path.filename().string()) {
      const auto expected = read_lines(path);
      const auto seen = replay(expected);
      if (std::getenv("KETEN_REWRITE") != nullptr) {
        std::ofstream file(path);
        for (const auto& line : seen) { file << line << '\n'; }
        continue;
      }
      BOOST_CHECK_EQUAL_COLLECTIONS(seen.begin(), seen.end(), expected.begin(), expected.end());
    }
  }
}

BOOST_AUTO_TEST_CASE(equal_events_give_equal_output) {
  const auto lines = read_lines("tests/scenarios/partition.txt");
  BOOST_REQUIRE(!lines.empty());
  const auto first = replay(lines);
  const auto second = replay(lines);
  BOOST_CHECK_EQUAL_COLLECTIONS(first.begin(), first.end(), second.begin(), second.end());
}

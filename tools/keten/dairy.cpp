// The story of examples/dairy: a farmer shares data, each step a command that anybody may type.
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "tools/keten/devnet.h"
#include "tools/keten/options.h"
#include "tools/keten/process.h"
#include "tools/keten/story.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;

/// What a command said.
struct Said {
  int code = kSuccess;
  std::string out;
  std::string error;  ///< its first line
};

/// The players: how a step becomes a command line, and what the ids are that they speak of.
class Players {
 public:
  Players(std::filesystem::path state, std::filesystem::path examples)
      : state_(std::move(state)), examples_(std::move(examples)) {}

  void remember(const std::string& name, const std::string& id) { ids_[name] = id; }
  [[nodiscard]] const std::string& id(const std::string& name) const { return ids_.at(name); }
  [[nodiscard]] bool knows(const std::string& name) const { return ids_.contains(name); }

  /// Runs `keten usage ...` in the name of a company, as the program does that people start.
  [[nodiscard]] Said run(const std::string& organisation, const std::vector<std::string>& words, bool as_json) const {
    std::vector<std::string> arguments{"usage"};
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool is_file = i > 0 && (words[i - 1] == "--content" || words[i - 1] == "--policy");
      arguments.push_back(is_file ? (examples_ / words[i]).string() : named(words[i]));
    }
    const bool binds = words.front() == "accept" || words.front() == "withdraw";
    const auto who = (binds ? "admin@" : "device@") + organisation;
    for (const auto& word : {std::string("--state"), state_.string(), std::string("--as"), who}) {
      arguments.push_back(word);
    }
    if (as_json) { arguments.insert(arguments.end(), {"-o", "json"}); }
    std::ostringstream out;
    std::ostringstream err;
    Console quiet(out, err, Console::Audience::program, Console::Audience::program);
    Said said;
    said.code = run_command_line(quiet, std::move(arguments));
    said.out = out.str();
    said.error = err.str().substr(0, err.str().find('\n'));
    return said;
  }

  /// As a person types it: with the beginnings of ids.
  [[nodiscard]] std::string typed(const std::vector<std::string>& words) const {
    std::string line = "keten usage";
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool is_file = i > 0 && (words[i - 1] == "--content" || words[i - 1] == "--policy");
      const bool is_name = words[i].starts_with('@') && knows(words[i].substr(1));
      line += " " + (is_file ? "examples/" + words[i] : is_name ? named(words[i]).substr(0, 8) : words[i]);
    }
    return line;
  }

 private:
  [[nodiscard]] std::string named(const std::string& word) const {
    if (!word.starts_with('@')) { return word; }
    const auto found = ids_.find(word.substr(1));
    return found == ids_.end() ? word : found->second;
  }

  std::filesystem::path state_;
  std::filesystem::path examples_;
  std::map<std::string, std::string> ids_;
};

Error broken(const std::string& what, const std::string& expected, const Said& said) {
  const auto& found = said.error.empty() ? said.out : said.error;
  return failure(ErrorKind::refused, "STORY_BROKEN", what + ": expected " + expected + ", found " + found);
}

/// What the ledger answered in a word or two, and where.
struct Outcome {
  std::string height;
  std::string word;
};

Outcome outcome_of(const json::Value& answer) {
  Outcome outcome;
  if (const auto* height = answer.find("height")) { outcome.height = height->text(); }
  const auto* result = answer.find("result");
  if (result != nullptr && result->is(json::Kind::array) && !result->items().empty()) {
    result = &result->items().front();
  }
  if (result == nullptr) { return outcome; }
  for (const auto* member : {"decision", "state"}) {
    if (const auto word = result->find_string(member)) { outcome.word = *word; }
  }
  if (const auto* version = result->find("version")) { outcome.word = "version " + version->text(); }
  return outcome;
}

/// Until the first deadline of an agreement's duties has passed.
Status wait_for_deadline(Console& console, const Players& players, const std::string& organisation,
                         const std::string& agreement) {
  const auto said = players.run(organisation, {"duties", "@" + agreement}, true);
  const auto duties = json::parse(said.out);
  std::optional<std::int64_t> first;
  if (duties && duties->is(json::Kind::array)) {
    for (const auto& duty : duties->items()) {
      const auto* deadline = duty.find("deadline");
      const auto at = deadline == nullptr ? std::nullopt : deadline->as_integer();
      if (at && (!first || *at < *first)) { first = at; }
    }
  }
  if (!first) { return broken("keten usage duties", "a duty with a deadline", said); }
  const auto deadline = std::chrono::system_clock::time_point(std::chrono::milliseconds(*first)) + 50ms;
  console.progress("waiting until a report is overdue");
  while (std::chrono::system_clock::now() < deadline && !interrupted()) { std::this_thread::sleep_for(20ms); }
  console.end_progress();
  return kDone;
}

Status play_step(Console& console, Players& players, const json::Value& step) {
  const std::string organisation(step.find_string("organisation").value_or(""));
  const std::string what(step.find_string("what").value_or(""));
  std::vector<std::string> words;
  if (const auto* command = step.find("command"); command != nullptr && command->is(json::Kind::array)) {
    for (const auto& word : command->items()) { words.push_back(word.text()); }
  }
  if (const auto agreement = step.find_string("after_deadline")) {
    if (auto waited = wait_for_deadline(console, players, organisation, std::string(*agreement)); !waited) {
      return waited;
    }
  }
  console.progress(what);
  auto said = players.run(organisation, words, true);
  // Each company asks its own node, which may be a block behind what the other has just done.
  const auto behind = [&] {
    return said.error.find("NOTHING_TO_SIGN") != std::string::npos || said.error.find("UNKNOWN_") != std::string::npos;
  };
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (behind() && std::chrono::steady_clock::now() < patience && !interrupted()) {
    std::this_thread::sleep_for(20ms);
    said = players.run(organisation, words, true);
  }
  console.end_progress();
  Outcome outcome;
  if (const auto reason = step.find_string("refused")) {
    if (said.code == kSuccess || said.error.find(*reason) == std::string::npos) {
      return broken(what, "a refusal with " + std::string(*reason), said);
    }
    outcome.word = "refused: " + std::string(*reason);
  } else {
    const auto answer = json::parse(said.out);
    if (said.code != kSuccess || !answer) { return broken(what, "an answer", said); }
    outcome = outcome_of(*answer);
    const auto decision = step.find_string("decision");
    if (decision && outcome.word != *decision) { return broken(what, std::string(*decision), said); }
    if (const auto name = step.find_string("keep")) {
      const auto* result = answer->find("result");
      const auto id = result == nullptr ? std::nullopt : result->find_string("negotiation");
      if (!id) { return broken(what, "the id of a negotiation", said); }
      players.remember(std::string(*name), std::string(*id));
    }
  }
  console.out << (outcome.height.empty() ? "           " : fmt::format("  block {:>3}", outcome.height))
              << fmt::format("  {:<8} {}\n", organisation, console.bold(what))
              << fmt::format("{:21}{}\n", "",
                             console.dim("$ " + players.typed(words)) +
                                 (outcome.word.empty() ? "" : "  \u2192 " + outcome.word))
              << std::flush;
  return kDone;
}

void print_statement(Console& console, const Players& players, const std::string& name) {
  std::istringstream lines(players.run("FarmCo", {"statement", "@" + name}, false).out);
  for (std::string line; std::getline(lines, line);) { console.out << "  " << line << "\n"; }
  console.out << "\n";
}

void print_next(Console& console, const Players& players, const json::Value& statements, const std::string& state) {
  const auto where = state.empty() ? std::string() : " --state " + state;
  console.out << console.bold("What to try next") << "\n";
  if (state.empty()) {
    console.out << "  (this network is temporary: keten devnet up --detach --state DIR --demo dairy keeps one)\n";
  }
  const auto id = players.id(statements.items().front().text()).substr(0, 8);
  const auto other = players.id(statements.items().back().text()).substr(0, 8);
  const auto farmer = where + " --as device@FarmCo";
  console.out << "  keten usage show " << id << farmer << "\n"
              << "  keten usage statement " << id << " --csv" << farmer << "\n"
              << "  keten usage duties " << other << farmer << "\n"
              << "  keten usage explain " << other << " --action read --say purpose=benchmarking" << farmer << "\n"
              << "  keten usage request " << other << " --id benchmark-3 --action read --say purpose=benchmarking"
              << where << " --as device@CoopCo\n"
              << "  keten usage check examples/policies/raw-data.nl.json\n"
              << "  keten node status --all" << where << "\n";
}

}  // namespace

int run_dairy(Console& console, const Network& network, const std::filesystem::path& state,
              const std::string& state_option) {
  const auto story = read_story("dairy");
  if (!story) { return console.fail(story.error()); }
  const auto* steps = story->document.find("steps");
  const auto* statements = story->document.find("statements");
  if (steps == nullptr || !steps->is(json::Kind::array) || statements == nullptr ||
      !statements->is(json::Kind::array) || statements->items().empty()) {
    return console.fail(invalid("STORY_INVALID", "expected steps and statements in examples/dairy/index.json"));
  }
  for (const auto& step : steps->items()) {
    const auto organisation = step.find_string("organisation").value_or("");
    if (std::none_of(network.nodes.begin(), network.nodes.end(),
                     [&](const NetworkNode& node) { return node.organisation == organisation; })) {
      return console.fail(failure(ErrorKind::not_found, "STORY_COMPANY_MISSING",
                                  "the story needs " + std::string(organisation) +
                                      ", which this network has not: start it in a folder of its own"));
    }
  }
  console.out << "\n" << console.bold(story->document.find_string("story").value_or("")) << "\n";
  Players players(state, story->folder.parent_path());
  for (const auto& step : steps->items()) {
    if (auto played = play_step(console, players, step); !played) {
      return console.fail(played.error(), "keten devnet logs shows what the nodes say");
    }
  }
  const auto status = settled(network);
  print_network_facts(console, network, status, "");
  console.out << "\n" << console.bold("What the farmer can show") << "\n";
  for (const auto& name : statements->items()) {
    if (!players.knows(name.text())) {
      return console.fail(invalid("STORY_INVALID", "no step keeps the agreement " + name.text()));
    }
    print_statement(console, players, name.text());
  }
  print_next(console, players, *statements, state_option);
  return status.roots_equal() ? kSuccess : kFailed;
}

}  // namespace keten::tools

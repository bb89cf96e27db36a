#pragma once
// Tests of a contract or rule: every call is made natively, under a debugger and sanitizers if you like, and as WebAssembly in
// the ledger's own virtual machine; a difference between the two fails the test. `keten contract test` builds and runs it.
//
//   KETEN_TEST(a_warm_truck_is_found) {
//     keten::testkit::Chain chain;                            // given
//     chain.parameters(R"({"maxCelsius": 7})");
//     const auto judged = chain.judge("dairy", event);        // when
//     KETEN_EQUAL(judged.codes(), "too_warm");                // then
//   }
// Include it in one file, test.cpp. It needs exceptions and a POSIX system, and is never part of the module.

#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <keten/contract.hpp>

namespace keten::testkit {

using Frame = std::vector<std::string>;

/// What a test is stopped by; the text says why.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a test leaves with that cannot run here: `skip("no sample data in ...")`. The run says so.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] inline void skip(const std::string& why) { throw Skipped(why); }

struct FoundViolation {
  std::string code;
  std::string message;
  std::int64_t deadline_ms = 0;
};
struct EmittedEvent {
  std::string kind;
  std::string subject;
  std::string data;  ///< JSON text
};

/// How one call ended, the same natively and in the virtual machine.
struct Outcome {
  std::string ending;  ///< `returned`, or the code of the refusal
  std::string message;
  std::string json;  ///< the result
  std::vector<FoundViolation> findings;
  std::vector<EmittedEvent> events;
  std::uint64_t fuel = 0;  ///< in the virtual machine

  [[nodiscard]] bool returned() const { return ending == "returned"; }
  /// Of a rule: returned and found nothing.
  [[nodiscard]] bool accepted() const { return returned() && findings.empty(); }
  /// The codes of all findings in their order, with a space between them; empty when it is accepted.
  [[nodiscard]] std::string codes() const {
    std::string all = returned() ? "" : ending;
    for (const auto& one : findings) { all += (all.empty() ? "" : " ") + one.code; }
    return all;
  }
  template <typename Result>
  [[nodiscard]] Result result() const {
    return decode<Result>(json, "RESULT");
  }
};

namespace detail {

struct CallEnded {};  // thrown through the guest's code when a host function ends the call

struct Usage {
  std::uint64_t calls = 0;
  std::uint64_t least = UINT64_MAX;
  std::uint64_t most = 0;
  std::uint64_t sum = 0;
};
inline std::map<std::string, Usage>& usage() {
  static std::map<std::string, Usage> all;
  return all;
}

inline std::string setting(const char* name, const char* compiled) {
  const char* found = std::getenv(name);
  return found != nullptr ? found : compiled;
}
#ifndef KETEN_TEST_ENGINE
#define KETEN_TEST_ENGINE "keten"
#endif
#ifndef KETEN_TEST_MODULE
#define KETEN_TEST_MODULE "build/contract.wasm"
#endif
#ifndef KETEN_TEST_FOLDER
#define KETEN_TEST_FOLDER "."
#endif

/// `keten contract engine`, a child of this process, for all tests.
class Engine final : public native::Host {
 public:
  static Engine& instance() {
    static Engine engine;
    return engine;
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// The values behind `ok`; Failure for an error.
  Frame ask(const Frame& request) {
    auto answer = exchange(request);
    if (answer.front() == "error") { throw Failure(answer.at(1) + " " + answer.at(2)); }
    answer.erase(answer.begin());
    return answer;
  }

  std::int64_t call(const char* function, std::initializer_list<native::Argument> arguments) override {
    using Kind = native::Argument::Kind;
    Frame request = {"host", function};
    for (const auto& one : arguments) {
      std::string text(1, static_cast<char>(one.kind));
      switch (one.kind) {
        case Kind::input:
        case Kind::fixed_input: text.append(static_cast<const char*>(one.in), one.length); break;
        case Kind::output:
        case Kind::fixed_output: text += std::to_string(one.length); break;
        case Kind::number: text += std::to_string(one.value); break;
      }
      request.push_back(std::move(text));
    }
    const auto answer = exchange(request);
    if (answer.front() == "ended") { throw CallEnded{}; }
    if (answer.front() != "ok") { throw Failure(answer.at(1) + " " + answer.at(2)); }
    std::size_t place = 2;
    for (const auto& one : arguments) {
      if (one.kind != Kind::output && one.kind != Kind::fixed_output) { continue; }
      const auto& bytes = answer.at(place++);
      std::copy(bytes.begin(), bytes.end(), static_cast<char*>(one.out));
    }
    return std::stoll(answer.at(1));
  }

 private:
  Engine() {
    const auto program = setting("KETEN_TEST_ENGINE", KETEN_TEST_ENGINE);
    const auto module = setting("KETEN_TEST_MODULE", KETEN_TEST_MODULE);
    int to[2];
    int from[2];
    if (::pipe(to) != 0 || ::pipe(from) != 0) { throw Failure("no pipe for the engine"); }
    child_ = ::fork();
    if (child_ < 0) { throw Failure("no process for the engine"); }
    if (child_ == 0) {
      ::dup2(to[0], 0);
      ::dup2(from[1], 1);
      for (const int end : {to[0], to[1], from[0], from[1]}) { ::close(end); }
      ::execlp(program.c_str(), program.c_str(), "contract", "engine", module.c_str(), static_cast<char*>(nullptr));
      ::perror(program.c_str());
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    to_ = to[1];
    from_ = from[0];
  }
  ~Engine() override {
    ::close(to_);
    ::close(from_);
    ::waitpid(child_, nullptr, 0);
  }
  static void put(std::string& out, std::size_t number) {
    for (unsigned shift = 0; shift < 32; shift += 8) { out += static_cast<char>((number >> shift) & 0xFFU); }
  }
  static std::size_t number(std::string_view bytes) {
    std::size_t value = 0;
    for (unsigned i = 0; i < 4; ++i) { value |= std::size_t{static_cast<unsigned char>(bytes[i])} << (8 * i); }
    return value;
  }
  std::string read(std::size_t length) const {
    std::string bytes(length, '\0');
    for (std::size_t done = 0; done < length;) {
      const auto got = ::read(from_, bytes.data() + done, length - done);
      if (got <= 0) { throw Failure("the engine has ended: is `keten` in the path, and the module built?"); }
      done += static_cast<std::size_t>(got);
    }
    return bytes;
  }
  Frame exchange(const Frame& request) {
    std::string inside;
    put(inside, request.size());
    for (const auto& one : request) {
      put(inside, one.size());
      inside += one;
    }
    std::string out;
    put(out, inside.size());
    out += inside;
    for (std::size_t done = 0; done < out.size();) {
      const auto put_now = ::write(to_, out.data() + done, out.size() - done);
      if (put_now <= 0) { throw Failure("the engine has ended: is `keten` in the path, and the module built?"); }
      done += static_cast<std::size_t>(put_now);
    }
    const auto answer = read(number(read(4)));
    Frame frame;
    std::size_t place = 4;
    for (auto left = number(answer); left > 0; --left) {
      const auto length = number(std::string_view(answer).substr(place));
      frame.push_back(answer.substr(place + 4, length));
      place += 4 + length;
    }
    return frame;
  }

  pid_t child_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace detail

/// A file beside test.cpp, or an absolute path.
inline std::string file(const std::string& name) {
  const auto path = name.front() == '/' ? name : std::string(KETEN_TEST_FOLDER) + "/" + name;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) { throw Failure("cannot open " + path); }
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// An EPCIS document around events, which are written without their braces' context: `{"type":"ObjectEvent",...}`.
inline std::string document(std::string_view events) {
  return R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
         R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[)" +
         std::string(events) + "]}}";
}

/// A ledger of its own: the production contract of the ledger, and the tested module.
class Chain {
 public:
  Chain() {
    native::host() = &engine();
    engine().ask({"new"});
  }

  // Given.
  Chain& member(const std::string& name) {
    engine().ask({"member", name});
    return *this;
  }
  /// Time of the next block, milliseconds since 1970 or as `2026-01-02T03:04:05Z`. At first 2026-01-01T00:00:00Z.
  Chain& time(std::int64_t ms) {
    engine().ask({"time", std::to_string(ms)});
    return *this;
  }
  Chain& time(std::string_view text) {
    const auto ms = parse_time(text);
    if (!ms) { throw Failure("no time: " + std::string(text)); }
    return time(*ms);
  }
  Chain& parameters(const std::string& json) {
    engine().ask({"parameters", json});
    return *this;
  }
  Chain& agreement(const std::string& json) {
    engine().ask({"agreement", json});
    return *this;
  }
  /// Events that are recorded before: a document, or one event in its braces.
  Chain& captured(const std::string& organisation, const std::string& events) {
    engine().ask({"capture", organisation, whole(events)});
    return *this;
  }

  // When.
  /// The rule's verdict on one event that the organisation would record. The declaration of an error is accepted without
  /// asking, as on the ledger.
  Outcome judge(const std::string& organisation, const std::string& event, const std::string& entry = "on_event") {
    return both("judge", organisation, entry, whole(event));
  }
  /// Each event of a document in its order: judged, then recorded, whatever the verdict.
  std::vector<Outcome> record(const std::string& organisation, const std::string& events,
                              const std::string& entry = "on_event") {
    std::vector<Outcome> all;
    for (const auto& one : engine().ask({"split", whole(events)})) {
      all.push_back(both("judge", organisation, entry, one));
      engine().ask({"capture", organisation, one});
    }
    return all;
  }
  /// A method, with a message or its JSON text. What it changes stays for the next call, unless it is refused.
  template <typename Argument>
  Outcome call(const std::string& organisation, const std::string& method, const Argument& argument) {
    if constexpr (Message<Argument>) {
      return both("call", organisation, method, encode(argument));
    } else {
      return both("call", organisation, method, std::string(argument));
    }
  }
  Outcome call(const std::string& organisation, const std::string& method) {
    return both("call", organisation, method, "{}");
  }

  // Then.
  /// Values of the contract by their keys.
  [[nodiscard]] std::map<std::string, std::string> state() const {
    std::map<std::string, std::string> all;
    const auto rows = engine().ask({"state"});
    for (std::size_t i = 0; i + 1 < rows.size(); i += 2) { all[rows[i]] = rows[i + 1]; }
    return all;
  }

 private:
  static detail::Engine& engine() { return detail::Engine::instance(); }
  static std::string whole(const std::string& events) {
    return events.find("\"epcisBody\"") == std::string::npos ? document(events) : events;
  }

  Outcome both(const std::string& kind, const std::string& organisation, const std::string& entry,
               const std::string& input) {
    const auto found = native::entries().find(entry);
    if (found == native::entries().end()) {
      throw Failure("no method or rule '" + entry + "': is it named in KETEN_CONTRACT or KETEN_RULES?");
    }
    if (!engine().ask({"begin", kind, organisation, entry, input}).empty()) {
      Outcome unasked;
      unasked.ending = "returned";
      return unasked;
    }
    try {
      found->second();
    } catch (const detail::CallEnded&) {  // the engine knows why
    }
    const auto answer = engine().ask({"end"});
    Outcome outcome;
    std::size_t place = 1;
    const auto next = [&] { return answer.at(place++); };
    outcome.ending = next();
    outcome.message = next();
    outcome.json = next();
    outcome.fuel = std::stoull(next());
    for (auto left = std::stoul(next()); left > 0; --left) {
      FoundViolation one;
      one.code = next();
      one.message = next();
      one.deadline_ms = std::stoll(next());
      outcome.findings.push_back(std::move(one));
    }
    for (auto left = std::stoul(next()); left > 0; --left) {
      EmittedEvent one;
      one.kind = next();
      one.subject = next();
      one.data = next();
      outcome.events.push_back(std::move(one));
    }
    auto& spent = detail::usage()[entry];
    ++spent.calls;
    spent.least = std::min(spent.least, outcome.fuel);
    spent.most = std::max(spent.most, outcome.fuel);
    spent.sum += outcome.fuel;
    if (!answer.front().empty()) {
      throw Failure("native code and WebAssembly do not agree (" + entry + "): " + answer.front() +
                    ". Look for undefined behaviour, the width of long and size_t, or a global that keeps a value");
    }
    return outcome;
  }
};

// The tests of this program.
struct Test {
  const char* name;
  void (*run)();
};
inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}
struct Registration {
  Registration(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

template <typename Value>
std::string shown(const Value& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<Value, Decimal>) {
    out << value.text();
  } else if constexpr (Message<Value>) {
    out << encode(value);
  } else {
    out << std::boolalpha << value;
  }
  return out.str();
}
[[noreturn]] inline void fail(const char* place, int line, const std::string& text) {
  throw Failure(std::string(place) + ":" + std::to_string(line) + ": " + text);
}
template <typename Left, typename Right>
void equal(const char* place, int line, const char* expression, const Left& left, const Right& right) {
  if constexpr (std::is_integral_v<Left> && std::is_integral_v<Right> && !std::is_same_v<Left, bool>) {
    if (std::cmp_equal(left, right)) { return; }
  } else if (left == right) {
    return;
  }
  fail(place, line, std::string(expression) + "\n    is       " + shown(left) + "\n    expected " + shown(right));
}

/// What is said of a test that computes for longer: natively there is no fuel. The time in a debugger does not count.
inline std::string too_long;
inline void has_not_ended(int /*signal*/) {
  (void)!write(STDOUT_FILENO, too_long.data(), too_long.size());
  _exit(1);
}
inline void begin_test(const char* name) {
  std::fflush(stdout);
  const char* given = std::getenv("KETEN_TEST_SECONDS");
  const int seconds = given == nullptr ? 60 : std::atoi(given);
  too_long = "FAILED " + std::string(name) + "\n  it has computed for " + std::to_string(seconds) +
             " s (KETEN_TEST_SECONDS) and not ended: does each loop of the contract end? On a ledger its fuel would run out\n";
  itimerval limit{};
  limit.it_value.tv_sec = seconds;
  std::signal(SIGVTALRM, has_not_ended);
  setitimer(ITIMER_VIRTUAL, &limit, nullptr);
}

/// Runs all tests, or those whose names hold one of the arguments. 0 when all pass.
inline int run(int count, char** arguments) {
  int failed = 0;
  int ran = 0;
  int skipped = 0;
  for (const auto& test : tests()) {
    const bool wanted = count < 2 || std::any_of(arguments + 1, arguments + count, [&](const char* part) {
                          return std::string_view(test.name).find(part) != std::string_view::npos;
                        });
    if (!wanted) { continue; }
    std::string why;
    begin_test(test.name);
    try {
      test.run();
    } catch (const Skipped& left) {
      ++skipped;
      std::printf("SKIPPED %s\n  %s\n", test.name, left.what());
      continue;
    } catch (const std::exception& error) { why = error.what(); } catch (const detail::CallEnded&) {
      why = "a message did not fit its JSON text";
    }
    ++ran;
    std::printf("%s %s\n", why.empty() ? "ok    " : "FAILED", test.name);
    if (!why.empty()) {
      std::printf("  %s\n", why.c_str());
      ++failed;
    }
  }
  std::printf("%d of %d tests passed, each natively and in the virtual machine", ran - failed, ran);
  std::printf(skipped == 0 ? "\n" : "; %d skipped, see above\n", skipped);
  if (const char* path = std::getenv("KETEN_TEST_FUEL")) {
    std::ofstream out(path);
    for (const auto& [entry, spent] : detail::usage()) {
      out << entry << " calls " << spent.calls << " min " << spent.least << " mean " << spent.sum / spent.calls << " max "
          << spent.most << "\n";
    }
  }
  return failed == 0 && ran > 0 ? 0 : 1;
}

}  // namespace keten::testkit

#define KETEN_TEST(name)                                                                    \
  static void keten_test_##name();                                                          \
  static const ::keten::testkit::Registration keten_test_registration_##name{#name, &keten_test_##name}; \
  static void keten_test_##name()
#define KETEN_EXPECT(condition)                                                     \
  do {                                                                              \
    if (!(condition)) { ::keten::testkit::fail(__FILE__, __LINE__, #condition " is false"); } \
  } while (false)
#define KETEN_EQUAL(found, expected) ::keten::testkit::equal(__FILE__, __LINE__, #found, found, expected)

int main(int count, char** arguments) { return ::keten::testkit::run(count, arguments); }

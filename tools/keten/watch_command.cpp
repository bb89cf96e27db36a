// keten watch: the events of executed blocks, as they happen.
#include <chrono>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "contracts/production/time.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

constexpr auto kRetry = std::chrono::seconds(1);

/// One line, so that programs can read it as it comes. Data that is JSON is shown as such, other data as hexadecimal digits.
std::string json_line(const client::WatchedEvent& event) {
  auto document = json::Value::object();
  document.set("cursor", text_value(event.cursor))
      .set("kind", text_value(event.kind))
      .set("subject", text_value(event.subject))
      .set("height", number_value(event.height.value))
      .set("time", text_value(production::time_text(static_cast<production::EventTime>(event.time))))
      .set("transaction_id", text_value(event.transaction.hex()));
  if (auto data = json::parse(as_text(event.data))) {
    document.set("data", std::move(*data));
  } else if (!event.data.empty()) {
    document.set("data_hex", text_value(to_hex(event.data)));
  }
  return json::serialize(document);
}

void print(Console& console, const client::WatchedEvent& event, OutputForm form) {
  if (form == OutputForm::json) {
    console.out << json_line(event) << std::endl;
    return;
  }
  console.out << fmt::format("{}  {:<10}  {:<22}  {}",
                             production::time_text(static_cast<production::EventTime>(event.time)),
                             printable(event.cursor), printable(event.kind), printable(event.subject))
              << std::endl;
}

}  // namespace

int run_watch(Console& console, const WatchOptions& options) {
  auto from = options.from;
  std::uint64_t seen = 0;
  std::string last_trouble;
  for (bool is_first = true;; is_first = false) {
    const auto target = find_target(options.target);
    const auto ledger = target ? target->ledger() : Result<client::LedgerClient>(target.error());
    const auto status = ledger ? ledger->status() : Result<NodeStatus>(ledger.error());
    Status ended = status ? Status(kDone) : Status(status.error());
    if (is_first && !status) { return console.fail(status.error()); }
    if (status) {
      // A place to go on from when the stream ends before the first event.
      if (from.empty()) { from = status->executed_height.text(); }
      const auto watch = ledger->watch(from, options.kind);
      while (const auto event = watch->next()) {
        print(console, *event, options.output);
        from = event->cursor;
        last_trouble.clear();
        if (++seen == options.count) { return kSuccess; }
      }
      ended = watch->finish();
    }
    if (!ended) {
      // A node that stops, or ends streams of old connections, is asked again; what is wrong with the question stays wrong.
      const auto kind = ended.error().kind;
      const bool may_pass = kind == ErrorKind::unavailable || kind == ErrorKind::busy || kind == ErrorKind::timeout;
      if (!may_pass) { return console.fail(ended.error()); }
      if (ended.error().message != last_trouble) {
        last_trouble = ended.error().message;
        console.err << fmt::format("{}; asking again behind {}\n", printable(last_trouble), printable(from));
      }
    }
    std::this_thread::sleep_for(kRetry);
  }
}

}  // namespace keten::tools

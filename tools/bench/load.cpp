#include "tools/bench/load.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "core/limits.h"

namespace keten::bench {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kDrain = 15s;
constexpr auto kPoll = 4ms;  // how often finality is looked at
/// At a fixed rate a client sends what has become due together so often; latency counts from when each was due.
constexpr auto kPace = 20ms;
constexpr auto kBackOff = 20ms;  // after a full mempool

/// What is known about one signed transaction. Times in microseconds since the clock started; 0 is never.
struct Ticket {
  std::atomic<std::int64_t> due{0};
  std::int64_t final = 0;  // the follower's
};

/// All clients and the follower share this.
struct Run {
  explicit Run(std::size_t count, std::size_t clients) : tickets(count), settled(clients) {}
  Clock::time_point start;
  std::vector<TransactionPointer> transactions;
  std::vector<Ticket> tickets;
  std::unordered_map<TransactionId, std::uint32_t, FixedBytesHash> numbers;
  std::vector<std::atomic<std::uint64_t>> settled;  ///< of each client: final or refused for good
  std::vector<std::uint32_t> owner;                 ///< the client of each transaction
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> offered{0};
  std::atomic<std::uint64_t> committed{0};
  std::atomic<std::uint64_t> retries{0};
  std::mutex failures_mutex;  // readers of several clients count failures
  std::map<std::string, std::uint64_t> failures;

  [[nodiscard]] std::int64_t now() const {
    return std::max<std::int64_t>(1,
                                  std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
  }
  void count_failure(const std::string& reason) {
    const std::lock_guard lock(failures_mutex);
    ++failures[reason];
  }
};

/// One connection: a thread that sends and one that reads the answers.
class Client {
 public:
  struct Share {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  Client(Run& run, std::uint32_t index, const client::Endpoint& endpoint, Share share, const LoadOptions& options)
      : run_(run),
        index_(index),
        share_(share),
        options_(options),
        ledger_(endpoint),
        stream_(ledger_.submit_stream()) {}

  void start() {
    reader_ = std::thread([this] { read(); });
    writer_ = std::thread([this] { write(); });
  }
  void join() {
    if (writer_.joinable()) { writer_.join(); }
    // A node that answers no more must not hold us.
    if (reader_.joinable()) {
      const auto deadline = Clock::now() + 5s;
      while (!read_all_ && Clock::now() < deadline) { std::this_thread::sleep_for(5ms); }
      if (!read_all_) { stream_->cancel(); }
      reader_.join();
    }
  }

 private:
  [[nodiscard]] std::size_t window() const { return std::max<std::size_t>(options_.window / options_.clients, 1); }
  [[nodiscard]] std::uint64_t on_their_way() const {
    return sent_ - run_.settled[index_].load(std::memory_order_relaxed);
  }

  /// How many of ours are due by now.
  [[nodiscard]] std::uint64_t due_count() const {
    if (options_.rate <= 0) { return share_.count; }
    const auto seconds = static_cast<double>(run_.now()) / 1e6;
    return std::min<std::uint64_t>(share_.count, static_cast<std::uint64_t>(seconds * per_second()));
  }
  [[nodiscard]] double per_second() const { return options_.rate / static_cast<double>(options_.clients); }

  void write() {
    std::uint64_t sequence = 0;
    while (!run_.stop) {
      auto batch = take_retries();
      if (batch.empty()) { batch = take_fresh(); }
      if (batch.empty()) {
        std::this_thread::sleep_for(options_.rate > 0 ? kPace : 1ms);
        continue;
      }
      std::vector<TransactionPointer> transactions;
      transactions.reserve(batch.size());
      for (const auto number : batch) { transactions.push_back(run_.transactions[number]); }
      {
        const std::lock_guard lock(mutex_);
        batches_.push_back(std::move(batch));
      }
      if (!stream_->send(transactions, sequence++)) { break; }
    }
    stream_->close();
  }

  std::vector<std::uint32_t> take_fresh() {
    const auto due = due_count();
    std::vector<std::uint32_t> batch;
    const auto now = run_.now();
    while (sent_ < due && batch.size() < options_.batch && on_their_way() < window()) {
      const auto number = share_.first + static_cast<std::uint32_t>(sent_);
      const auto when =
          options_.rate > 0 ? static_cast<std::int64_t>(static_cast<double>(sent_ + 1) / per_second() * 1e6) : now;
      run_.tickets[number].due.store(std::max<std::int64_t>(1, when), std::memory_order_relaxed);
      batch.push_back(number);
      ++sent_;
    }
    run_.offered.fetch_add(batch.size(), std::memory_order_relaxed);
    return batch;
  }

  std::vector<std::uint32_t> take_retries() {
    const std::lock_guard lock(mutex_);
    if (retries_.empty() || Clock::now() < retry_at_) { return {}; }
    std::vector<std::uint32_t> batch;
    while (!retries_.empty() && batch.size() < options_.batch) {
      batch.push_back(retries_.front());
      retries_.pop_front();
    }
    return batch;
  }

  void read() {
    while (const auto answer = stream_->receive()) {
      std::vector<std::uint32_t> batch;
      {
        const std::lock_guard lock(mutex_);
        if (batches_.empty()) { break; }
        batch = std::move(batches_.front());
        batches_.pop_front();
      }
      for (std::size_t i = 0; i < answer->results.size() && i < batch.size(); ++i) {
        if (!answer->results[i]) { refused(batch[i], answer->results[i].error()); }
      }
    }
    const auto ended = stream_->finish();
    if (!ended && !run_.stop) { run_.count_failure(ended.error().reason); }
    read_all_ = true;
  }

  void refused(std::uint32_t number, const Error& error) {
    if (error.reason == "DUPLICATE") { return; }
    if (error.kind == ErrorKind::busy) {
      run_.retries.fetch_add(1, std::memory_order_relaxed);
      const std::lock_guard lock(mutex_);
      retries_.push_back(number);
      retry_at_ = Clock::now() + kBackOff;
      return;
    }
    run_.tickets[number].due.store(0, std::memory_order_relaxed);
    run_.settled[index_].fetch_add(1, std::memory_order_relaxed);
    run_.count_failure(error.reason);
  }

  Run& run_;
  const std::uint32_t index_;
  const Share share_;
  const LoadOptions& options_;
  client::LedgerClient ledger_;
  std::unique_ptr<client::SubmitStream> stream_;
  std::uint64_t sent_ = 0;                          // the writer's
  std::mutex mutex_;                                // writer and reader share what follows
  std::deque<std::vector<std::uint32_t>> batches_;  ///< sent, not answered
  std::deque<std::uint32_t> retries_;
  Clock::time_point retry_at_;
  std::atomic<bool> read_all_{false};
  std::thread reader_;
  std::thread writer_;
};

/// Looks at each new block of one node.
class Follower {
 public:
  Follower(Run& run, const client::Endpoint& endpoint, Height from)
      : run_(run), ledger_(endpoint), next_(from.next()) {}

  /// Reads all blocks that are there. Returns how many of ours they held.
  std::uint64_t look() {
    std::uint64_t found = 0;
    while (const auto block = ledger_.block(next_)) {
      const auto now = run_.now();
      std::uint64_t ours = 0;
      for (const auto& id : block->transaction_ids) {
        const auto number = run_.numbers.find(id);
        if (number == run_.numbers.end()) { continue; }
        auto& ticket = run_.tickets[number->second];
        if (ticket.final != 0) { continue; }
        ticket.final = now;
        run_.settled[run_.owner[number->second]].fetch_add(1, std::memory_order_relaxed);
        ++ours;
      }
      blocks_ += ours > 0 ? 1 : 0;
      found += ours;
      ++next_;
    }
    run_.committed.fetch_add(found, std::memory_order_relaxed);
    return found;
  }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }

 private:
  Run& run_;
  client::LedgerClient ledger_;
  Height next_;
  std::uint64_t blocks_ = 0;
};

/// Signs the shares of all clients, on all cores.
Result<Nothing> sign_all(Run& run, const std::vector<NodeUnderTest>& nodes, const LoadOptions& options,
                         Height valid_until, std::uint32_t per_client) {
  std::atomic<std::uint32_t> next{0};
  std::atomic<bool> failed{false};
  const auto total = static_cast<std::uint32_t>(run.tickets.size());
  run.transactions.resize(total);
  run.owner.resize(total);
  const auto work = [&] {
    constexpr std::uint32_t kChunk = 256;
    for (auto first = next.fetch_add(kChunk); first < total && !failed; first = next.fetch_add(kChunk)) {
      for (auto number = first; number < std::min(first + kChunk, total); ++number) {
        const auto owner = number / per_client;
        const auto signs = std::ranges::find(nodes, options.organisation,
                                             [](const NodeUnderTest& node) { return node.sender.organisation; });
        const auto& sender = signs == nodes.end() ? nodes[owner % nodes.size()].sender : signs->sender;
        auto transaction = !options.agreement.empty()
                               ? Result<TransactionPointer>(sign_use(sender, valid_until, options.agreement, number))
                           : options.events > 0
                               ? Result<TransactionPointer>(sign_document(sender, valid_until, options.events, number))
                               : sign_sized(sender, valid_until, options.transaction_bytes, number, options.entities);
        if (!transaction) {
          failed = true;
          return;
        }
        run.owner[number] = owner;
        run.transactions[number] = std::move(*transaction);
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) { threads.emplace_back(work); }
  for (auto& thread : threads) { thread.join(); }
  if (failed) {
    return sign_sized(nodes.front().sender, valid_until, options.transaction_bytes, 0, options.entities).error();
  }
  run.numbers.reserve(total);
  for (std::uint32_t number = 0; number < total; ++number) {
    run.numbers.emplace(run.transactions[number]->id, number);
  }
  return kDone;
}

/// Different ones, spread evenly; the same for the same number.
std::set<std::string> subjects_of(std::uint64_t number, std::size_t count) {
  constexpr std::uint64_t kMost = 16;  // docs/formats/storage.md, `record`
  constexpr std::uint64_t kEach = 10'000;
  std::set<std::string> subjects;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto mixed = (number * kMost + i) * 0x9E3779B97F4A7C15ULL >> 32U;
    subjects.insert(fmt::format("lot-{:06}", mixed % kEach * kMost + i));
  }
  return subjects;
}

}  // namespace

Result<TransactionPointer> sign_sized(const client::Sender& sender, Height valid_until, std::size_t envelope_bytes,
                                      std::uint64_t number, std::size_t entities) {
  const auto subjects = subjects_of(number, entities);
  // Lengths are written in one or two bytes, so near some sizes a longer key makes up for the odd byte.
  for (std::size_t key_bytes = 8; key_bytes < 12; ++key_bytes) {
    Bytes key(key_bytes);
    for (std::size_t i = 0; i < 8; ++i) { key[i] = static_cast<std::uint8_t>(number >> (8 * i)); }
    std::size_t value_bytes = envelope_bytes > 280 ? envelope_bytes - 280 : 0;
    for (int attempt = 0; attempt < 6; ++attempt) {
      auto transaction =
          client::sign_call(sender, {.contract = "record",
                                     .method = "put",
                                     .arguments = client::record_put_arguments(
                                         key, Bytes(value_bytes, static_cast<std::uint8_t>(number)), subjects),
                                     .valid_until = valid_until});
      const auto found = transaction->envelope.size();
      if (found == envelope_bytes) { return transaction; }
      if (found > envelope_bytes + value_bytes) { break; }
      value_bytes = value_bytes + envelope_bytes - found;
    }
  }
  return invalid("TRANSACTION_SIZE", "no record.put has exactly " + std::to_string(envelope_bytes) + " bytes");
}

TransactionPointer sign_use(const client::Sender& sender, Height valid_until, const std::string& agreement,
                            std::uint64_t number) {
  return client::sign_call(
      sender,
      {.contract = "usage",
       .method = "permit",
       .arguments = to_bytes(fmt::format(
           R"({{"agreement":"{}","uses":[{{"id":"use-{}-{}","action":"read","statements":{{"purpose":"quality"}}}}]}})",
           agreement, valid_until.value, number)),
       .valid_until = valid_until});
}

TransactionPointer sign_document(const client::Sender& sender, Height valid_until, std::size_t events,
                                 std::uint64_t number) {
  constexpr std::uint64_t kFuelFixed = 200'000;
  constexpr std::uint64_t kFuelPerByte = 400;  // as a node's HTTP interface buys it
  std::string text =
      R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
      R"("schemaVersion":"2.0","creationDate":"2026-01-02T03:04:05Z","epcisBody":{"eventList":[)";
  for (std::size_t i = 0; i < events; ++i) {
    // Another run on the same chain speaks of other items.
    const auto serial = fmt::format("{}{:09}", valid_until.value, number * events + i);
    text += fmt::format(
        R"({}{{"type":"ObjectEvent","eventID":"urn:uuid:{:08}-0000-4000-8000-{:012}","action":"OBSERVE",)"
        R"("eventTime":"2026-01-02T03:{:02}:{:02}.000Z","eventTimeZoneOffset":"+00:00","bizStep":"shipping",)"
        R"("disposition":"in_transit","readPoint":{{"id":"urn:epc:id:sgln:0614141.00777.0"}},)"
        R"("epcList":["urn:epc:id:sgtin:0614141.107346.{}"],)"
        R"("bizTransactionList":[{{"type":"po","bizTransaction":"urn:epcglobal:cbv:bt:0614141000029:{}"}}],)"
        R"("destinationList":[{{"type":"possessing_party","destination":"urn:epc:id:pgln:4012345.00002"}}]}})",
        i == 0 ? "" : ",", valid_until.value, number * events + i, number % 60, i % 60, serial, number);
  }
  text += "]}}";
  TransactionBody body;
  body.chain_id = sender.chain_id;
  body.organisation = sender.organisation;
  body.sender = sender.key.public_key();
  body.valid_until = valid_until;
  for (std::size_t i = 0; i < 8; ++i) { body.salt.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i)); }
  body.fuel_limit = std::min<std::uint64_t>(limits::kFuelPerTransactionMax, kFuelFixed + kFuelPerByte * text.size());
  body.contract = "production";
  body.method = "capture";
  std::vector<Payload> payloads(1);
  payloads[0].content = to_bytes(text);
  return sign_transaction(std::move(body), std::move(payloads), sender.key);
}

LoadOptions for_documents(LoadOptions options) {
  constexpr std::size_t kEventsOnTheirWay = 10'000;
  constexpr double kEventsPerSecondMax = 12'000;
  constexpr std::size_t kMessageBytes = 1'000'000;
  constexpr std::size_t kEventBytes = 500;
  options.window = std::max(options.clients, kEventsOnTheirWay / options.events);
  options.rate_ceiling = kEventsPerSecondMax / static_cast<double>(options.events);
  options.batch = std::clamp<std::size_t>(kMessageBytes / (kEventBytes * options.events), 1, 100);
  return options;
}

double LoadResult::percentile(double share) const {
  if (latency_ms.empty()) { return 0; }
  const auto index = static_cast<std::size_t>(share * static_cast<double>(latency_ms.size() - 1));
  return latency_ms[index];
}

Result<LoadResult> run_load(const std::vector<NodeUnderTest>& nodes, const LoadOptions& options,
                            const std::function<void(const std::string&)>& progress) {
  CHECK(!nodes.empty() && options.clients > 0);
  const auto status = client::LedgerClient(nodes.front().endpoint).status();
  if (!status) { return status.error(); }
  // As far ahead as every node takes it, with room for one that lags.
  const auto valid_until = status->height.plus(1'900);

  const auto seconds = std::chrono::duration<double>(options.duration).count();
  const auto wanted = (options.rate > 0 ? options.rate : options.rate_ceiling) * seconds;
  const auto per_client = static_cast<std::uint32_t>(wanted / static_cast<double>(options.clients)) + 1;
  Run run(per_client * options.clients, options.clients);
  progress(!options.agreement.empty() ? fmt::format("signing {} uses", run.tickets.size())
           : options.events > 0
               ? fmt::format("signing {} documents of {} events", run.tickets.size(), options.events)
               : fmt::format("signing {} transactions of {} bytes", run.tickets.size(), options.transaction_bytes));
  const auto sign_start = Clock::now();
  if (auto done = sign_all(run, nodes, options, valid_until, per_client); !done) { return done.error(); }

  LoadResult result;
  result.sign_seconds = std::chrono::duration<double>(Clock::now() - sign_start).count();
  result.signed_count = run.tickets.size();
  result.envelope_bytes = run.transactions.front()->envelope.size();

  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint32_t i = 0; i < options.clients; ++i) {
    const Client::Share share{.first = i * per_client, .count = per_client};
    clients.push_back(std::make_unique<Client>(run, i, nodes[i % nodes.size()].endpoint, share, options));
  }
  Follower follower(run, nodes.front().endpoint, status->height);
  follower.look();
  run.start = Clock::now();
  for (auto& one : clients) { one->start(); }

  auto report_at = run.start + 1s;
  const auto interrupted = [&options] { return options.interrupted && options.interrupted(); };
  while (Clock::now() - run.start < options.duration && !interrupted()) {
    follower.look();
    if (Clock::now() > report_at) {
      progress(fmt::format("{:.0f} s: {} final, {:.0f} per second",
                           std::chrono::duration<double>(Clock::now() - run.start).count(), run.committed.load(),
                           static_cast<double>(run.committed.load()) * 1e6 / static_cast<double>(run.now())));
      report_at += 1s;
    }
    std::this_thread::sleep_for(kPoll);
  }
  result.seconds = static_cast<double>(run.now()) / 1e6;
  result.committed = run.committed;
  run.stop = true;
  progress("waiting for what is on its way");
  for (auto& one : clients) { one->join(); }

  const auto drained = Clock::now() + kDrain;
  const auto refused = [&run] {
    const std::lock_guard lock(run.failures_mutex);
    std::uint64_t count = 0;
    for (const auto& [reason, number] : run.failures) { count += number; }
    return count;
  };
  while (run.committed + refused() < run.offered && Clock::now() < drained && !interrupted()) {
    follower.look();
    std::this_thread::sleep_for(kPoll);
  }
  result.offered = run.offered;
  result.blocks = follower.blocks();
  result.retries = run.retries;
  result.committed_late = run.committed - result.committed;
  result.failures = run.failures;
  for (const auto& ticket : run.tickets) {
    const auto due = ticket.due.load();
    if (due == 0) { continue; }
    if (ticket.final == 0) {
      ++result.failures["LOST"];
    } else {
      result.latency_ms.push_back(static_cast<double>(ticket.final - due) / 1000.0);
    }
  }
  std::sort(result.latency_ms.begin(), result.latency_ms.end());
  return result;
}

}  // namespace keten::bench

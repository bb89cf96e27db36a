#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "client/ledger_client.h"
#include "client/transactions.h"
#include "core/result.h"

namespace keten::bench {

/// One node under test and who submits to it.
struct NodeUnderTest {
  std::string name;
  client::Endpoint endpoint;
  client::Sender sender;
  pid_t pid = 0;
  std::filesystem::path data;
};

struct LoadOptions {
  std::chrono::milliseconds duration{20'000};
  std::size_t clients = 8;                      ///< connections, spread evenly over the nodes
  std::size_t transaction_bytes = 512;          ///< of every envelope, exactly; not of documents
  std::size_t events = 0;                       ///< EPCIS events in every transaction; 0: `record.put` without any
  std::size_t entities = 0;                     ///< that every `record.put` is about, each with a head; 0: none
  std::string agreement;                        ///< every transaction asks for a use under it, in place of `record.put`
  std::string organisation;                     ///< whose node's device signs all; empty: each node's its share
  double rate = 0;                              ///< offered per second; 0: as many as become final
  std::size_t window = 4'000;                   ///< transactions on their way at once, all clients together
  std::size_t batch = 100;                      ///< transactions in one message, at most
  double rate_ceiling = 8'000;                  ///< how many per second are signed in advance when `rate` is 0
  std::function<bool()> interrupted = nullptr;  ///< asked often: true ends the load early
};

/// Signs a `record.put` whose envelope has exactly this many bytes; `number` makes key and salt its own. TRANSACTION_SIZE when no
/// value length gives that size. It is about `entities` of 160,000 subjects of the sender's organisation.
Result<TransactionPointer> sign_sized(const client::Sender& sender, Height valid_until, std::size_t envelope_bytes,
                                      std::uint64_t number, std::size_t entities = 0);

/// Signs a `usage.permit` of one use, whose id no other `number` and height have.
TransactionPointer sign_use(const client::Sender& sender, Height valid_until, const std::string& agreement,
                            std::uint64_t number);

/// Signs a `production.capture` of a document with so many events of about half a kilobyte, of items that no other `number` has.
TransactionPointer sign_document(const client::Sender& sender, Height valid_until, std::size_t events,
                                 std::uint64_t number);

/// Options as they are for documents: what is on its way and what is signed in advance is counted in events.
LoadOptions for_documents(LoadOptions options);

struct LoadResult {
  double seconds = 0;       ///< of offering load
  double sign_seconds = 0;  ///< of preparing, before the clock
  std::uint64_t signed_count = 0;
  std::size_t envelope_bytes = 0;                 ///< of the first transaction
  std::uint64_t offered = 0;                      ///< handed to a node
  std::uint64_t committed = 0;                    ///< final within `seconds`
  std::uint64_t committed_late = 0;               ///< final after it, while draining
  std::uint64_t blocks = 0;                       ///< that held them
  std::uint64_t retries = 0;                      ///< refused by a full mempool and offered again
  std::map<std::string, std::uint64_t> failures;  ///< by reason; LOST: never final
  std::vector<double> latency_ms;                 ///< of the committed, ascending: due until seen in a final block
  [[nodiscard]] double percentile(double share) const;  ///< 0 to 1; 0 when there is none
};

/// Signs, offers, watches and drains. `progress` gets a line about once a second.
Result<LoadResult> run_load(const std::vector<NodeUnderTest>& nodes, const LoadOptions& options,
                            const std::function<void(const std::string&)>& progress);

}  // namespace keten::bench

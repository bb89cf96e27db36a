// Records one measurement on the ledger and waits until it is final: what every client does.
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "client/keystore.h"
#include "client/ledger_client.h"
#include "client/transactions.h"

namespace {

using namespace keten;

int fail(const Error& error) {
  std::fprintf(stderr, "error: %s  %s\n", error.reason.c_str(), error.message.c_str());
  return 1;
}

/// Both sides show a certificate; the node's is pinned, so no authority has to be trusted.
Result<client::Endpoint> endpoint_of(const std::filesystem::path& home, const std::string& address) {
  client::Endpoint endpoint;
  endpoint.address = address;
  for (const auto& [file, text] :
       {std::pair{"node.crt", &endpoint.server_certificates}, std::pair{"client.crt", &endpoint.certificate},
        std::pair{"client.key", &endpoint.key}}) {
    auto content = client::read_file(home / "tls" / file);
    if (!content) { return content.error(); }
    *text = std::move(*content);
  }
  return endpoint;
}

int record(const std::filesystem::path& home, const std::string& address, const std::string& key,
           const std::string& value) {
  const auto endpoint = endpoint_of(home, address);
  if (!endpoint) { return fail(endpoint.error()); }
  const auto device = client::read_key_file(home / "keys" / "device.key");
  if (!device) { return fail(device.error()); }

  const client::LedgerClient ledger(*endpoint);
  const auto status = ledger.status();
  if (!status) { return fail(status.error()); }

  const client::Sender sender{.chain_id = status->chain_id, .organisation = status->organisation, .key = *device};
  const auto transaction =
      client::sign_call(sender, {.contract = "record",
                                 .method = "put",
                                 .arguments = client::record_put_arguments(as_bytes(key), as_bytes(value)),
                                 .valid_until = status->height.plus(client::kValidityBlocks)});
  if (auto submitted = ledger.submit(transaction); !submitted) { return fail(submitted.error()); }
  // Should the wait end early, the same transaction may be submitted again: it is recorded at most once.
  const auto progress = ledger.wait(transaction->id, WaitLevel::executed);
  if (!progress) { return fail(progress.error()); }
  if (!progress->receipt || !progress->receipt->succeeded) {
    std::fprintf(stderr, "error: %s  the contract refused\n",
                 progress->receipt ? progress->receipt->reason.c_str() : "NO_RECEIPT");
    return 1;
  }
  std::printf("%s is in block %s\n", transaction->id.hex().c_str(), progress->height.text().c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: %s HOME HOST:PORT KEY VALUE\n", arguments[0]);
    return 2;
  }
  return record(arguments[1], arguments[2], arguments[3], arguments[4]);
}

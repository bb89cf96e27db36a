// keten tx and block: the gRPC API.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "client/transactions.h"
#include "core/block.h"
#include "core/merkle.h"
#include "tools/keten/options.h"
#include "tools/keten/verification.h"

namespace keten::tools {
namespace {

std::string_view state_name(TransactionState state) {
  switch (state) {
    case TransactionState::unknown: return "unknown";
    case TransactionState::admitted: return "admitted";
    case TransactionState::final: return "final";
    case TransactionState::executed: return "executed";
    case TransactionState::expired: return "expired";
  }
  return "unknown";
}

Result<WaitLevel> wait_level(const std::string& name) {
  if (name.empty() || name == "final") { return WaitLevel::final; }
  if (name == "admitted") { return WaitLevel::admitted; }
  if (name == "executed") { return WaitLevel::executed; }
  return invalid("WAIT_LEVEL_UNKNOWN", "expected admitted, final or executed, found \"" + name + "\"");
}

/// Prints where a transaction is; a failed execution is a failed command.
int print_progress(Console& console, const TransactionId& id, const TransactionProgress& progress, OutputForm output,
                   const Verification* verification = nullptr) {
  const bool failed = progress.receipt && !progress.receipt->succeeded;
  if (output == OutputForm::json) {
    auto document = json::Value::object();
    document.set("transaction_id", text_value(id.hex()))
        .set("state", text_value(state_name(progress.state)))
        .set("height", number_value(progress.height.value))
        .set("index", number_value(std::uint64_t{progress.index}));
    if (progress.receipt) {
      document.set("receipt", json::Value::object()
                                  .set("succeeded", json::Value::boolean(progress.receipt->succeeded))
                                  .set("reason", text_value(progress.receipt->reason))
                                  .set("message", text_value(progress.receipt->message))
                                  .set("fuel_used", number_value(progress.receipt->fuel_used)));
    }
    if (verification != nullptr) { verification->describe(document); }
    console.out << json::pretty(document) << "\n";
  } else {
    console.out << fmt::format("{}  {}", id.hex(), state_name(progress.state));
    if (progress.height.value != 0) {
      console.out << fmt::format("  height {} index {}", progress.height.value, progress.index);
    }
    if (progress.receipt) {
      console.out << (failed ? fmt::format("  failed: {} {}", progress.receipt->reason,
                                           printable(progress.receipt->message))
                             : fmt::format("  ok, fuel {}", progress.receipt->fuel_used));
    }
    console.out << "\n";
  }
  return failed || progress.state == TransactionState::expired ? kFailed : kSuccess;
}

/// The transaction of the command line: signed bytes from a file, or built and signed here with the user's key.
Result<TransactionPointer> transaction_of(const TransactionOptions& options, const Target& target,
                                          const client::LedgerClient& ledger) {
  if (!options.file.empty()) {
    const auto envelope = client::read_file(options.file);
    if (!envelope) { return envelope.error(); }
    return decode_transaction(as_bytes(*envelope));
  }
  if (options.contract != "record" || options.method != "put" || options.key.empty()) {
    return invalid("CALL_INCOMPLETE",
                   "give a FILE with a signed transaction, or --contract record --method put --key K --value V");
  }
  const auto status = ledger.status();
  if (!status) { return status.error(); }
  const auto user = options.target.user.substr(0, options.target.user.find('@'));
  const auto key = client::read_key_file(HomeFiles{target.node.home}.key(user.empty() ? "device" : user));
  if (!key) { return key.error(); }
  auto subjects = options.subjects;
  if (!options.plain) { subjects.insert(options.key); }  // so that what was put last under it can be proved
  return client::sign_call(
      {.chain_id = status->chain_id, .organisation = status->organisation, .key = *key},
      {.contract = options.contract,
       .method = options.method,
       .arguments = client::record_put_arguments(as_bytes(options.key), as_bytes(options.value), subjects),
       .valid_until = status->height.plus(client::kValidityBlocks)});
}

/// Compares where the node says that a transaction is with a proof of it. `receipt` may be missing from the answer.
void check_transaction(Verification& verification, const client::LedgerClient& ledger, const TransactionId& id,
                       const TransactionProgress& progress) {
  if (!verification.is_wanted()) { return; }
  if (progress.state != TransactionState::executed) {
    verification.is_word_of_node("where a transaction is that is not executed cannot be proved");
    return;
  }
  proof::Question question;
  question.kind = proof::QuestionKind::transaction;
  question.transaction = id;
  const auto fetch = [&](const proof::Question& one) { return ledger.proof(one); };
  const auto proved = verification.prove(fetch, question, "transaction " + id.hex());
  if (!proved) { return; }
  verification.holds(*proved);
  const auto& statement = std::get<proof::TransactionProof>(proved->proof.statement);
  const auto same = [&](const std::string& where, const std::string& expected, const std::string& found) {
    if (expected != found && !verification.has_failed()) { verification.differs(where, expected, found); }
  };
  same("height", statement.header.height.text(), progress.height.text());
  same("index", std::to_string(statement.index), std::to_string(progress.index));
  if (!progress.receipt) { return; }
  const auto outcome = [](const Receipt& receipt) { return std::string(receipt.succeeded ? "succeeded" : "failed"); };
  same("receipt", outcome(statement.receipt), outcome(*progress.receipt));
  same("reason", statement.receipt.reason, progress.receipt->reason);
  same("message", statement.receipt.message, progress.receipt->message);
  same("fuel used", std::to_string(statement.receipt.fuel_used), std::to_string(progress.receipt->fuel_used));
}

/// Shows a state that was checked, and says what of it is verified. What the transaction came to is the first thing to know.
int finish_progress(Console& console, const TransactionOptions& options, const TransactionId& id,
                    const TransactionProgress& progress, Verification& verification) {
  int code = kSuccess;
  if (options.output == OutputForm::json && verification.has_failed()) {
    auto document = json::Value::object();
    verification.describe(document);
    console.out << json::pretty(document) << "\n";
  } else if (!verification.has_failed()) {
    code = print_progress(console, id, progress, options.output, &verification);
  }
  const auto verified = verification.finish(options.output);
  return verified == kSuccess ? code : verified;
}

}  // namespace

int run_tx_submit(Console& console, const TransactionOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  const auto level = wait_level(options.wait);
  if (!level) { return console.fail(level.error()); }
  const auto transaction = transaction_of(options, *target, *ledger);
  if (!transaction) { return console.fail(transaction.error()); }
  const auto& id = (*transaction)->id;
  if (auto submitted = ledger->submit(*transaction); !submitted) { return console.fail(submitted.error()); }
  if (options.wait.empty()) {
    TransactionProgress progress;
    progress.state = TransactionState::admitted;
    return print_progress(console, id, progress, options.output);
  }
  console.progress("submitted " + id.hex() + ", waiting");
  const auto progress = ledger->wait(id, *level, options.timeout_ms);
  console.end_progress();
  if (!progress) { return console.fail(progress.error(), "it may still become final: keten tx status " + id.hex()); }
  return print_progress(console, id, *progress, options.output);
}

int run_tx_status(Console& console, const TransactionOptions& options) {
  const auto id = TransactionId::from_hex(options.id);
  if (!id) { return console.fail(invalid("ID_INVALID", "a transaction id has 64 hexadecimal digits")); }
  const auto level = wait_level(options.wait);
  if (!level) { return console.fail(level.error()); }
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  auto verification = Verification::open(console, options.target, *target, options.trust);
  if (!verification) { return console.fail(verification.error()); }
  if (!options.wait.empty()) {
    const auto progress = ledger->wait(*id, *level, options.timeout_ms);
    if (!progress) { return console.fail(progress.error()); }
    check_transaction(*verification, *ledger, *id, *progress);
    return finish_progress(console, options, *id, *progress, *verification);
  }
  const auto found = ledger->transaction(*id);
  if (!found) {
    const auto code = console.fail(found.error());
    verification->is_word_of_node("that a transaction was never recorded cannot be proved");
    verification->finish(options.output);
    return code;
  }
  auto progress = found->progress;
  if (progress.state == TransactionState::executed) {
    if (auto receipt = ledger->receipt(*id)) { progress.receipt = receipt->receipt; }
  }
  check_transaction(*verification, *ledger, *id, progress);
  return finish_progress(console, options, *id, progress, *verification);
}

int run_tx_get(Console& console, const TransactionOptions& options) {
  const auto id = TransactionId::from_hex(options.id);
  if (!id) { return console.fail(invalid("ID_INVALID", "a transaction id has 64 hexadecimal digits")); }
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  const auto found = ledger->transaction(*id);
  if (!found) { return console.fail(found.error()); }
  const auto transaction = decode_transaction(found->envelope);
  if (!transaction) { return console.fail(transaction.error()); }
  if ((*transaction)->id != *id || !has_valid_signature(**transaction)) {
    return console.fail(failure(ErrorKind::corrupt, "TRANSACTION_FORGED",
                                "the node's answer is not this transaction, signed by its sender"));
  }
  auto verification = Verification::open(console, options.target, *target, options.trust);
  if (!verification) { return console.fail(verification.error()); }
  check_transaction(*verification, *ledger, *id, found->progress);
  if (verification->has_failed()) { return finish_progress(console, options, *id, found->progress, *verification); }
  const auto& body = (*transaction)->body;
  std::uint64_t payload_bytes = 0;
  for (const auto& payload : (*transaction)->payloads) { payload_bytes += payload.content.size(); }
  if (options.output == OutputForm::json) {
    auto document = json::Value::object()
                        .set("transaction_id", text_value(id->hex()))
                        .set("state", text_value(state_name(found->progress.state)))
                        .set("height", number_value(found->progress.height.value))
                        .set("index", number_value(std::uint64_t{found->progress.index}))
                        .set("organisation", text_value(body.organisation))
                        .set("sender", text_value(key_text(body.sender)))
                        .set("contract", text_value(body.contract))
                        .set("method", text_value(body.method))
                        .set("valid_until", number_value(body.valid_until.value))
                        .set("fuel_limit", number_value(body.fuel_limit))
                        .set("payloads", number_value(std::uint64_t{(*transaction)->payloads.size()}))
                        .set("payload_bytes", number_value(payload_bytes))
                        .set("envelope", text_value(to_hex(found->envelope)));
    verification->describe(document);
    console.out << json::pretty(document) << "\n";
    return verification->finish(options.output);
  }
  Table table({{"FIELD"}, {"VALUE"}});
  table.add({"transaction", id->hex()});
  table.add({"state", std::string(state_name(found->progress.state))});
  table.add({"block", fmt::format("{} index {}", found->progress.height.value, found->progress.index)});
  table.add({"sender", body.organisation + " " + key_text(body.sender)});
  table.add({"call", body.contract + "." + body.method});
  table.add({"valid until", body.valid_until.text()});
  table.add({"bytes", fmt::format("{} ({} in payloads)", found->envelope.size(), payload_bytes)});
  table.add({"signature", "valid"});
  console.out << table.text();
  return verification->finish(options.output);
}

namespace {

/// The transactions that came with a block are those that its header commits to.
Status check_transactions(const client::FoundBlock& block) {
  std::vector<TransactionPointer> transactions;
  for (const auto& envelope : block.transactions) {
    auto transaction = decode_transaction(envelope);
    if (!transaction) { return transaction.error(); }
    transactions.push_back(std::move(*transaction));
  }
  bool same = transactions.size() == block.transaction_ids.size() &&
              merkle_root(payload_leaves(transactions)) == block.header.payload_root;
  for (std::size_t i = 0; same && i < transactions.size(); ++i) {
    same = transactions[i]->id == block.transaction_ids[i];
  }
  if (same) { return kDone; }
  return failure(ErrorKind::corrupt, "TRANSACTION_DIFFERS",
                 "the transactions that came are not those of the block that the validators have signed");
}

void check_block(Verification& verification, const client::LedgerClient& ledger, const client::FoundBlock& block) {
  if (!verification.is_wanted()) { return; }
  if (block.header.height.value == 0) {
    verification.is_word_of_node(
        "the genesis is what everything is verified against; keten genesis verify shows yours");
    return;
  }
  proof::Question question;
  question.kind = proof::QuestionKind::block;
  question.block = block.header.height;
  const auto proved = verification.prove([&](const proof::Question& one) { return ledger.proof(one); }, question,
                                         "block " + block.header.height.text());
  if (!proved) { return; }
  verification.holds(*proved);
  const auto& header = std::get<proof::BlockProof>(proved->proof.statement).header;
  if (header.id() != block.id) { return verification.differs("/block_id", header.id().hex(), block.id.hex()); }
  if (auto checked = check_transactions(block); !checked) { verification.is_wrong(checked.error()); }
}

}  // namespace

int run_block_get(Console& console, const BlockOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  const auto ledger = target->ledger();
  if (!ledger) { return console.fail(ledger.error()); }
  auto verification = Verification::open(console, options.target, *target, options.trust);
  if (!verification) { return console.fail(verification.error()); }
  using Content = client::LedgerClient::BlockContent;
  const auto block =
      ledger->block(Height{options.height}, verification->is_wanted() ? Content::transactions : Content::ids);
  if (!block) { return console.fail(block.error()); }
  if (block->header.id() != block->id) {
    return console.fail(
        failure(ErrorKind::corrupt, "BLOCK_FORGED", "the header that came is not the one of this block id"));
  }
  check_block(*verification, *ledger, *block);
  const auto& header = block->header;
  if (options.output == OutputForm::json) {
    auto ids = json::Value::array();
    for (const auto& id : block->transaction_ids) { ids.push(text_value(id.hex())); }
    auto document = json::Value::object()
                        .set("block_id", text_value(block->id.hex()))
                        .set("height", number_value(header.height.value))
                        .set("view", number_value(header.view.value))
                        .set("epoch", number_value(header.epoch.value))
                        .set("parent", text_value(header.parent.hex()))
                        .set("proposer", number_value(std::uint64_t{header.proposer.value}))
                        .set("time_ms", number_value(header.time))
                        .set("payload_root", text_value(header.payload_root.hex()))
                        .set("payload_bytes", number_value(std::uint64_t{header.payload_bytes}))
                        .set("executed_height", number_value(header.executed_height.value))
                        .set("state_root", text_value(header.state_root.hex()))
                        .set("finalized", json::Value::boolean(!block->finalization.empty()))
                        .set("transactions", std::move(ids));
    verification->describe(document);
    console.out << json::pretty(document) << "\n";
    return verification->finish(options.output);
  }
  if (verification->has_failed()) { return verification->finish(options.output); }
  console.out << fmt::format("Block {}  {}\n", header.height.value, block->id.hex())
              << fmt::format("view {}, proposer {}, {} transactions, {} bytes, {}\n", header.view.value,
                             header.proposer.value, header.transaction_count, header.payload_bytes,
                             block->finalization.empty() ? "not final here yet" : "final")
              << fmt::format("parent {}\nstate root {} after block {}\n", header.parent.hex(), header.state_root.hex(),
                             header.executed_height.value);
  for (const auto& id : block->transaction_ids) { console.out << "  " << id.hex() << "\n"; }
  return verification->finish(options.output);
}

}  // namespace keten::tools

#include "core/proof/statement_verdict.h"

#include <algorithm>
#include <utility>

namespace keten::proof {
namespace {

using json::Value;

constexpr std::size_t kShownFieldBytesMax = 160;  // in a sentence; the facts have all of it

Value number(std::uint64_t value) { return Value::number(std::to_string(value)); }
Value text(std::string value) { return Value::string(std::move(value)); }

std::string named(const Entity& entity) { return entity.kind + " " + shown(entity.id); }

std::string plural(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

Value entity_json(const Entity& entity) {
  auto result = Value::object();
  result.set("kind", text(entity.kind)).set("id", text(shown(entity.id)));
  return result;
}

std::string field_words(ByteView field) {
  auto text = shown(as_text(field));
  if (text.size() <= kShownFieldBytesMax) { return text; }
  auto end = kShownFieldBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
  return text.substr(0, end) + "... (" + std::to_string(field.size()) + " bytes)";
}

std::string entry_words(std::uint64_t number, const HistoryEntry& entry, const std::vector<EpcisEvent>& events) {
  std::string words = std::to_string(number) + ". " + shown_time(entry.time) + " height " + entry.height.text() + " ";
  if (const auto* place = std::get_if<EventPlace>(&entry.content)) {
    const auto& event = events[place->place];
    words += "by " + shown(event.organisation) + ": event " + shown(event.event_id) +
             ((event.flags & 1U) != 0 ? " (declares an error)" : "");
  } else if (const auto* record = std::get_if<RecordContent>(&entry.content)) {
    words += "record " + shown(as_text(record->key)) + " (" + std::to_string(record->value.size()) + " bytes)";
  } else if (const auto* fact = std::get_if<FactContent>(&entry.content)) {
    words += fact->what;
    for (const auto& field : fact->fields) { words += " " + field_words(field); }
  } else {
    words += "what it says is not in this file, only its hash " + std::get<Hash>(entry.content).hex();
  }
  return words + ", transaction " + entry.transaction.hex();
}

Value entry_json(const HistoryEntry& entry, const std::vector<EpcisEvent>& events) {
  auto result = Value::object();
  result.set("height", number(entry.height.value))
      .set("time_ms", number(entry.time))
      .set("transaction", text(entry.transaction.hex()))
      .set("event", number(entry.event));
  if (const auto* place = std::get_if<EventPlace>(&entry.content)) {
    const auto& event = events[place->place];
    result.set("organisation", text(shown(event.organisation)))
        .set("event_id", text(shown(event.event_id)))
        .set("declares_error", Value::boolean((event.flags & 1U) != 0))
        .set("has_text", Value::boolean(!event.text.empty()));
  } else if (const auto* record = std::get_if<RecordContent>(&entry.content)) {
    result.set("key", text(shown(as_text(record->key)))).set("value", text(to_hex(record->value)));
  } else if (const auto* fact = std::get_if<FactContent>(&entry.content)) {
    auto fields = Value::array();
    for (const auto& field : fact->fields) { fields.push(text(shown(as_text(field)))); }
    result.set("what", text(fact->what)).set("fields", std::move(fields));
  } else {
    result.set("content", text(std::get<Hash>(entry.content).hex()));
  }
  return result;
}

/// Of entries whose content the file gives as a hash.
std::string hidden_words(const std::vector<std::uint64_t>& numbers) {
  constexpr std::size_t kNamedMax = 20;
  const bool is_one = numbers.size() == 1;
  std::string words = is_one ? "what entry " : "what entries ";
  for (std::size_t i = 0; i < std::min(numbers.size(), kNamedMax); ++i) {
    words += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  }
  if (numbers.size() > kNamedMax) { words += " and " + std::to_string(numbers.size() - kNamedMax) + " more"; }
  return words + (is_one ? " says is not in this file: only its hash" : " say is not in this file: only their hash");
}

constexpr const char* kNotTruth = "that what was recorded is true: the ledger proves who recorded what, and when";
constexpr const char* kPutWithoutSubject =
    "that nothing was put under this key: a put that names no subject is in no history";
constexpr const char* kNotNewer = "that nothing was recorded since: a newer proof may say more";

}  // namespace

void StatementVerdict::begin(std::string kind, std::string subject, std::string name) {
  kind_ = std::move(kind);
  verdict_.subject = std::move(subject);
  verdict_.name = std::move(name);
}

void StatementVerdict::begin(std::string kind, const std::string& words, const Entity& entity) {
  // Anybody may call a dataset as he likes: without the kind a name means an item or lot.
  const bool is_epc = entity.kind == "item" || entity.kind == "lot";
  begin(std::move(kind), words + named(entity), is_epc ? shown(entity.id) : std::string());
  verdict_.entity = named(entity);
}

void StatementVerdict::add(const TransactionProof& proof, const TransactionBody& body, const TransactionId& id) {
  begin("transaction", "transaction " + id.hex(), id.hex());
  const auto& header = proof.header;
  const auto& receipt = proof.receipt;
  statement_.set("transaction", text(id.hex()))
      .set("height", number(header.height.value))
      .set("index", number(proof.index))
      .set("block", text(header.id().hex()))
      .set("time_ms", number(header.time))
      .set("organisation", text(body.organisation))
      .set("sender", text(key_text(body.sender)))
      .set("contract", text(body.contract))
      .set("method", text(body.method))
      .set("succeeded", Value::boolean(receipt.succeeded))
      .set("reason", text(shown(receipt.reason)))
      .set("payloads", number(proof.payloads.size()));
  verdict_.proved.push_back("it was recorded in block " + header.height.text() + " as transaction number " +
                            std::to_string(proof.index) + ", at " + shown_time(header.time));
  verdict_.proved.push_back("it calls " + body.contract + "." + body.method + " and is signed by " + body.organisation +
                            " with key " + key_text(body.sender));
  if (receipt.succeeded) {
    verdict_.proved.push_back("it was accepted by the rules of the ledger and changed its state");
  } else {
    verdict_.proved.push_back("it was REFUSED by the rules of the ledger and changed nothing: " +
                              shown(receipt.reason) + ", " + shown(receipt.message));
  }
  verdict_.not_proved.emplace_back(kNotTruth);
  if (proof.payloads.empty() && !body.payload_commitments.empty()) {
    verdict_.not_proved.emplace_back("what its payloads say: they are not in this file");
  }
  verdict_.not_proved.emplace_back("that its effect still stands: later transactions may have changed it");
}

void StatementVerdict::add(const BlockProof& proof) {
  const auto& header = proof.header;
  begin("block", "block " + header.height.text(), header.id().hex());
  statement_.set("height", number(header.height.value))
      .set("block", text(header.id().hex()))
      .set("epoch", number(header.epoch.value))
      .set("time_ms", number(header.time))
      .set("transactions", number(header.transaction_count));
  verdict_.proved.push_back("block " + header.height.text() + " of the chain is " + header.id().hex() + ", of " +
                            shown_time(header.time) + ", with " +
                            plural(header.transaction_count, "transaction", "transactions"));
  verdict_.not_proved.emplace_back("what its transactions say: their hash is in its header");
}

void StatementVerdict::add(const EntryProof& proof) {
  const auto name = shown(as_text(proof.key));
  begin("entry", (proof.value ? "entry " : "no entry ") + name, proof.value ? name : std::string());
  statement_.set("key", text(name)).set("present", Value::boolean(proof.value.has_value()));
  if (proof.value) {
    statement_.set("value", text(to_hex(*proof.value)));
    verdict_.proved.push_back("the ledger's entry " + name + " has the value " + to_hex(*proof.value));
  } else {
    verdict_.proved.push_back("the ledger has no entry " + name);
  }
  verdict_.not_proved.emplace_back("what the entry was before, or will be");
}

void StatementVerdict::add(const HistoryProof& proof, const std::vector<EpcisEvent>& events) {
  begin("history", "history of ", proof.entity);
  statement_ = entity_json(proof.entity);
  statement_.set("count", number(proof.head.count));
  auto list = Value::array();
  for (const auto& entry : proof.entries) { list.push(entry_json(entry, events)); }
  statement_.set("entries", std::move(list));
  verdict_.proved.push_back("the complete history of " + named(proof.entity) + ", in order of recording: " +
                            plural(proof.head.count, "entry", "entries") + ", none is missing, none was added");
  std::uint64_t count = 0;
  std::vector<std::uint64_t> hidden;
  for (const auto& entry : proof.entries) {
    verdict_.proved.push_back(entry_words(++count, entry, events));
    if (std::holds_alternative<Hash>(entry.content)) { hidden.push_back(count); }
  }
  if (!hidden.empty()) { verdict_.not_proved.push_back(hidden_words(hidden)); }
  if (proof.entity.kind == "record") { verdict_.not_proved.emplace_back(kPutWithoutSubject); }
  verdict_.not_proved.emplace_back(kNotTruth);
  verdict_.not_proved.emplace_back("that everything that happened was recorded");
  verdict_.not_proved.emplace_back(kNotNewer);
}

void StatementVerdict::add(const StateProof& proof) {
  begin("state", "state of ", proof.entity);
  statement_ = entity_json(proof.entity);
  statement_.set("count", number(proof.head.count))
      .set("last_height", number(proof.head.height.value))
      .set("value", text(to_hex(proof.value)));
  verdict_.proved.push_back("the state of " + named(proof.entity) + " is the value in this file (" +
                            plural(proof.value.size(), "byte", "bytes") + "), behind " +
                            plural(proof.head.count, "entry", "entries") + " of its history, the last at height " +
                            proof.head.height.text());
  verdict_.not_proved.emplace_back(kNotTruth);
  verdict_.not_proved.emplace_back("its history: ask for a history proof");
  verdict_.not_proved.emplace_back(kNotNewer);
}

void StatementVerdict::add(const AbsenceProof& proof) {
  begin("absence", "absence of ", proof.entity);
  // Whoever asks what is recorded of it must not take silence for an answer.
  verdict_.name.clear();
  verdict_.entity.clear();
  statement_ = entity_json(proof.entity);
  if (proof.entity.kind == "record") {
    verdict_.proved.push_back("no put ever named the subject of " + named(proof.entity));
    verdict_.not_proved.emplace_back(kPutWithoutSubject);
  } else {
    verdict_.proved.push_back("nothing was ever recorded of " + named(proof.entity));
  }
  verdict_.not_proved.emplace_back(
      "that it does not exist: only that this ledger has no record of it under exactly this kind and name");
  verdict_.not_proved.emplace_back("that nothing was recorded since");
}

void StatementVerdict::add(const TraceProof& proof, const std::map<std::string, Standing>& reached,
                           const std::vector<EpcisEvent>& events) {
  const std::string direction = proof.direction == Direction::back ? "back" : "forward";
  begin("trace", "trace " + direction + " of ", proof.entity);
  statement_ = entity_json(proof.entity);
  statement_.set("direction", text(direction)).set("events", number(events.size()));
  auto list = Value::array();
  for (const auto& history : proof.histories) {
    auto one = entity_json(history.entity);
    one.set("count", number(history.head.count))
        .set("container", Value::boolean(reached.at(history.entity.id) == Standing::container));
    list.push(std::move(one));
  }
  statement_.set("entities", std::move(list));
  verdict_.proved.push_back((proof.direction == Direction::back
                                 ? "everything that " + named(proof.entity) + " came from"
                                 : "everything that " + named(proof.entity) + " went into") +
                            ": " + plural(proof.histories.size(), "entity", "entities") + ", " +
                            plural(events.size(), "event", "events") + ", no event of any of them is missing");
  for (const auto& history : proof.histories) {
    verdict_.proved.push_back(named(history.entity) + ": " + plural(history.head.count, "entry", "entries") +
                              (reached.at(history.entity.id) == Standing::container ? ", as a container" : ""));
  }
  verdict_.not_proved.emplace_back(kNotTruth);
  verdict_.not_proved.emplace_back("that everything that happened was recorded");
  verdict_.not_proved.emplace_back(
      "what only a transformationID joins: inputs and outputs that no event names together");
  verdict_.not_proved.emplace_back(kNotNewer);
}

Verdict StatementVerdict::finish(const Proof& proof, const TrustRoot& root, const ValidatorSet& signers) {
  const auto& anchor = proof.anchor;
  auto names = Value::array();
  std::string words;
  std::size_t count = 0;
  for (const auto index : proof.finalization.signer_indices()) {
    const auto& member = signers.at(index);
    names.push(text(member.organisation + "/" + member.node));
    words += (count == 0 ? "" : ", ") + member.organisation + "/" + member.node;
    ++count;
  }
  auto block = Value::object();
  block.set("height", number(anchor.height.value))
      .set("time_ms", number(anchor.time))
      .set("block", text(anchor.id().hex()))
      .set("epoch", number(anchor.epoch.value));
  auto trust = Value::object();
  trust.set("from", text(root.is_genesis ? "genesis" : "checkpoint")).set("epoch", number(root.epoch.value));

  verdict_.height = anchor.executed_height;
  verdict_.newest = root;
  if (!proof.hand_overs.empty()) {
    const auto& sealing = proof.hand_overs.back().header;
    verdict_.newest = {proof.chain_id, anchor.epoch, signers, sealing.height, sealing.id(), false};
  }
  verdict_.facts = Value::object();
  verdict_.facts.set("verified", Value::boolean(true))
      .set("subject", text(verdict_.subject))
      .set("kind", text(kind_))
      .set("chain_id", text(proof.chain_id.hex()))
      .set("height", number(anchor.executed_height.value))
      .set("anchor", std::move(block))
      .set("signers", std::move(names))
      .set("validators", number(signers.size()))
      .set("hand_overs", number(proof.hand_overs.size()))
      .set("trust", std::move(trust))
      .set("statement", std::move(statement_));
  if (proof.via) {
    const auto& via = proof.via->header;
    verdict_.facts.set("via",
                       Value::object().set("height", number(via.height.value)).set("block", text(via.id().hex())));
    verdict_.proved.push_back("its chain passes through block " + via.id().hex() + " at height " + via.height.text());
  }

  verdict_.proved.push_back("all of this holds in the state after block " + anchor.executed_height.text() +
                            ", which block " + anchor.height.text() + " of " + shown_time(anchor.time) + " binds");
  verdict_.proved.push_back("that block is final by " + std::to_string(count) + " of " +
                            std::to_string(signers.size()) + " validators of epoch " + anchor.epoch.text() + ": " +
                            words);
  verdict_.proved.push_back(
      "they follow from the " + std::string(root.is_genesis ? "genesis" : "checkpoint of epoch " + root.epoch.text()) +
      " of chain " + proof.chain_id.hex() +
      (proof.hand_overs.empty() ? ""
                                : " through " + plural(proof.hand_overs.size(), "change", "changes") +
                                      " of validators, each signed by the ones before"));
  verdict_.not_proved.emplace_back(
      "that fewer than a third of the validators are dishonest, and that the genesis or checkpoint is the right one: "
      "compare the chain id with your partners");
  return std::move(verdict_);
}

}  // namespace keten::proof

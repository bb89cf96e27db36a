#include "contracts/record_contract.h"

#include <algorithm>

#include "core/encoding.h"
#include "core/hash.h"

namespace keten::contracts {

namespace {

/// The key inside the contract's namespace.
Bytes entry_key(std::string_view organisation, ByteView key) {
  Bytes result;
  result.reserve(organisation.size() + 1 + key.size());
  result.insert(result.end(), organisation.begin(), organisation.end());
  result.push_back(0);
  result.insert(result.end(), key.begin(), key.end());
  return result;
}

struct PutView {
  ByteView key;
  ByteView value;
  std::vector<std::string_view> subjects;
};

Error wrong_arguments() {
  return invalid("ARGUMENTS_INVALID",
                 "record.put takes a sized key of 1 to " + std::to_string(RecordPut::kKeyBytesMax) +
                     " bytes and a sized value of at most " + std::to_string(RecordPut::kValueBytesMax) +
                     " bytes, then nothing, or a count u8 of 1 to " + std::to_string(RecordPut::kSubjectsMax) +
                     " and as many sized subjects of 1 to " + std::to_string(RecordPut::kSubjectBytesMax) +
                     " bytes, ascending");
}

/// Borrows from the arguments.
Result<PutView> read_put(ByteView arguments) {
  Reader reader(arguments);
  PutView put{
      .key = reader.sized(RecordPut::kKeyBytesMax), .value = reader.sized(RecordPut::kValueBytesMax), .subjects = {}};
  if (!reader.ok() || put.key.empty()) { return wrong_arguments(); }
  if (reader.remaining() == 0) { return put; }
  const std::size_t count = reader.u8();
  if (count == 0 || count > RecordPut::kSubjectsMax) { return wrong_arguments(); }
  for (std::size_t i = 0; i < count; ++i) {
    const auto subject = as_text(reader.sized(RecordPut::kSubjectBytesMax));
    if (subject.empty() || (i > 0 && subject <= put.subjects.back())) { return wrong_arguments(); }
    put.subjects.push_back(subject);
  }
  if (!reader.ok() || reader.remaining() != 0) { return wrong_arguments(); }
  return put;
}

}  // namespace

Bytes RecordPut::encode() const {
  Writer writer;
  writer.reserve(8 + key.size() + value.size());
  writer.sized(ByteView(key));
  writer.sized(ByteView(value));
  if (!subjects.empty()) {
    writer.u8(static_cast<std::uint8_t>(subjects.size()));
    for (const auto& subject : subjects) { writer.sized(subject); }
  }
  return writer.take();
}

Result<RecordPut> RecordPut::decode(ByteView arguments) {
  const auto put = read_put(arguments);
  if (!put) { return put.error(); }
  return RecordPut{.key = to_bytes(put->key),
                   .value = to_bytes(put->value),
                   .subjects = {put->subjects.begin(), put->subjects.end()}};
}

Bytes RecordEntry::encode() const {
  Writer writer;
  writer.reserve(72);
  writer.fixed(transaction);
  writer.number(height);
  writer.fixed(value_hash);
  return writer.take();
}

Result<RecordEntry> RecordEntry::decode(ByteView bytes) {
  Reader reader(bytes);
  RecordEntry entry;
  entry.transaction = reader.fixed<TransactionId>();
  entry.height = reader.number<Height>();
  entry.value_hash = reader.fixed<Hash>();
  if (auto end = reader.finish("record entry"); !end) { return end.error(); }
  return entry;
}

Result<Roles> RecordContract::allowed_roles(std::string_view method) const {
  if (method == "put") { return Roles{Role::submitter}; }
  return failure(ErrorKind::not_found, "UNKNOWN_METHOD",
                 "contract record has no method '" + std::string(method) + "'; known: put");
}

Status RecordContract::check(const Transaction& transaction) const {
  const auto put = read_put(transaction.body.arguments);
  if (!put) { return put.error(); }
  if (!transaction.payloads.empty() || !transaction.body.payload_commitments.empty()) {
    return invalid("ARGUMENTS_INVALID", "record.put takes no payload");
  }
  return kDone;
}

Result<Bytes> RecordContract::execute(Context& context) const {
  const auto& transaction = context.transaction();
  const auto put = read_put(transaction.body.arguments);
  if (!put) { return put.error(); }
  const auto& organisation = context.caller().organisation;
  const RecordEntry entry{
      .transaction = transaction.id, .height = context.block().height, .value_hash = hash_value(put->value)};
  const auto key = entry_key(organisation, put->key);
  context.put(key, entry.encode());
  context.emit({.kind = "record.put", .subject = organisation + "/" + to_text(put->key), .data = {}});
  // A head commits to the entry under its subject, whoever of the two came first.
  const bool is_own_subject = std::ranges::binary_search(put->subjects, as_text(put->key));
  const auto own = subject_id(organisation, as_text(put->key));
  if (!is_own_subject && context.read(head_key(kHeadKind, own))) {
    context.restated({.kind = kHeadKind, .id = own, .state_key = key});
  }
  if (put->subjects.empty()) { return Bytes{}; }
  const auto content = history_content(put->key, put->value);
  for (const auto subject : put->subjects) {
    const auto id = subject_id(organisation, subject);
    const auto entry_of = entry_key(organisation, as_bytes(subject));
    context.about_put({.kind = kHeadKind, .id = id, .state_key = entry_of}, content);
  }
  return Bytes{};
}

Bytes RecordContract::state_key(std::string_view organisation, ByteView key) {
  auto result = to_bytes("record/");
  const auto entry = entry_key(organisation, key);
  result.insert(result.end(), entry.begin(), entry.end());
  return result;
}

std::string RecordContract::subject_id(std::string_view organisation, std::string_view subject) {
  std::string id(organisation);
  id += '/';
  id += subject;
  return id;
}

Hash RecordContract::history_content(ByteView key, ByteView value) {
  return Hasher("keten/record-history/1").sized(key).sized(value).finish();
}

Hash RecordContract::hash_value(ByteView value) { return Hasher("keten/record/1").sized(value).finish(); }

}  // namespace keten::contracts

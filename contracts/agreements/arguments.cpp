#include "contracts/agreements/arguments.h"

#include <charconv>

#include "contracts/vm/reader.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::agreements {
namespace {

Error wrong(std::string message) { return invalid("ARGUMENTS_INVALID", std::move(message)); }

Status finish(const Reader& reader, std::string_view method) {
  auto end = reader.finish(method);
  return end ? kDone : Status(wrong(end.error().message));
}

Status check_text(std::string_view text, std::size_t least) {
  if (text.size() < least || text.size() > kTextBytesMax || !vm::is_utf8(as_bytes(text))) {
    return wrong("expected a text of " + std::to_string(least) + " to " + std::to_string(kTextBytesMax) +
                 " bytes in UTF-8");
  }
  return kDone;
}

void write(Writer& writer, const FindingId& id) {
  writer.fixed(id.agreement);
  writer.u64(id.number);
}
FindingId read_finding(Reader& reader) {
  FindingId id;
  id.agreement = reader.fixed<AgreementId>();
  id.number = reader.u64();
  return id;
}

}  // namespace

Result<Propose> Propose::decode(ByteView bytes) {
  const auto document = parse_document(as_text(bytes));
  if (!document) { return document.error(); }
  return Propose{to_text(bytes)};
}

Bytes Amend::encode() const {
  Writer writer;
  writer.fixed(agreement);
  writer.sized(document);
  return writer.take();
}
Result<Amend> Amend::decode(ByteView bytes) {
  Reader reader(bytes);
  Amend result;
  result.agreement = reader.fixed<AgreementId>();
  result.document = reader.text(kDocumentBytesMax);
  if (auto end = finish(reader, "amend"); !end) { return end.error(); }
  const auto document = parse_document(result.document);
  if (!document) { return document.error(); }
  return result;
}

Bytes Sign::encode() const {
  Writer writer;
  writer.fixed(agreement);
  writer.u32(version);
  writer.fixed(hash);
  return writer.take();
}
Result<Sign> Sign::decode(ByteView bytes) {
  Reader reader(bytes);
  Sign result;
  result.agreement = reader.fixed<AgreementId>();
  result.version = reader.u32();
  result.hash = reader.fixed<Hash>();
  if (auto end = finish(reader, "sign"); !end) { return end.error(); }
  return result;
}

Bytes Withdraw::encode() const {
  Writer writer;
  writer.fixed(agreement);
  writer.u32(version);
  return writer.take();
}
Result<Withdraw> Withdraw::decode(ByteView bytes) {
  Reader reader(bytes);
  Withdraw result;
  result.agreement = reader.fixed<AgreementId>();
  result.version = reader.u32();
  if (auto end = finish(reader, "withdraw"); !end) { return end.error(); }
  return result;
}

Bytes Terminate::encode() const {
  Writer writer;
  writer.fixed(agreement);
  writer.sized(reason);
  return writer.take();
}
Result<Terminate> Terminate::decode(ByteView bytes) {
  Reader reader(bytes);
  Terminate result;
  result.agreement = reader.fixed<AgreementId>();
  result.reason = reader.text(kTextBytesMax);
  if (auto end = finish(reader, "terminate"); !end) { return end.error(); }
  if (auto text = check_text(result.reason, 0); !text) { return text.error(); }
  return result;
}

std::string FindingId::text() const { return agreement.hex() + "/" + std::to_string(number); }

Result<FindingId> FindingId::parse(std::string_view text) {
  FindingId id;
  const auto slash = text.find('/');
  const auto agreement = AgreementId::from_hex(text.substr(0, slash));
  const auto digits = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id.number);
  if (!agreement || digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return invalid("FINDING_ID_INVALID", "expected AGREEMENT/NUMBER, the agreement as 64 hexadecimal digits, found '" +
                                             std::string(text.substr(0, 100)) + "'");
  }
  id.agreement = *agreement;
  return id;
}

Bytes Say::encode() const {
  Writer writer;
  write(writer, finding);
  writer.sized(text);
  return writer.take();
}
Result<Say> Say::decode(ByteView bytes) {
  Reader reader(bytes);
  Say result;
  result.finding = read_finding(reader);
  result.text = reader.text(kTextBytesMax);
  if (auto end = finish(reader, "finding"); !end) { return end.error(); }
  if (auto text = check_text(result.text, 1); !text) { return text.error(); }
  return result;
}

Bytes Correct::encode() const {
  Writer writer;
  write(writer, finding);
  writer.sized(event_id);
  writer.sized(text);
  return writer.take();
}
Result<Correct> Correct::decode(ByteView bytes) {
  Reader reader(bytes);
  Correct result;
  result.finding = read_finding(reader);
  result.event_id = reader.text(limits::kUriBytesMax);
  result.text = reader.text(kTextBytesMax);
  if (auto end = finish(reader, "correct"); !end) { return end.error(); }
  if (auto text = check_text(result.text, 0); !text) { return text.error(); }
  if (result.event_id.empty()) { return wrong("expected the id of the event that corrects the finding"); }
  return result;
}

}  // namespace keten::agreements

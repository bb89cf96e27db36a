#include "contracts/agreements/arguments.h"

#include <charconv>
#include <tuple>

#include "contracts/argument_fields.h"
#include "contracts/vm/reader.h"
#include "core/limits.h"

namespace keten::agreements {
namespace {

using contracts::decode_arguments;
using contracts::encode_arguments;
using contracts::Sized;
using contracts::Within;
using contracts::wrong_arguments;

constexpr auto kFindingFields = std::tuple{&FindingId::agreement, &FindingId::number};
constexpr auto kAmendFields = std::tuple{&Amend::agreement, Sized{&Amend::document, kDocumentBytesMax}};
constexpr auto kSignFields = std::tuple{&Sign::agreement, &Sign::version, &Sign::hash};
constexpr auto kWithdrawFields = std::tuple{&Withdraw::agreement, &Withdraw::version};
constexpr auto kTerminateFields = std::tuple{&Terminate::agreement, Sized{&Terminate::reason, kTextBytesMax}};
constexpr auto kSayFields = std::tuple{Within{&Say::finding, kFindingFields}, Sized{&Say::text, kTextBytesMax}};
constexpr auto kCorrectFields =
    std::tuple{Within{&Correct::finding, kFindingFields}, Sized{&Correct::event_id, limits::kUriBytesMax},
               Sized{&Correct::text, kTextBytesMax}};

Status check_text(std::string_view text, std::size_t least) {
  if (text.size() < least || text.size() > kTextBytesMax || !vm::is_utf8(as_bytes(text))) {
    return wrong_arguments("expected a text of " + std::to_string(least) + " to " + std::to_string(kTextBytesMax) +
                           " bytes in UTF-8");
  }
  return kDone;
}

}  // namespace

Result<Propose> Propose::decode(ByteView bytes) {
  const auto document = parse_document(as_text(bytes));
  if (!document) { return document.error(); }
  return Propose{to_text(bytes)};
}

Bytes Amend::encode() const { return encode_arguments(*this, kAmendFields); }
Result<Amend> Amend::decode(ByteView bytes) {
  auto result = decode_arguments<Amend>(bytes, "amend", kAmendFields);
  if (!result) { return result; }
  const auto document = parse_document(result->document);
  if (!document) { return document.error(); }
  return result;
}

Bytes Sign::encode() const { return encode_arguments(*this, kSignFields); }
Result<Sign> Sign::decode(ByteView bytes) { return decode_arguments<Sign>(bytes, "sign", kSignFields); }

Bytes Withdraw::encode() const { return encode_arguments(*this, kWithdrawFields); }
Result<Withdraw> Withdraw::decode(ByteView bytes) {
  return decode_arguments<Withdraw>(bytes, "withdraw", kWithdrawFields);
}

Bytes Terminate::encode() const { return encode_arguments(*this, kTerminateFields); }
Result<Terminate> Terminate::decode(ByteView bytes) {
  auto result = decode_arguments<Terminate>(bytes, "terminate", kTerminateFields);
  if (!result) { return result; }
  if (auto text = check_text(result->reason, 0); !text) { return text.error(); }
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

Bytes Say::encode() const { return encode_arguments(*this, kSayFields); }
Result<Say> Say::decode(ByteView bytes) {
  auto result = decode_arguments<Say>(bytes, "finding", kSayFields);
  if (!result) { return result; }
  if (auto text = check_text(result->text, 1); !text) { return text.error(); }
  return result;
}

Bytes Correct::encode() const { return encode_arguments(*this, kCorrectFields); }
Result<Correct> Correct::decode(ByteView bytes) {
  auto result = decode_arguments<Correct>(bytes, "correct", kCorrectFields);
  if (!result) { return result; }
  if (auto text = check_text(result->text, 0); !text) { return text.error(); }
  if (result->event_id.empty()) { return wrong_arguments("expected the id of the event that corrects the finding"); }
  return result;
}

}  // namespace keten::agreements

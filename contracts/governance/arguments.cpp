#include "contracts/governance/arguments.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include <sodium.h>

#include "contracts/argument_fields.h"
#include "core/encoding.h"
#include "core/hash.h"
#include "core/names.h"

namespace keten::governance {
namespace {

enum class ChangeKind : std::uint8_t {
  add_organisation = 1,
  remove_organisation = 2,
  add_validator = 3,
  remove_validator = 4,
  set_parameter = 5,
  add_key = 6,
};

using contracts::decode_arguments;
using contracts::encode_arguments;
using contracts::Sized;
using contracts::wrong_arguments;

constexpr auto kApproveFields = std::tuple{&ApproveChange::change, &ApproveChange::digest};
constexpr auto kWithdrawFields = std::tuple{&WithdrawChange::change};
constexpr auto kRotateFields = std::tuple{Sized{&RotateValidator::node, limits::kNameBytesMax}, &RotateValidator::key,
                                          &RotateValidator::possession};
constexpr auto kUpdateFields = std::tuple{
    Sized{&UpdateNode::node, limits::kNameBytesMax}, Sized{&UpdateNode::tls_certificate, kCertificateBytesMax},
    Sized{&UpdateNode::peer_address, kAddressBytesMax}, contracts::InByte{&UpdateNode::former}};
constexpr auto kReadyFields = std::tuple{&Ready::set, &Ready::synced};

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char each : text.substr(0, 64)) { result += each >= ' ' && each <= '~' ? each : '?'; }
  return result + "'";
}

Status check_name(std::string_view what, std::string_view name) {
  if (is_name(name)) { return kDone; }
  return wrong_arguments(std::string(what) + ": expected 1 to 64 letters, digits, '-', '_' or '.', found " +
                         quoted(name));
}

void write_key(Writer& writer, const GenesisKey& key) {
  writer.sized(key.name);
  writer.fixed(key.key);
  writer.u8(key.roles.bits());
  writer.fixed(key.possession);
}

GenesisKey read_key(Reader& reader) {
  GenesisKey key;
  key.name = reader.text(limits::kNameBytesMax);
  key.key = reader.fixed<PublicKey>();
  key.roles = Roles(reader.u8());
  key.possession = reader.fixed<Signature>();
  return key;
}

Status check_user_key(const GenesisKey& key) {
  if (auto name = check_name("key name", key.name); !name) { return name; }
  if (!are_user_roles(key.roles)) {
    return wrong_arguments("roles of key " + quoted(key.name) +
                           ": expected admin, submitter, auditor or publisher, or capture alone");
  }
  return kDone;
}

struct WriteChange {
  Writer& writer;

  void kind(ChangeKind value) const { writer.u8(static_cast<std::uint8_t>(value)); }
  void operator()(const AddOrganisation& change) const {
    kind(ChangeKind::add_organisation);
    writer.sized(change.name);
    writer.u32(static_cast<std::uint32_t>(change.keys.size()));
    for (const auto& key : change.keys) { write_key(writer, key); }
  }
  void operator()(const RemoveOrganisation& change) const {
    kind(ChangeKind::remove_organisation);
    writer.sized(change.name);
  }
  void operator()(const AddValidator& change) const {
    kind(ChangeKind::add_validator);
    writer.sized(change.organisation);
    writer.sized(change.validator.node);
    writer.fixed(change.validator.key);
    writer.fixed(change.validator.possession);
    writer.sized(change.validator.tls_certificate);
    writer.sized(change.validator.peer_address);
  }
  void operator()(const RemoveValidator& change) const {
    kind(ChangeKind::remove_validator);
    writer.sized(change.node);
    writer.u8(static_cast<std::uint8_t>(change.afterwards));
  }
  void operator()(const SetParameter& change) const {
    kind(ChangeKind::set_parameter);
    writer.sized(change.parameter);
    writer.u64(change.value);
  }
  void operator()(const AddMemberKey& change) const {
    kind(ChangeKind::add_key);
    writer.sized(change.organisation);
    write_key(writer, change.key);
  }
};

AddOrganisation read_add_organisation(Reader& reader) {
  AddOrganisation change;
  change.name = reader.text(limits::kNameBytesMax);
  const auto count = reader.u32();
  if (count > limits::kKeysPerOrganisationMax) { reader.fail(); }
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) { change.keys.push_back(read_key(reader)); }
  return change;
}

AddValidator read_add_validator(Reader& reader) {
  AddValidator change;
  change.organisation = reader.text(limits::kNameBytesMax);
  change.validator.node = reader.text(limits::kNameBytesMax);
  change.validator.key = reader.fixed<PublicKey>();
  change.validator.possession = reader.fixed<Signature>();
  change.validator.tls_certificate = reader.text(kCertificateBytesMax);
  change.validator.peer_address = reader.text(kAddressBytesMax);
  return change;
}

Change read_change(Reader& reader) {
  switch (static_cast<ChangeKind>(reader.u8())) {
    case ChangeKind::add_organisation: return read_add_organisation(reader);
    case ChangeKind::remove_organisation: return RemoveOrganisation{reader.text(limits::kNameBytesMax)};
    case ChangeKind::add_validator: return read_add_validator(reader);
    case ChangeKind::remove_validator: {
      RemoveValidator change;
      change.node = reader.text(limits::kNameBytesMax);
      const auto afterwards = reader.u8();
      if (afterwards > 1) { reader.fail(); }
      change.afterwards = static_cast<Afterwards>(afterwards);
      return change;
    }
    case ChangeKind::set_parameter: {
      SetParameter change;
      change.parameter = reader.text(limits::kNameBytesMax);
      change.value = reader.u64();
      return change;
    }
    case ChangeKind::add_key: {
      AddMemberKey change;
      change.organisation = reader.text(limits::kNameBytesMax);
      change.key = read_key(reader);
      return change;
    }
  }
  reader.fail();
  return SetParameter{};
}

struct CheckChange {
  Status operator()(const AddOrganisation& change) const {
    if (auto name = check_name("organisation", change.name); !name) { return name; }
    std::set<std::string> names;
    bool has_admin = false;
    for (const auto& key : change.keys) {
      if (auto checked = check_user_key(key); !checked) { return checked; }
      if (!names.insert(key.name).second) { return wrong_arguments("key name " + quoted(key.name) + " is used twice"); }
      has_admin = has_admin || key.roles.has(Role::admin);
    }
    if (!has_admin) {
      return wrong_arguments("organisation " + change.name + ": expected at least one key with the role admin");
    }
    return kDone;
  }
  Status operator()(const RemoveOrganisation& change) const { return check_name("organisation", change.name); }
  Status operator()(const AddValidator& change) const {
    if (auto name = check_name("organisation", change.organisation); !name) { return name; }
    if (auto name = check_name("node", change.validator.node); !name) { return name; }
    if (auto der = certificate_der(change.validator.tls_certificate); !der) { return der.error(); }
    return check_peer_address(change.validator.peer_address);
  }
  Status operator()(const RemoveValidator& change) const { return check_name("node", change.node); }
  Status operator()(const SetParameter& change) const {
    const auto* field = find_parameter(change.parameter);
    if (field == nullptr) {
      std::string known;
      for (const auto& each : parameter_fields()) { known += (known.empty() ? "" : ", ") + std::string(each.name); }
      return invalid("UNKNOWN_PARAMETER", "expected one of " + known + "; found " + quoted(change.parameter));
    }
    if (change.value < field->least || change.value > field->most) {
      return invalid("PARAMETER_OUT_OF_RANGE", change.parameter + ": expected " + std::to_string(field->least) +
                                                   " to " + std::to_string(field->most) + ", found " +
                                                   std::to_string(change.value));
    }
    return kDone;
  }
  Status operator()(const AddMemberKey& change) const {
    if (auto name = check_name("organisation", change.organisation); !name) { return name; }
    return check_user_key(change.key);
  }
};

/// UTF-8 without control characters: it is shown in terminals and pages.
bool is_one_line(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (first < ' ' || first == 0x7F || (first >= 0x80 && first < 0xC2) || first > 0xF4) { return false; }
    if (text.size() - at <= more) { return false; }
    std::uint32_t point = more == 0 ? first : first & (0x3FU >> more);
    for (std::size_t i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xC0U) != 0x80U) { return false; }
      point = (point << 6U) | (next & 0x3FU);
    }
    const bool is_control = point >= 0x80 && point < 0xA0;
    const bool is_overlong = (more == 2 && point < 0x800) || (more == 3 && (point < 0x1'0000 || point > 0x10'FFFF));
    const bool is_surrogate = point >= 0xD800 && point < 0xE000;
    if (is_control || is_overlong || is_surrogate) { return false; }
    at += more + 1;
  }
  return true;
}

struct DescribeChange {
  std::string operator()(const AddOrganisation& change) const {
    std::string keys;
    for (const auto& key : change.keys) { keys += (keys.empty() ? "" : ", ") + key.name; }
    return "add organisation " + change.name + " with the keys " + keys;
  }
  std::string operator()(const RemoveOrganisation& change) const { return "remove organisation " + change.name; }
  std::string operator()(const AddValidator& change) const {
    return "add validator " + change.validator.node + " of " + change.organisation + " at " +
           change.validator.peer_address;
  }
  std::string operator()(const RemoveValidator& change) const {
    return "remove validator " + change.node +
           (change.afterwards == Afterwards::follows ? "; it stays connected as a follower" : "");
  }
  std::string operator()(const SetParameter& change) const {
    return "set " + change.parameter + " to " + std::to_string(change.value);
  }
  std::string operator()(const AddMemberKey& change) const {
    return "add key " + change.key.name + " to organisation " + change.organisation;
  }
};

}  // namespace

Bytes ProposeChange::encode() const {
  Writer writer;
  writer.u32(static_cast<std::uint32_t>(changes.size()));
  for (const auto& change : changes) { std::visit(WriteChange{writer}, change); }
  writer.u64(open_for_ms);
  writer.sized(reason);
  return writer.take();
}

Result<ProposeChange> ProposeChange::decode(ByteView bytes) {
  if (bytes.size() > kProposalBytesMax) {
    return wrong_arguments("change.propose: expected at most " + std::to_string(kProposalBytesMax) + " bytes, found " +
                           std::to_string(bytes.size()) + "; propose fewer changes at a time");
  }
  Reader reader(bytes);
  ProposeChange result;
  const auto count = reader.u32();
  if (count == 0 || count > limits::kChangesPerProposalMax) {
    return wrong_arguments("change.propose: expected 1 to " + std::to_string(limits::kChangesPerProposalMax) +
                           " changes, found " + std::to_string(count));
  }
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) { result.changes.push_back(read_change(reader)); }
  result.open_for_ms = reader.u64();
  result.reason = reader.text(limits::kChangeReasonBytesMax);
  if (auto end = contracts::end_of_arguments(reader, kPropose); !end) { return end.error(); }
  if (result.open_for_ms < limits::kChangeOpenMsMin || result.open_for_ms > limits::kChangeOpenMsMax) {
    return wrong_arguments("change.propose: expected to stay open for " + std::to_string(limits::kChangeOpenMsMin) +
                           " to " + std::to_string(limits::kChangeOpenMsMax) + " ms, found " +
                           std::to_string(result.open_for_ms));
  }
  if (!is_one_line(result.reason)) { return wrong_arguments("change.propose: expected a reason of one line of UTF-8"); }
  for (const auto& change : result.changes) {
    if (auto checked = std::visit(CheckChange{}, change); !checked) { return checked.error(); }
  }
  return result;
}

Hash change_digest(ByteView proposal) { return Hasher("keten/change/1").sized(proposal).finish(); }

Bytes ApproveChange::encode() const { return encode_arguments(*this, kApproveFields); }

Result<ApproveChange> ApproveChange::decode(ByteView bytes) {
  return decode_arguments<ApproveChange>(bytes, kApprove, kApproveFields);
}

Bytes WithdrawChange::encode() const { return encode_arguments(*this, kWithdrawFields); }

Result<WithdrawChange> WithdrawChange::decode(ByteView bytes) {
  return decode_arguments<WithdrawChange>(bytes, kWithdraw, kWithdrawFields);
}

Bytes ChangeOutcome::encode() const {
  Writer writer;
  writer.number(change);
  writer.u8(applied ? 1 : 0);
  writer.u32(approvals);
  writer.u32(needed);
  return writer.take();
}

Result<ChangeOutcome> ChangeOutcome::decode(ByteView bytes) {
  Reader reader(bytes);
  ChangeOutcome result;
  result.change = reader.number<ChangeId>();
  const auto applied = reader.u8();
  if (applied > 1) { reader.fail(); }
  result.applied = applied == 1;
  result.approvals = reader.u32();
  result.needed = reader.u32();
  if (auto end = reader.finish("result of a change"); !end) { return end.error(); }
  return result;
}

Bytes RotateValidator::encode() const { return encode_arguments(*this, kRotateFields); }

Result<RotateValidator> RotateValidator::decode(ByteView bytes) {
  auto result = decode_arguments<RotateValidator>(bytes, kRotateValidator, kRotateFields);
  if (!result) { return result; }
  if (auto name = check_name("node", result->node); !name) { return name.error(); }
  return result;
}

Bytes UpdateNode::encode() const { return encode_arguments(*this, kUpdateFields); }

Result<UpdateNode> UpdateNode::decode(ByteView bytes) {
  auto result = decode_arguments<UpdateNode>(bytes, kUpdateNode, kUpdateFields);
  if (!result) { return result; }
  if (result->former > FormerCertificate::ends) {
    return wrong_arguments("node.update: expected 0 or 1 for what becomes of the former certificate, found " +
                           std::to_string(static_cast<unsigned>(result->former)));
  }
  if (auto name = check_name("node", result->node); !name) { return name.error(); }
  if (result->tls_certificate.empty() && result->peer_address.empty()) {
    return wrong_arguments("node.update: expected a TLS certificate, a peer address or both");
  }
  if (result->tls_certificate.empty() && result->former == FormerCertificate::ends) {
    return wrong_arguments("node.update: a certificate ends only when another one takes its place");
  }
  if (!result->tls_certificate.empty()) {
    if (auto der = certificate_der(result->tls_certificate); !der) { return der.error(); }
  }
  if (!result->peer_address.empty()) {
    if (auto address = check_peer_address(result->peer_address); !address) { return address.error(); }
  }
  return result;
}

Bytes AddKey::encode() const {
  Writer writer;
  write_key(writer, key);
  return writer.take();
}

Result<AddKey> AddKey::decode(ByteView bytes) {
  Reader reader(bytes);
  const AddKey result{read_key(reader)};
  if (auto end = contracts::end_of_arguments(reader, kAddKey); !end) { return end.error(); }
  if (auto checked = check_user_key(result.key); !checked) { return checked.error(); }
  return result;
}

Bytes RevokeKey::encode() const { return to_bytes(key.view()); }

Result<RevokeKey> RevokeKey::decode(ByteView bytes) {
  Reader reader(bytes);
  const RevokeKey result{reader.fixed<PublicKey>()};
  if (auto end = contracts::end_of_arguments(reader, kRevokeKey); !end) { return end.error(); }
  return result;
}

Bytes Ready::encode() const { return encode_arguments(*this, kReadyFields); }

Result<Ready> Ready::decode(ByteView bytes) { return decode_arguments<Ready>(bytes, kReady, kReadyFields); }

std::string describe(const Change& change) { return std::visit(DescribeChange{}, change); }

Result<Bytes> certificate_der(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  constexpr auto kSpaces = "\r\n ";
  const auto wrong_certificate = [] {
    return invalid("CERTIFICATE_INVALID", "tls_certificate: expected one PEM certificate of at most " +
                                              std::to_string(kCertificateBytesMax) + " bytes and nothing else");
  };
  if (pem.size() > kCertificateBytesMax) { return wrong_certificate(); }
  const auto trimmed_end = pem.find_last_not_of(kSpaces);
  pem = pem.substr(0, trimmed_end == std::string_view::npos ? 0 : trimmed_end + 1);
  if (!pem.starts_with(kBegin) || !pem.ends_with(kEnd) || pem.size() < kBegin.size() + kEnd.size()) {
    return wrong_certificate();
  }
  const auto body = pem.substr(kBegin.size(), pem.size() - kBegin.size() - kEnd.size());
  Bytes der(body.size());
  std::size_t length = 0;
  if (sodium_base642bin(der.data(), der.size(), body.data(), body.size(), kSpaces, &length, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      length == 0) {
    return wrong_certificate();
  }
  der.resize(length);
  return der;
}

Status check_peer_address(std::string_view address) {
  const auto wrong_address = [&] {
    return invalid("ADDRESS_INVALID", "peer_address: expected host:port, found " + quoted(address));
  };
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || address.size() > kAddressBytesMax) { return wrong_address(); }
  const auto host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  const auto in_host = [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
           std::string_view("-._:[]%").find(each) != std::string_view::npos;
  };
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!std::ranges::all_of(host, in_host) || failed != std::errc{} || end != port.data() + port.size() || number == 0 ||
      number > 65'535) {
    return wrong_address();
  }
  return kDone;
}

}  // namespace keten::governance

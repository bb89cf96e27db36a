#include "node/wire/error_wire.h"

#include <array>

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include "node/wire/text.h"

namespace keten::wire {
namespace {

constexpr const char* kDomain = "keten";
constexpr std::int64_t kRetrySeconds = 1;
constexpr std::size_t kDetailsBytesMax = 64 * 1024;
/// Details travel in a trailer, and clients refuse trailers over 8 KiB; base64 takes a third more.
constexpr std::size_t kMessageBytesMax = 1024;
constexpr std::size_t kViolationBytesMax = 3 * 1024;

struct KindRow {
  ErrorKind kind;
  StatusCode code;
  const char* name;
};

/// Several kinds share a code: the name travels in the metadata, so that a client of ours gets the same kind back.
constexpr std::array<KindRow, 12> kKinds{{
    {ErrorKind::invalid, StatusCode::invalid_argument, "invalid"},
    {ErrorKind::unauthorised, StatusCode::unauthenticated, "unauthorised"},
    {ErrorKind::forbidden, StatusCode::permission_denied, "forbidden"},
    {ErrorKind::not_found, StatusCode::not_found, "not_found"},
    {ErrorKind::conflict, StatusCode::already_exists, "conflict"},
    {ErrorKind::too_large, StatusCode::resource_exhausted, "too_large"},
    {ErrorKind::busy, StatusCode::resource_exhausted, "busy"},
    {ErrorKind::refused, StatusCode::failed_precondition, "refused"},
    {ErrorKind::unavailable, StatusCode::unavailable, "unavailable"},
    {ErrorKind::timeout, StatusCode::deadline_exceeded, "timeout"},
    {ErrorKind::unsupported, StatusCode::unimplemented, "unsupported"},
    {ErrorKind::corrupt, StatusCode::data_loss, "corrupt"},
}};

/// gRPC itself answered: it knows no reasons.
std::string reason_without_details(StatusCode code) {
  if (code == StatusCode::unauthenticated) { return "UNAUTHENTICATED"; }
  if (code == StatusCode::unimplemented) { return "NOT_IMPLEMENTED"; }
  if (code == StatusCode::deadline_exceeded) { return "TIMEOUT"; }
  if (code == StatusCode::cancelled) { return "CANCELLED"; }
  return code == StatusCode::resource_exhausted ? "MESSAGE_TOO_LARGE" : "NODE_UNREACHABLE";
}

constexpr std::string_view kExpected = "expected ";
constexpr std::string_view kFound = ", found ";

/// A description by encode_error_details(), in its two parts; another's stands for what was expected.
Violation violation_of(const std::string& pointer, std::string_view description) {
  const auto found = description.rfind(kFound);
  if (!description.starts_with(kExpected) || found == std::string_view::npos) {
    return {pointer, std::string(description), ""};
  }
  return {pointer, std::string(description.substr(kExpected.size(), found - kExpected.size())),
          std::string(description.substr(found + kFound.size()))};
}

}  // namespace

StatusCode status_code(ErrorKind kind) {
  for (const auto& row : kKinds) {
    if (row.kind == kind) { return row.code; }
  }
  return StatusCode::unknown;
}

ErrorKind error_kind(StatusCode code) {
  switch (code) {
    case StatusCode::invalid_argument:
    case StatusCode::out_of_range: return ErrorKind::invalid;
    case StatusCode::unauthenticated: return ErrorKind::unauthorised;
    case StatusCode::permission_denied: return ErrorKind::forbidden;
    case StatusCode::not_found: return ErrorKind::not_found;
    case StatusCode::already_exists: return ErrorKind::conflict;
    case StatusCode::resource_exhausted: return ErrorKind::busy;
    case StatusCode::failed_precondition: return ErrorKind::refused;
    case StatusCode::deadline_exceeded: return ErrorKind::timeout;
    case StatusCode::unimplemented: return ErrorKind::unsupported;
    case StatusCode::data_loss: return ErrorKind::corrupt;
    case StatusCode::ok:
    case StatusCode::cancelled:
    case StatusCode::unknown:
    case StatusCode::aborted:
    case StatusCode::internal:
    case StatusCode::unavailable: return ErrorKind::unavailable;
  }
  return ErrorKind::unavailable;
}

std::string encode_error_details(const Error& error) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(status_code(error.kind)));
  status.set_message(utf8_or_printable(std::string_view(error.message).substr(0, kMessageBytesMax)));

  google::rpc::ErrorInfo info;
  info.set_reason(error.reason);
  info.set_domain(kDomain);
  for (const auto& row : kKinds) {
    if (row.kind == error.kind) { (*info.mutable_metadata())["kind"] = row.name; }
  }
  status.add_details()->PackFrom(info);

  if (!error.violations.empty()) {
    google::rpc::BadRequest request;
    for (const auto& violation : error.violations) {
      if (request.ByteSizeLong() > kViolationBytesMax) { break; }
      auto& field = *request.add_field_violations();
      const auto text = std::string(kExpected) + violation.expected + std::string(kFound) + violation.found;
      field.set_field(utf8_or_printable(std::string_view(violation.pointer).substr(0, kMessageBytesMax / 2)));
      field.set_description(utf8_or_printable(std::string_view(text).substr(0, kMessageBytesMax / 2)));
    }
    status.add_details()->PackFrom(request);
  }
  if (error.kind == ErrorKind::busy || error.kind == ErrorKind::unavailable) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(kRetrySeconds);
    status.add_details()->PackFrom(retry);
  }
  return status.SerializeAsString();
}

Error decode_error(int code, std::string_view message, std::string_view details) {
  const auto known = code >= 0 && code <= 16 ? static_cast<StatusCode>(code) : StatusCode::unknown;
  Error error{error_kind(known), "", std::string(message), {}};
  google::rpc::Status status;
  if (details.size() <= kDetailsBytesMax && status.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    for (const auto& detail : status.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest request;
      if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info) && info.domain() == kDomain) {
        error.reason = info.reason();
        const auto found = info.metadata().find("kind");
        for (const auto& row : kKinds) {
          if (found != info.metadata().end() && found->second == row.name && row.code == known) {
            error.kind = row.kind;
          }
        }
      } else if (detail.Is<google::rpc::BadRequest>() && detail.UnpackTo(&request)) {
        for (const auto& field : request.field_violations()) {
          error.violations.push_back(violation_of(field.field(), field.description()));
        }
      }
    }
  }
  if (error.reason.empty()) { error.reason = reason_without_details(known); }
  return error;
}

}  // namespace keten::wire

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace keten::wire {

/// gRPC's canonical codes by number (google.rpc.Code), so that this folder needs no gRPC.
enum class StatusCode : std::uint8_t {
  ok = 0,
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

/// The table of docs/formats/wire.md, "Errors".
[[nodiscard]] StatusCode status_code(ErrorKind kind);
/// The nearest kind, for an answer without details.
[[nodiscard]] ErrorKind error_kind(StatusCode code);

/// A serialized google.rpc.Status: ErrorInfo{reason, domain "keten", metadata kind}, BadRequest for violations, RetryInfo
/// for `busy` and `unavailable`. What `grpc-status-details-bin` carries; cut to what a trailer holds (5 KiB).
[[nodiscard]] std::string encode_error_details(const Error& error);

/// An answer of a node as our error again: from its details, or from code and message when it has none.
[[nodiscard]] Error decode_error(int code, std::string_view message, std::string_view details);

}  // namespace keten::wire

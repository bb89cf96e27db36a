#pragma once

#include <optional>
#include <string_view>

#include "node/http/request.h"

namespace keten::http {

/// Whether `Content-Type` is JSON or JSON-LD in UTF-8; JSON has no other encoding between systems (RFC 8259, 8.1).
bool is_json(const Request& request);

/// The encoding of the body when it is compressed or otherwise not as it is, which no route takes; else empty.
std::string_view content_coding(const Request& request);

/// The media type for an answer in JSON: what `Accept` gives the greater weight (RFC 9110, 12.5.1), `application/json`
/// when both are as good. Empty when the client takes neither.
std::optional<std::string_view> json_form(const Request& request);

}  // namespace keten::http

#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/result.h"

namespace keten::client {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";                      ///< path with query, already percent-encoded
  std::map<std::string, std::string> headers{};  ///< besides Host, User-Agent and Content-Length
  std::string body{};
};

struct HttpResponse {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case; the last of repeated ones
  std::string body;
  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

/// One request on a connection of its own. `host` is `host:port`. Fails with UNREACHABLE when nobody listens, TIMEOUT after
/// `timeout`, HTTP_BROKEN on an answer that is not HTTP. A status over 299 is an answer, not a failure.
Result<HttpResponse> http_request(const std::string& host, const HttpRequest& request,
                                  std::chrono::milliseconds timeout = std::chrono::seconds(30));

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
std::string percent_encode(std::string_view text);

}  // namespace keten::client

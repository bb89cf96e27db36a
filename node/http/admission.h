#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "node/http/router.h"
#include "node/http/users.h"

namespace keten::http {

/// The header of a request as the transport read it.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::vector<Header> headers;
  std::optional<std::uint64_t> content_length;
  bool from_loopback = false;
};

/// What is decided before a byte of the body is read: who asks for what, and whether that is answered at once.
struct Admission {
  Dialect dialect = Dialect::keten;
  const Route* route = nullptr;      ///< null when `answer` is set and nothing matched
  std::shared_ptr<Request> request;  ///< complete but for the body; null when `answer` is set
  std::optional<Response> answer;    ///< a refusal, or what OPTIONS gets
};

/// Checks in order of cost: target, route, size, token, role.
Admission admit(RequestHead head, const Router& router, UserStore& users);

/// The first bytes of an answer: status line and headers up to the empty line.
struct HeadOptions {
  Dialect dialect = Dialect::keten;
  bool close = false;
  Milliseconds now = 0;
};
std::string response_head(Response response, const HeadOptions& options);

}  // namespace keten::http

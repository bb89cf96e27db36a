#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "node/http/backend.h"
#include "node/http/users.h"

namespace keten::http {

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options, other };

/// Whose problem documents and headers a route speaks.
enum class Dialect : std::uint8_t { epcis, keten };

struct Header {
  std::string name;
  std::string value;
};

/// One request as the handlers see it: decoded, within limits, authenticated. Immutable.
struct Request {
  Method method = Method::get;
  std::string path;                    ///< as received, without the query
  std::vector<std::string> arguments;  ///< decoded segments in the places of the route's `{name}`s, in order
  std::vector<QueryParameter> query;   ///< decoded, in order
  std::vector<Header> headers;
  std::string body;
  UserPointer user;  ///< null on routes that need no token
  bool from_loopback = false;

  /// The first header of this name, case-insensitive.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};
using RequestPointer = std::shared_ptr<const Request>;

/// Content-Length, Connection and the headers that every answer carries are added by the transport.
struct Response {
  unsigned status = 200;
  std::vector<Header> headers;
  std::string body;

  Response& with(std::string name, std::string value) {
    headers.push_back({std::move(name), std::move(value)});
    return *this;
  }
};

/// Answers one request. May be called later and on any thread; only the first call counts.
using Respond = std::function<void(Response)>;

/// Runs on a work thread; what takes longer than a query must return and answer later.
using Handler = std::function<void(const RequestPointer& request, Respond respond)>;

}  // namespace keten::http

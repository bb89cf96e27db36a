#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "node/http/request.h"

namespace keten::http {

enum class Access : std::uint8_t {
  open,      ///< anybody who reaches the port
  loopback,  ///< programs on this machine
  reader,    ///< a user of any role
  writer,    ///< a user with the role `capture`
};

/// One line of the table: what is asked, who may ask, who answers.
struct Route {
  Method method = Method::get;
  std::string pattern;  ///< "/v1/trace/{epc}": each `{name}` stands for one non-empty segment
  Access access = Access::reader;
  Dialect dialect = Dialect::keten;
  Handler handler;
  std::size_t body_bytes_max = 0;  ///< one more is answered with 413
  std::uint64_t answer_ms = 0;     ///< 0: TransportOptions::answer_ms
};

/// What a path and method lead to.
struct Match {
  const Route* route = nullptr;  ///< null: nothing answers this method here
  std::vector<std::string> arguments;
  std::string allow;  ///< the methods of the path as in `Allow`; empty: there is no such path
  Dialect dialect = Dialect::keten;
};

/// The table of all routes. GET answers HEAD too; OPTIONS is answered by the table itself.
class Router {
 public:
  /// A method and pattern may come once.
  void add(Route route);
  [[nodiscard]] Match find(Method method, const std::vector<std::string>& segments) const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> patterns_;  // the segments of routes_[i].pattern
};

/// "GET", as in a request line.
std::string_view method_name(Method method);
Method parse_method(std::string_view name);

/// Which problem documents a path speaks, also when it does not exist.
Dialect dialect_of(std::string_view path);

/// 204 with what the resource allows, its versions and limits.
Response options_response(const Match& match);

/// The headers that every answer of this dialect carries.
void add_common_headers(Response& response, Dialect dialect);

}  // namespace keten::http

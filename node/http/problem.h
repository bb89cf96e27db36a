#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "node/http/request.h"

namespace keten::http {

/// What an EPCIS request was about: the same failure has another exception type on a query than on a capture.
enum class Subject : std::uint8_t { capture, query, resource, query_definition };

/// The HTTP status of an error's kind.
unsigned status_of(ErrorKind kind);

/// One problem document (RFC 9457) before it is written.
struct Problem {
  unsigned status = 400;
  std::string type;    ///< `epcisException:...` or `about:blank`
  std::string title;   ///< fixed for one type
  std::string detail;  ///< for this occurrence
  std::string reason;  ///< our stable code
  std::vector<Violation> violations;
};

Problem epcis_problem(const Error& error, Subject subject);
Problem keten_problem(const Error& error);
Problem problem_of(const Error& error, Dialect dialect, Subject subject);

/// For what HTTP itself refuses: 404, 405, 406, 408, 411, 413, 414, 415, 417, 431, 500, 503.
Problem transport_problem(unsigned status, Dialect dialect, std::string reason, std::string detail);

json::Value problem_json(const Problem& problem);
Response problem_response(const Problem& problem);

std::string_view status_phrase(unsigned status);

}  // namespace keten::http

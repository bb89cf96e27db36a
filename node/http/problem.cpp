#include "node/http/problem.h"

#include <utility>

namespace keten::http {
namespace {

struct Exception {
  std::string_view type;
  std::string_view title;
};

constexpr Exception kValidation{"epcisException:ValidationException", "The EPCIS document is not valid"};
constexpr Exception kQueryParameter{"epcisException:QueryParameterException", "A query parameter is not valid"};
constexpr Exception kQueryDefinition{"epcisException:QueryValidationException", "The query is not valid"};
constexpr Exception kSecurity{"epcisException:SecurityException", "Access is not allowed"};
constexpr Exception kNoSuchName{"epcisException:NoSuchNameException", "There is no such resource"};
constexpr Exception kNotAcceptable{"epcisException:NotAcceptableException", "The wanted representation is not offered"};
constexpr Exception kExists{"epcisException:ResourceAlreadyExistsException", "The resource exists already"};
constexpr Exception kCaptureLimit{"epcisException:CaptureLimitExceededException",
                                  "The capture is larger than announced limits"};
constexpr Exception kQueryTooLarge{"epcisException:QueryTooLargeException", "The query has too many results"};
constexpr Exception kQueryTooComplex{"epcisException:QueryTooComplexException", "The query is too complex"};
constexpr Exception kUriTooLong{"epcisException:URITooLongException", "The URI is too long"};
constexpr Exception kMediaType{"epcisException:UnsupportedMediaTypeException", "The media type is not supported"};
constexpr Exception kImplementation{"epcisException:ImplementationException", "The server could not do this"};

Exception exception_of(ErrorKind kind, Subject subject) {
  switch (kind) {
    case ErrorKind::invalid:
      if (subject == Subject::query_definition) { return kQueryDefinition; }
      return subject == Subject::capture ? kValidation : kQueryParameter;
    case ErrorKind::unauthorised: return kSecurity;
    case ErrorKind::forbidden: return kSecurity;
    case ErrorKind::not_found: return kNoSuchName;
    case ErrorKind::conflict: return kExists;
    case ErrorKind::too_large: return subject == Subject::capture ? kCaptureLimit : kQueryTooLarge;
    case ErrorKind::busy: return kImplementation;
    case ErrorKind::refused: return kValidation;
    case ErrorKind::unavailable: return kImplementation;
    case ErrorKind::timeout: return kImplementation;
    case ErrorKind::unsupported: return kImplementation;
    case ErrorKind::corrupt: return kImplementation;
  }
  return kImplementation;
}

Exception exception_of(unsigned status) {
  switch (status) {
    case 400: return kValidation;
    case 401:
    case 403: return kSecurity;
    case 404: return kNoSuchName;
    case 406: return kNotAcceptable;
    case 413: return kCaptureLimit;
    case 414: return kUriTooLong;
    case 415: return kMediaType;
    default: return kImplementation;
  }
}

}  // namespace

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return 400;
    case ErrorKind::unauthorised: return 401;
    case ErrorKind::forbidden: return 403;
    case ErrorKind::not_found: return 404;
    case ErrorKind::conflict: return 409;
    case ErrorKind::too_large: return 413;
    case ErrorKind::busy: return 429;
    case ErrorKind::refused: return 409;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::timeout: return 504;
    case ErrorKind::unsupported: return 501;
    case ErrorKind::corrupt: return 500;
  }
  return 500;
}

std::string_view status_phrase(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

Problem epcis_problem(const Error& error, Subject subject) {
  const bool is_complex = error.reason == "QUERY_TOO_COMPLEX";
  const auto exception = is_complex ? kQueryTooComplex : exception_of(error.kind, subject);
  return {status_of(error.kind), std::string(exception.type), std::string(exception.title), error.message, error.reason,
          error.violations};
}

Problem keten_problem(const Error& error) {
  const auto status = status_of(error.kind);
  return {status, "about:blank", std::string(status_phrase(status)), error.message, error.reason, error.violations};
}

Problem problem_of(const Error& error, Dialect dialect, Subject subject) {
  return dialect == Dialect::epcis ? epcis_problem(error, subject) : keten_problem(error);
}

Problem transport_problem(unsigned status, Dialect dialect, std::string reason, std::string detail) {
  if (dialect == Dialect::keten) {
    return {status, "about:blank", std::string(status_phrase(status)), std::move(detail), std::move(reason), {}};
  }
  const auto exception = exception_of(status);
  return {status, std::string(exception.type), std::string(exception.title), std::move(detail), std::move(reason), {}};
}

json::Value problem_json(const Problem& problem) {
  auto document = json::Value::object();
  document.set("type", json::Value::string(problem.type));
  document.set("title", json::Value::string(problem.title));
  document.set("status", json::Value::number(std::int64_t{problem.status}));
  document.set("detail", json::Value::string(problem.detail));
  document.set("reason", json::Value::string(problem.reason));
  if (!problem.violations.empty()) {
    auto errors = json::Value::array();
    for (const auto& violation : problem.violations) {
      auto entry = json::Value::object();
      entry.set("pointer", json::Value::string(violation.pointer));
      entry.set("expected", json::Value::string(violation.expected));
      entry.set("found", json::Value::string(violation.found));
      errors.push(std::move(entry));
    }
    document.set("errors", std::move(errors));
  }
  return document;
}

Response problem_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.with("Content-Type", "application/problem+json");
  if (problem.status == 401) { response.with("WWW-Authenticate", "Bearer realm=\"keten\""); }
  if (problem.status == 429 || problem.status == 503) { response.with("Retry-After", "1"); }
  response.body = json::serialize(problem_json(problem));
  return response;
}

}  // namespace keten::http

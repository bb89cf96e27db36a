#include "client/http_client.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "core/limits.h"

namespace keten::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

/// What a node may answer with: a page of events is larger than a capture.
constexpr std::uint64_t kResponseBytesMax = 64U * 1024 * 1024;

struct HostPort {
  std::string host;
  std::string port;
};

Result<HostPort> split(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return invalid("ADDRESS_INVALID", "expected host:port, found \"" + address + "\"");
  }
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') { host = host.substr(1, host.size() - 2); }
  return HostPort{.host = std::move(host), .port = address.substr(colon + 1)};
}

/// Runs what was started on `context` to its end and tells how it ended.
template <typename Start>
beast::error_code run(asio::io_context& context, const Start& start) {
  beast::error_code result = asio::error::would_block;
  start([&result](beast::error_code error, auto&&...) { result = error; });
  context.restart();
  context.run();
  return result;
}

Error transport_failure(const std::string& address, const beast::error_code& error) {
  if (error == beast::error::timeout) {
    return failure(ErrorKind::timeout, "TIMEOUT", "no answer from " + address + " in time");
  }
  if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
      error != http::error::end_of_stream) {
    return failure(ErrorKind::unavailable, "HTTP_BROKEN", address + " did not answer in HTTP: " + error.message());
  }
  return failure(ErrorKind::unavailable, "UNREACHABLE", "cannot reach " + address + ": " + error.message());
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

Result<HttpResponse> http_request(const std::string& host, const HttpRequest& request,
                                  std::chrono::milliseconds timeout) {
  const auto where = split(host);
  if (!where) { return where.error(); }

  asio::io_context context;
  beast::error_code error;
  asio::ip::tcp::resolver resolver(context);
  const auto addresses = resolver.resolve(where->host, where->port, error);
  if (error) { return transport_failure(host, error); }

  beast::tcp_stream stream(context);
  stream.expires_after(timeout);
  error = run(context, [&](auto done) { stream.async_connect(addresses, done); });
  if (error) { return transport_failure(host, error); }

  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host, host);
  message.set(http::field::user_agent, "keten");
  message.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers) { message.set(name, value); }
  message.body() = request.body;
  message.prepare_payload();

  const auto write_error = run(context, [&](auto done) { http::async_write(stream, message, done); });
  // A node that refuses a body answers before it has read all of it: read the answer even when writing failed.
  http::response_parser<http::string_body> parser;
  parser.body_limit(kResponseBytesMax);
  beast::flat_buffer buffer;
  error = run(context, [&](auto done) { http::async_read(stream, buffer, parser, done); });
  if (error) { return transport_failure(host, write_error ? write_error : error); }

  HttpResponse response;
  response.status = parser.get().result_int();
  for (const auto& field : parser.get()) { response.headers[lower(field.name_string())] = std::string(field.value()); }
  response.body = std::move(parser.get().body());
  beast::error_code ignored;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  return response;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0 || character == '-' || character == '.' || character == '_' || character == '~') {
      result += character;
    } else {
      result += '%';
      result += kDigits[byte >> 4U];
      result += kDigits[byte & 15U];
    }
  }
  return result;
}

}  // namespace keten::client

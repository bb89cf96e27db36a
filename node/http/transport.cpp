#include "node/http/transport.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "core/limits.h"
#include "node/http/admission.h"
#include "node/http/header_block.h"
#include "node/http/problem.h"
#include "node/http/uri.h"
#include "node/runtime/clock.h"
#include "node/runtime/log.h"
#include "node/runtime/threads.h"
#include "node/runtime/worker_pool.h"

namespace keten::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Executor = asio::strand<asio::io_context::executor_type>;
using Stream = beast::basic_stream<tcp, Executor>;
using Parser = beast::http::request_parser<beast::http::string_body>;
using ErrorCode = boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
/// What is read and thrown away after a refusal, so that the client gets to read it before the connection is reset.
constexpr std::size_t kDrainBytesMax = 2 * 1024 * 1024;
constexpr std::uint64_t kDrainMs = 2'000;

std::chrono::milliseconds milliseconds(std::uint64_t count) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(count));
}

/// Answers come from threads that may outlive the io_context; nothing is handed to it after the gate has closed.
struct Gate {
  std::shared_mutex mutex;
  bool open = true;
};

/// Where one request's answer arrives. Touched on the connection's strand only.
struct Slot {
  explicit Slot(const Executor& executor) : timer(executor) {}
  asio::steady_timer timer;
  std::optional<Response> response;
};

/// The place right after the empty line that ends the header, or npos. Also sees line ends without CR, which are refused later:
/// waiting for the right ones would only end in a timeout.
std::size_t header_end(std::string_view text, std::size_t from) {
  for (auto at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const auto rest = text.substr(at + 1);
    if (rest.starts_with('\n')) { return at + 2; }
    if (rest.starts_with("\r\n")) { return at + 3; }
  }
  return std::string_view::npos;
}

}  // namespace

struct Transport::State {
  State(const TransportOptions& chosen, const Router& table, UserStore& known, TransportHooks called)
      : options(chosen), router(table), users(known), hooks(std::move(called)), acceptor(context) {}

  struct Session;

  asio::awaitable<void> accept_loop();
  void start_session(tcp::socket::rebind_executor<Executor>::other socket);
  void forget(Session* session);

  const TransportOptions options;
  const Router& router;
  UserStore& users;
  const TransportHooks hooks;

  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  asio::io_context context;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;

  std::mutex mutex;  // sessions live on several strands; guards what follows
  std::condition_variable empty;
  std::map<Session*, std::weak_ptr<Session>> sessions;
  std::map<asio::ip::address, std::size_t> per_address;

  std::atomic<bool> stopping = false;
  std::unique_ptr<WorkerPool> workers;
  std::vector<std::jthread> threads;
};

/// One connection: requests one after the other, everything on one strand.
struct Transport::State::Session : std::enable_shared_from_this<Session> {
  Session(State& owner, tcp::socket::rebind_executor<Executor>::other socket, asio::ip::address from)
      : state(owner), stream(std::move(socket)), address(std::move(from)) {}

  asio::awaitable<void> run();
  /// True when the connection goes on.
  asio::awaitable<bool> serve_one();
  /// Bytes of the header in the buffer; 0 when the client went away or a refusal was sent.
  asio::awaitable<std::size_t> read_header();
  /// Empty when the body is complete; otherwise what to answer, or nullopt inside when the client went away.
  asio::awaitable<std::optional<Problem>> read_body(Parser& parser, Dialect dialect, std::size_t bytes_max);
  asio::awaitable<Response> run_handler(const Route& route, RequestPointer request);
  asio::awaitable<bool> send(Response response, Dialect dialect, bool close, bool with_body);
  asio::awaitable<void> drain();

  [[nodiscard]] std::string_view buffered() const {
    const auto bytes = buffer.cdata();
    return {static_cast<const char*>(bytes.data()), bytes.size()};
  }

  State& state;
  Stream stream;
  const asio::ip::address address;
  beast::flat_buffer buffer{limits::kHttpHeaderBytesMax};
  bool idle = true;
  bool gone = false;  // the client closed, or a time ran out
};

asio::awaitable<void> Transport::State::Session::run() {
  const auto self = shared_from_this();
  while (co_await serve_one()) {}
  ErrorCode ignored;
  stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
  stream.socket().close(ignored);
  state.forget(this);
}

asio::awaitable<std::size_t> Transport::State::Session::read_header() {
  if (state.stopping) { co_return 0; }
  idle = true;
  std::size_t scanned = 0;
  if (buffer.size() == 0) {
    stream.expires_after(milliseconds(state.options.idle_ms));
  } else {
    stream.expires_after(milliseconds(state.options.header_ms));
  }
  while (true) {
    const auto text = buffered();
    if (!text.empty()) { idle = false; }
    const auto end = header_end(text, scanned);
    if (end != std::string_view::npos) { co_return end; }
    scanned = text.size() < 3 ? 0 : text.size() - 3;
    const auto room = limits::kHttpHeaderBytesMax - text.size();
    if (room == 0) {
      const bool long_target = text.find('\n') == std::string_view::npos;
      co_await send(problem_response(transport_problem(
                        long_target ? 414 : 431, Dialect::keten, long_target ? "TARGET_TOO_LONG" : "HEADER_TOO_LARGE",
                        "the header has more than " + std::to_string(limits::kHttpHeaderBytesMax) + " bytes")),
                    Dialect::keten, true, true);
      co_await drain();
      co_return 0;
    }
    const bool first_bytes = text.empty();
    const auto [error, count] =
        co_await stream.async_read_some(buffer.prepare(std::min<std::size_t>(room, 4096)), kAwait);
    if (error || state.stopping) {
      gone = true;
      co_return 0;
    }
    buffer.commit(count);
    // The clock of a header starts with its first byte and is not wound up again by later ones.
    if (first_bytes) { stream.expires_after(milliseconds(state.options.header_ms)); }
  }
}

asio::awaitable<std::optional<Problem>> Transport::State::Session::read_body(Parser& parser, Dialect dialect,
                                                                             std::size_t bytes_max) {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t received = 0;
  while (!parser.is_done()) {
    // Every byte moves the deadline by what it is worth at the least rate: a slow body ends when it falls behind.
    stream.expires_at(
        start + milliseconds(state.options.body_grace_ms + received * 1000 / state.options.body_bytes_per_second));
    const auto [error, count] = co_await beast::http::async_read_some(stream, buffer, parser, kAwait);
    received += count;
    if (error == beast::http::error::body_limit) {
      co_return transport_problem(413, dialect, "BODY_TOO_LARGE",
                                  "the body has more than " + std::to_string(bytes_max) + " bytes");
    }
    if (error && error.category() == beast::http::make_error_code(beast::http::error::bad_chunk).category()) {
      if (error == beast::http::error::partial_message || error == beast::http::error::end_of_stream) {
        gone = true;
        co_return std::nullopt;
      }
      co_return transport_problem(400, dialect, "REQUEST_MALFORMED", "the body is not framed as its header says");
    }
    if (error) {
      gone = true;
      co_return std::nullopt;
    }
  }
  co_return std::nullopt;
}

asio::awaitable<Response> Transport::State::Session::run_handler(const Route& route, RequestPointer request) {
  const auto slot = std::make_shared<Slot>(stream.get_executor());
  Respond respond = [gate = state.gate, weak = std::weak_ptr(slot)](Response response) {
    const std::shared_lock lock(gate->mutex);
    if (!gate->open) { return; }
    const auto target = weak.lock();
    if (!target) { return; }
    asio::post(target->timer.get_executor(), [target, answer = std::move(response)]() mutable {
      if (target->response) { return; }
      target->response = std::move(answer);
      target->timer.cancel();
    });
  };
  // No exception of a handler leaves its request.
  const auto taken = state.workers->submit([handler = &route.handler, request, respond, dialect = route.dialect] {
    try {
      (*handler)(request, respond);
    } catch (const std::exception& failure) {
      log_error("http: a handler failed: {}", failure.what());
      respond(
          problem_response(transport_problem(500, dialect, "INTERNAL", "the node failed to answer; its log says why")));
    }
  });
  if (!taken) {
    co_return problem_response(transport_problem(503, route.dialect, "BUSY", "too many requests wait; try again"));
  }
  slot->timer.expires_after(milliseconds(route.answer_ms != 0 ? route.answer_ms : state.options.answer_ms));
  while (!slot->response) {
    const auto [error] = co_await slot->timer.async_wait(kAwait);
    if (!error && !slot->response) { co_return state.hooks.late(route.dialect); }
  }
  co_return std::move(*slot->response);
}

asio::awaitable<bool> Transport::State::Session::send(Response response, Dialect dialect, bool close, bool with_body) {
  const auto head = response_head(response, {.dialect = dialect, .close = close, .now = state.hooks.clock()});
  const auto body = with_body ? std::string_view(response.body) : std::string_view();
  const auto patience = state.options.idle_ms + body.size() * 1000 / state.options.body_bytes_per_second;
  stream.expires_after(milliseconds(patience));
  const std::array<asio::const_buffer, 2> pieces = {asio::buffer(head), asio::buffer(body.data(), body.size())};
  const auto [error, count] = co_await asio::async_write(stream, pieces, kAwait);
  static_cast<void>(count);
  co_return !error;
}

asio::awaitable<void> Transport::State::Session::drain() {
  ErrorCode ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream.expires_after(milliseconds(kDrainMs));
  std::vector<char> sink(16 * 1024);
  std::size_t drained = 0;
  while (drained < kDrainBytesMax) {
    const auto [error, count] = co_await stream.async_read_some(asio::buffer(sink), kAwait);
    if (error) { co_return; }
    drained += count;
  }
}

asio::awaitable<bool> Transport::State::Session::serve_one() {
  const auto size = co_await read_header();
  if (size == 0) { co_return false; }
  const auto began = std::chrono::steady_clock::now();

  auto checked = check_header_block(buffered().substr(0, size));
  ErrorCode error;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(2 * limits::kHttpHeaderBytesMax));
  parser.body_limit(boost::none);  // the route decides, below
  if (checked) {
    const auto used = parser.put(asio::buffer(buffer.data(), size), error);
    buffer.consume(used);
    if (error == beast::http::error::need_more) { error = {}; }
    if (error || !parser.is_header_done()) { checked = invalid("REQUEST_MALFORMED", "this is no HTTP/1.1 request"); }
  }
  if (!checked) {
    co_await send(problem_response(keten_problem(checked.error())), Dialect::keten, true, true);
    co_await drain();
    co_return false;
  }

  const auto& message = parser.get();
  RequestHead head;
  const std::string method(message.method_string());
  const std::string target(message.target());
  head.method = method;
  head.target = target;
  for (const auto& field : message) {
    head.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  if (const auto length = parser.content_length()) { head.content_length = *length; }
  head.from_loopback = address.is_loopback();
  bool keep_alive = parser.keep_alive() && message.version() == 11;
  const bool has_body = !parser.is_done();
  std::optional<std::string> expectation;
  if (const auto found = message.find(beast::http::field::expect); found != message.end()) {
    expectation = std::string(found->value());
  }

  auto admission = admit(std::move(head), state.router, state.users);
  if (!admission.answer && expectation && !equal_without_case(*expectation, "100-continue")) {
    admission.answer = problem_response(
        transport_problem(417, admission.dialect, "EXPECTATION_UNKNOWN", "the only Expect is 100-continue"));
  }
  bool unread_body = has_body;
  if (!admission.answer && has_body) {
    if (expectation) {
      const auto [failed, count] =
          co_await asio::async_write(stream, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), kAwait);
      static_cast<void>(count);
      if (failed) { co_return false; }
    }
    parser.body_limit(admission.route->body_bytes_max);
    const auto problem = co_await read_body(parser, admission.dialect, admission.route->body_bytes_max);
    if (gone) { co_return false; }
    if (problem) {
      admission.answer = problem_response(*problem);
    } else {
      unread_body = false;
    }
  }
  Response response;
  if (admission.answer) {
    response = std::move(*admission.answer);
  } else {
    admission.request->body = std::move(parser.get().body());
    response = co_await run_handler(*admission.route, std::move(admission.request));
  }
  if (state.stopping || unread_body) { keep_alive = false; }
  const auto status = response.status;
  const bool sent = co_await send(std::move(response), admission.dialect, !keep_alive, method != "HEAD");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (state.hooks.answered) { state.hooks.answered(admission.route, parse_method(method), status, took.count()); }
  if (sent && unread_body) { co_await drain(); }
  co_return sent&& keep_alive;
}

asio::awaitable<void> Transport::State::accept_loop() {
  while (!stopping) {
    auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(context), kAwait);
    if (stopping || error == asio::error::operation_aborted) { co_return; }
    if (error) {
      // Out of file descriptors, most likely: connections that end make room.
      asio::steady_timer pause(context, std::chrono::milliseconds(100));
      co_await pause.async_wait(kAwait);
      continue;
    }
    start_session(std::move(socket));
  }
}

void Transport::State::start_session(tcp::socket::rebind_executor<Executor>::other socket) {
  ErrorCode error;
  const auto remote = socket.remote_endpoint(error);
  if (error) { return; }
  socket.set_option(tcp::no_delay(true), error);
  const auto from = remote.address();
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(mutex);
    const bool full = sessions.size() >= options.connections_max;
    const auto same = per_address.find(from);
    const bool greedy =
        !from.is_loopback() && same != per_address.end() && same->second >= options.connections_per_address_max;
    if (full || greedy) { return; }  // closes the socket
    session = std::make_shared<Session>(*this, std::move(socket), from);
    sessions.emplace(session.get(), session);
    ++per_address[from];
  }
  const auto executor = session->stream.get_executor();
  asio::co_spawn(
      executor, [session] { return session->run(); }, asio::detached);
}

void Transport::State::forget(Session* session) {
  const std::lock_guard lock(mutex);
  sessions.erase(session);
  const auto count = per_address.find(session->address);
  if (count != per_address.end() && --count->second == 0) { per_address.erase(count); }
  if (sessions.empty()) { empty.notify_all(); }
}

Transport::Transport(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Transport>> Transport::open(const TransportOptions& options, const Router& router,
                                                   UserStore& users, TransportHooks hooks) {
  ErrorCode error;
  const auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
  if (error) {
    return invalid("ADDRESS_INVALID", "expected an IPv4 or IPv6 address to listen on, found " + options.address);
  }
  auto state = std::make_unique<State>(options, router, users, std::move(hooks));
  auto& acceptor = state->acceptor;
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) { acceptor.set_option(tcp::acceptor::reuse_address(true), error); }
  if (!error) { acceptor.bind(endpoint, error); }
  if (!error) { acceptor.listen(512, error); }
  if (error == asio::error::address_in_use) {
    return failure(ErrorKind::conflict, "PORT_IN_USE",
                   "HTTP port " + std::to_string(options.port) + " on " + options.address +
                       " is in use: stop the other program or choose another port");
  }
  if (error) { return invalid("ADDRESS_INVALID", "cannot listen on " + options.address + ": " + error.message()); }
  state->port = acceptor.local_endpoint().port();
  state->workers = std::make_unique<WorkerPool>("http-work", std::max<std::size_t>(options.work_threads, 1),
                                                options.connections_max + 1);
  asio::co_spawn(state->context, state->accept_loop(), asio::detached);
  for (std::size_t i = 0; i < std::max<std::size_t>(options.io_threads, 1); ++i) {
    state->threads.push_back(start_thread("http-io", [context = &state->context](std::stop_token) { context->run(); }));
  }
  return std::unique_ptr<Transport>(new Transport(std::move(state)));
}

Transport::~Transport() { stop(); }

std::uint16_t Transport::port() const { return state_->port; }

void Transport::stop() {
  auto& state = *state_;
  if (state.stopping.exchange(true)) { return; }
  asio::post(state.context, [&state] {
    ErrorCode ignored;
    state.acceptor.close(ignored);
  });
  {
    std::unique_lock lock(state.mutex);
    for (const auto& [pointer, weak] : state.sessions) {
      const auto session = weak.lock();
      if (!session) { continue; }
      asio::post(session->stream.get_executor(), [session] {
        if (session->idle) { session->stream.cancel(); }
      });
    }
    state.empty.wait_for(lock, milliseconds(state.options.stop_ms), [&] { return state.sessions.empty(); });
  }
  state.workers->stop();
  {
    const std::unique_lock lock(state.gate->mutex);
    state.gate->open = false;
  }
  state.context.stop();
  state.threads.clear();
}

}  // namespace keten::http

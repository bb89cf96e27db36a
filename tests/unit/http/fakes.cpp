#include "tests/unit/http/fakes.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/limits.h"
#include "node/http/uri.h"
#include "node/http/users.h"
#include "node/runtime/secrets.h"

namespace keten::http::test {
namespace {

KeySeed some_seed() {
  KeySeed seed;
  seed.bytes.fill(7);
  return seed;
}

ValueAt echo(std::string name, std::string value) {
  auto object = json::Value::object();
  object.set(std::move(name), json::Value::string(std::move(value)));
  return {object, Height{41}};
}

}  // namespace

void FakeGateway::submit(std::vector<TransactionPointer> transactions, Admitted done) {
  std::vector<Status> results;
  {
    const std::lock_guard lock(mutex_);
    if (!answers) {
      kept_.push_back(std::move(done));
      return;
    }
    for (const auto& transaction : transactions) {
      submitted_.push_back(transaction);
      if (refusal) {
        results.emplace_back(*refusal);
        continue;
      }
      results.emplace_back(kDone);
      TransactionProgress progress;
      progress.state = finalizes ? TransactionState::final : TransactionState::admitted;
      if (executes) {
        progress.state = TransactionState::executed;
        progress.height = Height{42};
        Receipt receipt;
        receipt.transaction = transaction->id;
        receipt.succeeded = succeeds;
        if (!receipt.succeeded) { receipt.reason = "RULE_BROKEN", receipt.message = "a rule says no"; }
        progress.receipt = receipt;
      }
      known_[transaction->id] = progress;
    }
  }
  done(std::move(results));
}

void FakeGateway::wait(const TransactionId& id, WaitLevel level, std::uint64_t timeout_ms, Waited done) {
  static_cast<void>(timeout_ms);
  const auto now = progress(id);
  if (now.state == TransactionState::executed) { return done(now); }
  if (now.state == TransactionState::final && level != WaitLevel::executed) { return done(now); }
  if (!quorum) { return done(failure(ErrorKind::unavailable, "NO_QUORUM", "no quorum")); }
  done(failure(ErrorKind::timeout, "TIMEOUT", "not in time"));
}

TransactionProgress FakeGateway::progress(const TransactionId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(id);
  return found == known_.end() ? TransactionProgress{} : found->second;
}

NodeStatus FakeGateway::status() const {
  NodeStatus status;
  status.node = "node-a";
  status.organisation = "FarmCo";
  status.height = Height{41};
  status.executed_height = Height{executed_height};
  status.quorum = flickers ? (flicker_ = !flicker_) : quorum.load();
  if (is_stuck) { status.reason = "view 9 has no leader"; }
  status.lag = lag;
  status.mempool_transactions = waiting;
  status.peers = {{"node-b", "ShopCo", quorum, Height{41}, Height{40}, 3}};
  status.counters = {{"signatures_verified", 9}};
  return status;
}

std::vector<TransactionPointer> FakeGateway::submitted() const {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

std::size_t FakeGateway::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

void FakeGateway::answer_kept() const {
  std::vector<Admitted> kept;
  {
    const std::lock_guard lock(mutex_);
    kept = kept_;
  }
  for (const auto& done : kept) { done({kDone}); }
}

Status FakeBackend::check_document(ByteView document, DocumentForm form, CaptureProfile profile) const {
  last_profile = profile;
  const auto parsed = json::parse(as_text(document));
  if (!parsed) { return parsed.error(); }
  const auto type = parsed->find_string("type").value_or("");
  const auto wanted = form == DocumentForm::document ? "EPCISDocument" : "ObjectEvent";
  if (type == wanted) { return kDone; }
  auto error = invalid("EPCIS_INVALID", "the document breaks a rule");
  error.violations.push_back({"/type", wanted, std::string(type)});
  return error;
}

Result<EventPage> FakeBackend::query_events(const EventQuery& query) const {
  const std::lock_guard lock(mutex);
  last_query = query;
  if (throws) { throw std::runtime_error("broken disk"); }
  for (const auto& parameter : query.parameters) {
    if (parameter.name == "nonsense") { return invalid("PARAMETER_UNKNOWN", "no such parameter: " + parameter.name); }
  }
  EventPage page;
  page.events.push_back(*json::parse(kEvent));
  page.height = Height{41};
  if (query.page_token.empty()) {
    page.next_page_token = "second";
    page.next_page_token_expires = 86'400'000;
  }
  return page;
}

Status FakeBackend::check_query(const json::Value& body) const {
  if (body.find("nonsense") == nullptr) { return kDone; }
  auto error = invalid("QUERY_PARAMETER", "there is no parameter nonsense");
  error.violations.push_back({"/nonsense", "a parameter", "nonsense"});
  return error;
}

Result<ResourcePage> FakeBackend::resource(query::Resource resource, std::string_view after, std::size_t limit) const {
  ResourcePage page;
  page.height = Height{41};
  for (const auto* value : {"a", "b", "c"}) {
    if (value <= after) { continue; }
    if (page.values.size() == limit) {
      page.next = page.values.back();
      break;
    }
    page.values.push_back(std::string(query::parameter_of(resource)) + ":" + value);
  }
  if (!page.next.empty()) { page.next = page.next.substr(page.next.size() - 1); }
  return page;
}

Result<Height> FakeBackend::find_value(query::Resource resource, std::string_view value) const {
  static_cast<void>(resource);
  if (value == "unknown") { return failure(ErrorKind::not_found, "RESOURCE_UNKNOWN", "no event has this value"); }
  return Height{41};
}

Result<EventPage> FakeBackend::event_by_id(std::string_view event_id, query::EpcFormat format) const {
  static_cast<void>(format);
  if (event_id != "urn:uuid:1") { return failure(ErrorKind::not_found, "EVENT_UNKNOWN", "no such event"); }
  EventPage page;
  page.events.push_back(*json::parse(kEvent));
  page.height = Height{41};
  return page;
}

Result<ValueAt> FakeBackend::trace(const TraceQuery& query) const {
  const std::lock_guard lock(mutex);
  last_trace = query;
  return echo("entity", query.entity);
}

Result<ValueAt> FakeBackend::transaction(const TransactionId& id) const {
  if (id.bytes[0] != 0xAA) { return failure(ErrorKind::not_found, "TRANSACTION_NOT_FOUND", "no such transaction"); }
  return echo("contract", "governance");
}

Result<ValueAt> FakeBackend::block(Height height) const {
  if (height.value > 41) { return failure(ErrorKind::not_found, "BLOCK_NOT_FOUND", "no such block"); }
  return echo("height", height.text());
}

CaptureOutcome FakeBackend::capture_outcome(const Receipt& receipt) const {
  CaptureOutcome outcome;
  if (event_exists) { outcome.errors.push_back(failure(ErrorKind::conflict, "EVENT_EXISTS", "this event is there")); }
  if (event_known) { outcome.known_ids.emplace_back("ni:///sha-256;00?ver=CBV2.0"); }
  if (receipt.succeeded && !event_exists) { outcome.event_ids.emplace_back("ni:///sha-256;00?ver=CBV2.0"); }
  return outcome;
}

json::Value FakeBackend::version() const { return echo("version", "0.1.0").value; }

Folder::Folder() {
  auto name = (std::filesystem::temp_directory_path() / "keten-http-XXXXXX").string();
  BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::write(std::string_view name, std::string_view text) const {
  // A new file each time: never the same inode with the same time and size.
  const auto fresh = path_ / (std::string(name) + ".new");
  BOOST_REQUIRE(write_secret_file(fresh.string(), text).ok());
  std::filesystem::rename(fresh, path_ / name);
}

json::Value Answer::json() const {
  auto parsed = json::parse(body);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), "not JSON: " + body);
  return *parsed;
}

std::string Answer::reason() const { return std::string(json().find_string("reason").value_or("")); }
std::string Answer::type() const { return std::string(json().find_string("type").value_or("")); }

Connection::Connection(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

Connection::~Connection() { ::close(socket_); }

void Connection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) { return; }  // the server refused already; what it said is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool Connection::fill() {
  char bytes[16384];
  const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) { return false; }
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

bool Connection::ends() {
  while (fill()) {}
  char byte = 0;
  return ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

Answer Connection::receive(bool head) {
  Answer answer;
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) { return answer; }
  }
  std::string_view rest = std::string_view(buffer_).substr(0, end + 2);
  bool first = true;
  while (!rest.empty()) {
    const auto stop = rest.find("\r\n");
    const auto line = rest.substr(0, stop);
    if (first) {
      answer.status = static_cast<unsigned>(std::stoul(std::string(line.substr(9, 3))));
    } else {
      const auto colon = line.find(':');
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      answer.headers[name] = std::string(trimmed(line.substr(colon + 1)));
    }
    first = false;
    rest.remove_prefix(stop + 2);
  }
  buffer_.erase(0, end + 4);
  const auto length = answer.headers.contains("content-length") ? std::stoul(answer.headers["content-length"]) : 0UL;
  if (head) { return answer; }
  while (buffer_.size() < length) {
    if (!fill()) { break; }
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

Node::Node(const std::function<void(ServerOptions&)>& change) : key(KeyPair::from_seed(some_seed())) {
  BOOST_REQUIRE(write_key_file((folder / "anna.key").string(), some_seed()).ok());
  write_users(false);
  ServerOptions options;
  options.users_file = folder / "users.json";
  options.organisation = "FarmCo";
  options.clock = [] { return Milliseconds{1'767'225'600'000}; };
  if (change) { change(options); }
  auto started = Server::start(options, gateway, backend, metrics);
  BOOST_REQUIRE(started.ok());
  server = std::move(*started);
}

void Node::write_users(bool capture_revoked) const {
  const auto entry = [](std::string_view name, std::string_view role, std::string_view token, std::string_view more) {
    return R"({"name":")" + std::string(name) + R"(","organisation":"FarmCo","role":")" + std::string(role) +
           R"(","token_hash":")" + token_hash(token).hex() + R"(")" + std::string(more) + "}";
  };
  const std::string revoked = capture_revoked ? R"(,"revoked":true)" : "";
  folder.write("users.json", "[" + entry("anna", "capture", "capture-token", R"(,"key_file":"anna.key")" + revoked) +
                                 "," + entry("bert", "auditor", "auditor-token", "") + "," +
                                 entry("carl", "auditor", "revoked-token", R"(,"revoked":true)") + "]");
}

Answer Node::ask(std::string_view method, std::string_view target, std::string_view token, std::string_view body,
                 std::string_view extra) const {
  Connection connection(server->port());
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!token.empty()) { text += "Authorization: Bearer " + std::string(token) + "\r\n"; }
  text += std::string(extra);
  if (!body.empty()) { text += "Content-Length: " + std::to_string(body.size()) + "\r\n"; }
  text += "\r\n";
  connection.send(text);
  connection.send(body);
  return connection.receive(method == "HEAD");
}

Answer Node::capture(std::string_view body, std::string_view extra) const {
  return ask("POST", "/epcis/v2/capture", "capture-token", body,
             "Content-Type: application/json\r\n" + std::string(extra));
}

}  // namespace keten::http::test

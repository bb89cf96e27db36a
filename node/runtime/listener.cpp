#include "node/runtime/listener.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"
#include "node/runtime/config.h"
#include "node/runtime/threads.h"

namespace keten {
namespace {

constexpr int kBacklog = 512;
constexpr int kNoDescriptorPauseMs = 100;

/// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) { ::close(number_); }
  }
  [[nodiscard]] int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// 16 bytes; IPv4 as IPv6 maps it.
using Address = std::array<std::uint8_t, 16>;

Address address_of(const sockaddr_storage& from) {
  Address address{};
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from).sin_addr;
    address[10] = address[11] = 0xff;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4), sizeof(v4), address.begin() + 12);
  } else if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
    std::copy_n(v6.s6_addr, address.size(), address.begin());
  }
  return address;
}

bool is_loopback(const Address& address) {
  in6_addr v6{};
  std::copy(address.begin(), address.end(), v6.s6_addr);
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && address[12] == 127);
}

/// Which socket a descriptor stands for; 0 for none.
ino_t socket_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

/// A listening socket, or none with the reason in errno.
Descriptor listen_on(const addrinfo& at) {
  Descriptor socket(::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol));
  if (socket.get() < 0) { return socket; }
  const int yes = 1;
  const int no = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (at.ai_family == AF_INET6) { ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)); }
  if (::bind(socket.get(), at.ai_addr, at.ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return Descriptor();
  }
  return socket;
}

}  // namespace

struct Listener::State {
  /// A connection that somebody took. Its descriptor is another's: it may be closed, and its number be used again.
  struct Held {
    int descriptor;
    ino_t socket;
    Address from;
  };

  void run();
  void accept_one();

  std::size_t connections_max = 0;
  Descriptor listening;
  Descriptor wake;
  std::uint16_t port = 0;
  Take take;
  std::vector<Held> held;
  std::jthread thread;
};

void Listener::State::run() {
  std::array<pollfd, 2> events{pollfd{listening.get(), POLLIN, 0}, pollfd{wake.get(), POLLIN, 0}};
  while (true) {
    const int ready = ::poll(events.data(), events.size(), -1);
    if (ready < 0 && errno != EINTR) { return; }
    if (events[1].revents != 0) { return; }
    if (ready > 0 && events[0].revents != 0) { accept_one(); }
  }
}

void Listener::State::accept_one() {
  sockaddr_storage from{};
  socklen_t length = sizeof(from);
  Descriptor connection(
      ::accept4(listening.get(), reinterpret_cast<sockaddr*>(&from), &length, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.get() < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      pollfd stop{wake.get(), POLLIN, 0};
      ::poll(&stop, 1, kNoDescriptorPauseMs);
    }
    return;
  }
  std::erase_if(held, [](const Held& one) { return socket_of(one.descriptor) != one.socket; });
  const auto address = address_of(from);
  const auto same = static_cast<std::size_t>(std::ranges::count(held, address, &Held::from));
  if (held.size() >= connections_max || (!is_loopback(address) && same >= connections_max / 2)) { return; }
  const int yes = 1;
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  held.push_back({connection.get(), socket_of(connection.get()), address});
  take(listening.get(), connection.release());
}

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() { stop(); }

Result<std::unique_ptr<Listener>> Listener::open(const std::string& address, std::size_t connections_max) {
  const auto parsed = parse_address(address);
  if (!parsed) { return parsed.error(); }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(parsed->host.c_str(), std::to_string(parsed->port).c_str(), &hints, &found) != 0) {
    return invalid("ADDRESS_INVALID", address + ": this machine knows no such address");
  }
  auto state = std::make_unique<State>();
  for (const auto* at = found; at != nullptr && state->listening.get() < 0; at = at->ai_next) {
    state->listening = listen_on(*at);
  }
  ::freeaddrinfo(found);
  state->wake = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  sockaddr_storage own{};
  socklen_t length = sizeof(own);
  if (state->listening.get() < 0 || state->wake.get() < 0 ||
      ::getsockname(state->listening.get(), reinterpret_cast<sockaddr*>(&own), &length) != 0) {
    return failure(ErrorKind::unavailable, "ADDRESS_IN_USE",
                   "cannot listen on " + address + "; is another process using it?");
  }
  state->port = ntohs(own.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(own).sin6_port
                                                : reinterpret_cast<const sockaddr_in&>(own).sin_port);
  state->connections_max = connections_max;
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

void Listener::start(const std::string& thread, Take take) {
  CHECK(!state_->thread.joinable());
  state_->take = std::move(take);
  state_->thread = start_thread(thread, [state = state_.get()](const std::stop_token&) { state->run(); });
}

std::uint16_t Listener::port() const { return state_->port; }

void Listener::stop() {
  if (state_->wake.get() >= 0) { ::eventfd_write(state_->wake.get(), 1); }
  if (state_->thread.joinable()) { state_->thread.join(); }
  state_->listening = Descriptor();
}

}  // namespace keten

#include "node/runtime/listener.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "node/runtime/descriptors.h"
#include "node/runtime/inbox.h"

namespace keten {
namespace {

constexpr std::uint64_t kPatienceMs = 10'000;

struct Connection {
  explicit Connection(std::uint16_t port) : descriptor(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(descriptor); }
  /// Waits for the other end to close it.
  [[nodiscard]] bool is_closed() const {
    const timeval patience{.tv_sec = kPatienceMs / 1000, .tv_usec = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char byte = 0;
    return ::recv(descriptor, &byte, 1, 0) == 0 || errno == ECONNRESET;
  }
  int descriptor;
};

struct Fixture {
  Fixture() {
    auto opened = Listener::open("127.0.0.1:0", 2);
    BOOST_REQUIRE(opened.ok());
    listener = std::move(*opened);
    listener->start("test-in", [this](int, int connection) { (void)taken.push_completion(connection); });
  }
  ~Fixture() { listener->stop(); }
  int take() {
    std::vector<int> now;
    BOOST_REQUIRE(taken.pop_all(now, steady_ms() + kPatienceMs));
    BOOST_REQUIRE_EQUAL(now.size(), 1);
    return now.front();
  }
  Inbox<int> taken{16};
  std::unique_ptr<Listener> listener;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listener, Fixture)

BOOST_AUTO_TEST_CASE(a_connection_too_many_is_closed_and_one_that_ends_makes_room) {
  const Connection first(listener->port());
  const int held = take();
  const Connection second(listener->port());
  const int other = take();
  const Connection third(listener->port());
  BOOST_TEST(third.is_closed());
  BOOST_TEST(taken.size() == 0);

  ::close(held);
  const Connection fourth(listener->port());
  ::close(take());
  ::close(other);
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_refused) {
  const auto second = Listener::open("127.0.0.1:" + std::to_string(listener->port()), 2);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().reason == "ADDRESS_IN_USE");
}

BOOST_AUTO_TEST_CASE(too_few_descriptors_are_refused_and_all_shares_leave_room_for_files) {
  const auto refused = share_descriptors(kDescriptorsMin - 1);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().reason == "DESCRIPTORS_TOO_FEW");
  for (const auto limit : {kDescriptorsMin, std::uint64_t{1024}, kDescriptorsFull, std::uint64_t{1} << 20U}) {
    const auto shares = share_descriptors(limit);
    BOOST_REQUIRE(shares.ok());
    BOOST_TEST(shares->http + shares->api + shares->peers + 256 < limit);
  }
  const auto full = share_descriptors(kDescriptorsFull);
  BOOST_TEST((full->http == 1024 && full->api == 256 && full->peers == 512));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten

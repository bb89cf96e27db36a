#include <array>

#include "tests/unit/api/server_fixture.h"

namespace keten::api {
namespace {

using namespace test;

BOOST_FIXTURE_TEST_SUITE(ledger_server_watchers, Fixture)

BOOST_AUTO_TEST_CASE(a_watcher_sees_every_event_from_its_cursor_on_and_then_new_ones) {
  v1::WatchEventsRequest request;
  request.set_cursor("2.1.0");
  Call call;
  const auto stream = stub->WatchEvents(call.get(), request);
  v1::WatchEventsResponse event;
  std::vector<std::string> seen;
  while (seen.size() < 6 && stream->Read(&event)) { seen.push_back(event.cursor()); }
  BOOST_TEST(seen == (std::vector<std::string>{"2.2.0", "2.3.0", "3.0.0", "3.1.0", "3.2.0", "3.3.0"}),
             boost::test_tools::per_element());
  BOOST_TEST(event.time_ms() == 30U);
  reads.executed = 4;
  gateway.executed({4});
  BOOST_REQUIRE(stream->Read(&event));
  BOOST_TEST(event.cursor() == "4.0.0");
  call.context.TryCancel();
  BOOST_TEST(!stream->Finish().ok());
  BOOST_TEST(eventually([&] { return gateway.watchers == 0; }));
}

BOOST_AUTO_TEST_CASE(a_watcher_of_one_kind_resumes_over_many_pages) {
  reads.executed = 500;
  v1::WatchEventsRequest request;
  request.set_cursor("0");
  request.set_kind("odd");
  Call call;
  const auto stream = stub->WatchEvents(call.get(), request);
  v1::WatchEventsResponse event;
  std::size_t count = 0;
  while (count < 1000 && stream->Read(&event)) {
    BOOST_REQUIRE(event.kind() == "odd");
    ++count;
  }
  BOOST_TEST(event.cursor() == "500.3.0");
  call.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(a_watcher_that_does_not_read_is_dropped_and_resumes) {
  reads.executed = 50;
  reads.event_bytes = 100'000;
  v1::WatchEventsRequest request;
  request.set_cursor("0");
  std::string last;
  {
    Call call;
    const auto stream = stub->WatchEvents(call.get(), request);
    v1::WatchEventsResponse event;
    BOOST_REQUIRE(stream->Read(&event));
    BOOST_REQUIRE(eventually([&] {
      gateway.executed({50});
      return metrics.counters().at("keten_api_answers_total{outcome=error}") == 1;
    }));
    do { last = event.cursor(); } while (stream->Read(&event));
    const auto status = stream->Finish();
    BOOST_TEST(status.error_code() == grpc::StatusCode::ABORTED);
    BOOST_TEST(error_of(status).reason == "EVENTS_LAGGING");
  }
  BOOST_TEST(last != "50.3.0");
  request.set_cursor(last);
  Call call;
  const auto stream = stub->WatchEvents(call.get(), request);
  v1::WatchEventsResponse event;
  BOOST_REQUIRE(stream->Read(&event));
  const auto place = *EventCursor::parse(last);
  const auto next =
      place.index == 3 ? EventCursor{place.height.next(), 0, 0} : EventCursor{place.height, place.index + 1, 0};
  BOOST_TEST(event.cursor() == next.text());
  call.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(without_a_cursor_a_watcher_sees_the_next_block_first) {
  Call call;
  const auto stream = stub->WatchEvents(call.get(), {});
  BOOST_REQUIRE(eventually([&] { return gateway.watchers == 1; }));
  reads.executed = 4;
  gateway.executed({4});
  v1::WatchEventsResponse event;
  BOOST_REQUIRE(stream->Read(&event));
  BOOST_TEST(event.cursor() == "4.0.0");
  call.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(a_cursor_that_is_none_is_refused) {
  for (const auto* cursor : {"x", "1.2", "1.2.3.4", "-1.0.0", "1.2.x", "01.0.0", "99999999999999999999"}) {
    v1::WatchEventsRequest request;
    request.set_cursor(cursor);
    Call call;
    const auto stream = stub->WatchEvents(call.get(), request);
    v1::WatchEventsResponse event;
    BOOST_TEST(!stream->Read(&event));
    BOOST_TEST(error_of(stream->Finish()).reason == "CURSOR_INVALID", cursor);
  }
}

BOOST_AUTO_TEST_CASE(a_node_has_so_many_watchers_and_the_next_is_told_to_come_again) {
  constexpr int kMost = 64;
  struct Watching {
    Call call;
    std::unique_ptr<grpc::ClientReader<v1::WatchEventsResponse>> stream;
  };
  std::vector<std::unique_ptr<Watching>> all;
  // A connection carries fewer streams than a node has watchers.
  const std::array stubs = {v1::LedgerService::NewStub(connect(&client)), v1::LedgerService::NewStub(connect(&client))};
  const auto watch = [&](std::size_t connection) {
    all.push_back(std::make_unique<Watching>());
    all.back()->stream = stubs[connection]->WatchEvents(all.back()->call.get(), {});
  };
  for (int i = 0; i < kMost; ++i) { watch(i % 2 == 0 ? 0 : 1); }
  BOOST_REQUIRE(eventually([&] { return gateway.watchers == kMost; }));
  v1::WatchEventsResponse event;
  watch(0);
  BOOST_TEST(!all.back()->stream->Read(&event));
  const auto refused = error_of(all.back()->stream->Finish());
  BOOST_TEST(refused.reason == "TOO_MANY_WATCHERS");
  BOOST_TEST((refused.kind == ErrorKind::busy));
  BOOST_TEST(gateway.watchers.load() == kMost);
  all.front()->call.context.TryCancel();
  BOOST_TEST(!all.front()->stream->Finish().ok());
  BOOST_REQUIRE(eventually([&] { return gateway.watchers == kMost - 1; }));
  watch(1);
  BOOST_TEST(eventually([&] { return gateway.watchers == kMost; }), "a place that is free again is given");
  for (const auto& one : all) { one->call.context.TryCancel(); }
  BOOST_TEST(eventually([&] { return gateway.watchers == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::api

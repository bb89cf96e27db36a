#include "node/journal/segment_store.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "node/storage/record_log.h"
#include "tests/unit/journal/temporary_directory.h"

namespace keten::journal {
namespace {

using storage::Location;

Bytes block(std::size_t number, std::size_t size = 100) {
  return Bytes(size + number, static_cast<std::uint8_t>(number + 1));
}

struct Fixture {
  test::TemporaryDirectory directory;
  ChainId chain_id;
  SegmentOptions options{.segment_bytes = 1024 * 1024, .preallocate_bytes = 4096};
  std::string path = directory.path() + "/000001.seg";

  std::unique_ptr<SegmentStore> open() {
    auto store = SegmentStore::open(directory.path(), chain_id, options);
    BOOST_REQUIRE_MESSAGE(store.ok(), (store ? "" : store.error().message));
    return std::move(*store);
  }
  std::string refusal() {
    const auto store = SegmentStore::open(directory.path(), chain_id, options);
    return store ? "" : store.error().reason;
  }
  static Location add(SegmentStore& store, std::size_t number) {
    const auto location = store.append(block(number));
    BOOST_REQUIRE(location.ok());
    BOOST_REQUIRE(store.sync().ok());
    return *location;
  }
  static std::vector<Bytes> replay(const SegmentStore& store, const Location& from = {}) {
    std::vector<Bytes> seen;
    const auto done = store.replay(from, [&](const Location& location, ByteView bytes) {
      BOOST_TEST((store.read(location, 0, location.length).value() == to_bytes(bytes)));
      seen.push_back(to_bytes(bytes));
    });
    BOOST_REQUIRE_MESSAGE(done.ok(), (done ? "" : done.error().message));
    return seen;
  }
};

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

BOOST_FIXTURE_TEST_SUITE(segment_store, Fixture)

BOOST_AUTO_TEST_CASE(blocks_are_read_at_their_place_whole_and_in_part) {
  const auto store = open();
  add(*store, 1);
  const auto location = add(*store, 2);
  BOOST_TEST((store->read(location, 0, location.length).value() == block(2)));
  BOOST_TEST(store->read(location, 10, 5).value().size() == 5U);
  BOOST_TEST(store->read(location, location.length - 1, 2).error().reason == "BLOCK_UNREADABLE");
  BOOST_TEST(store->read({.segment = 9, .offset = 0, .length = 1}, 0, 1).error().reason == "BLOCK_UNREADABLE");
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_behind_the_last_block) {
  Location second;
  {
    const auto store = open();
    add(*store, 1);
    second = add(*store, 2);
  }
  const auto store = open();
  add(*store, 3);
  BOOST_TEST((replay(*store) == std::vector{block(1), block(2), block(3)}));
  BOOST_TEST((replay(*store, second) == std::vector{block(2), block(3)}));
}

BOOST_AUTO_TEST_CASE(a_full_segment_is_followed_by_another) {
  options = {.segment_bytes = 1000, .preallocate_bytes = 400};
  std::vector<Bytes> expected;
  Location later;
  {
    const auto store = open();
    for (std::size_t i = 0; i < 20; ++i) {
      const auto location = add(*store, i);
      if (i == 10) { later = location; }
      expected.push_back(block(i));
    }
    BOOST_TEST(store->counters().segments >= 3U);
    BOOST_TEST(store->counters().appended == 20U);
  }
  const auto store = open();
  BOOST_TEST((replay(*store) == expected));
  BOOST_TEST((replay(*store, later) == std::vector(expected.begin() + 10, expected.end())));
  BOOST_TEST(std::filesystem::file_size(path) <= 1000U);
}

BOOST_AUTO_TEST_CASE(a_block_longer_than_a_segment_gets_one_of_its_own) {
  options.segment_bytes = 1000;
  const auto store = open();
  add(*store, 1);
  const auto location = store->append(block(2, 5000));
  BOOST_REQUIRE(location.ok());
  BOOST_TEST(location->segment == 2U);
  BOOST_TEST(add(*store, 3).segment == 3U);
}

BOOST_AUTO_TEST_CASE(the_largest_record_fits_and_a_larger_one_is_refused) {
  const auto store = open();
  BOOST_TEST(store->append(Bytes(storage::kRecordPayloadMax, 1)).ok());
  BOOST_TEST(store->append(Bytes(storage::kRecordPayloadMax + 1, 1)).error().reason == "BLOCK_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(a_segment_cut_at_every_byte_of_the_last_block_opens_without_it) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  {
    const auto store = open();
    add(*store, 1);
    before = store->counters().bytes;
    add(*store, 2);
    after = store->counters().bytes;
  }
  const auto whole = read_file(path);
  for (auto length = before; length < after; ++length) {
    for (const bool preallocated : {false, true}) {
      auto bytes = Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      if (preallocated) { bytes.resize(whole.size()); }
      write_file(path, bytes);
      {
        const auto store = open();
        BOOST_TEST((replay(*store) == std::vector<Bytes>{block(1)}));
        if (length % 16 != 0) { continue; }
        add(*store, 3);
      }
      BOOST_TEST((replay(*open()) == std::vector{block(1), block(3)}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_before_the_last_block_is_corruption) {
  std::uint64_t last = 0;
  {
    const auto store = open();
    add(*store, 1);
    last = store->counters().bytes;
    add(*store, 2);
  }
  const auto whole = read_file(path);
  for (std::size_t place = 0; place < last; ++place) {
    auto bytes = whole;
    bytes[place] = static_cast<std::uint8_t>(bytes[place] ^ (1U << (place % 8)));
    write_file(path, bytes);
    BOOST_TEST(refusal() == "SEGMENT_CORRUPT");
  }
}

BOOST_AUTO_TEST_CASE(a_closed_segment_that_ends_early_is_corruption) {
  options = {.segment_bytes = 500, .preallocate_bytes = 0};
  {
    const auto store = open();
    for (std::size_t i = 0; i < 10; ++i) { add(*store, i); }
  }
  auto bytes = read_file(path);
  std::fill(bytes.end() - 50, bytes.end(), std::uint8_t{0});
  write_file(path, bytes);
  const auto store = open();
  BOOST_TEST(store->replay({}, [](const Location&, ByteView) {}).error().reason == "SEGMENT_CORRUPT");
}

BOOST_AUTO_TEST_CASE(a_segment_that_was_just_begun_is_begun_again) {
  options.preallocate_bytes = 0;  // as the closed segment that it is
  { add(*open(), 1); }
  write_file(directory.path() + "/000002.seg", Bytes(10, 0));
  const auto store = open();
  BOOST_TEST(add(*store, 2).segment == 2U);
  BOOST_TEST((replay(*store) == std::vector{block(1), block(2)}));
}

BOOST_AUTO_TEST_CASE(a_missing_segment_another_chain_and_a_second_process_are_refused) {
  options.segment_bytes = 300;
  {
    const auto store = open();
    for (std::size_t i = 0; i < 9; ++i) { add(*store, i); }
    BOOST_TEST(refusal() == "SEGMENTS_LOCKED");
  }
  chain_id.bytes[0] = 1;
  BOOST_TEST(refusal() == "SEGMENT_WRONG_CHAIN");
  chain_id.bytes[0] = 0;
  std::filesystem::remove(directory.path() + "/000002.seg");
  BOOST_TEST(refusal() == "SEGMENT_CORRUPT");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::journal

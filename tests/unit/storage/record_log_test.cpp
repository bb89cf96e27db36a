#include "node/storage/record_log.h"

#include <boost/test/unit_test.hpp>

#include "node/storage/checksum.h"

namespace keten::storage {
namespace {

Bytes payload(std::size_t number) { return Bytes(20 + number, static_cast<std::uint8_t>(number + 1)); }

struct Log {
  Bytes bytes;
  std::vector<std::uint64_t> places;
  void add(Group group = Group::begins) {
    places.push_back(bytes.size());
    append_record(bytes, bytes.size(), 5, payload(places.size()), group);
  }
};

Log three_records() {
  Log log;
  for (int i = 0; i < 3; ++i) { log.add(); }
  return log;
}

BOOST_AUTO_TEST_SUITE(record_log)

BOOST_AUTO_TEST_CASE(what_was_appended_comes_back) {
  const auto log = three_records();
  const auto recovered = recover(log.bytes);
  BOOST_REQUIRE(recovered.ok());
  BOOST_REQUIRE_EQUAL(recovered->records.size(), 3U);
  BOOST_TEST((recovered->tail == Tail::clean));
  BOOST_TEST(recovered->valid_length == log.bytes.size());
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(recovered->records[i].type == 5);
    BOOST_TEST(recovered->records[i].place == log.places[i]);
    BOOST_TEST((to_bytes(recovered->records[i].payload) == payload(i + 1)));
  }
  BOOST_TEST(recover(log.bytes, log.places[1])->records.size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_preallocated_zeros_are_a_clean_end) {
  BOOST_TEST(recover({})->records.empty());
  BOOST_TEST(recover(Bytes(100, 0))->records.empty());
  auto log = three_records();
  const auto length = log.bytes.size();
  log.bytes.resize(length + 1000);
  const auto recovered = recover(log.bytes);
  BOOST_TEST((recovered->tail == Tail::clean));
  BOOST_TEST(recovered->valid_length == length);
}

BOOST_AUTO_TEST_CASE(a_file_cut_at_every_byte_of_the_last_record_is_torn_there) {
  const auto log = three_records();
  for (auto length = log.places[2]; length < log.bytes.size(); ++length) {
    for (const bool preallocated : {false, true}) {
      auto bytes = Bytes(log.bytes.begin(), log.bytes.begin() + static_cast<std::ptrdiff_t>(length));
      if (preallocated) { bytes.resize(log.bytes.size() + 50); }
      const auto recovered = recover(bytes);
      BOOST_REQUIRE(recovered.ok());
      BOOST_TEST(recovered->records.size() == 2U);
      BOOST_TEST(recovered->valid_length == log.places[2]);
      BOOST_TEST((recovered->tail == (length == log.places[2] ? Tail::clean : Tail::torn)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_before_the_last_record_is_corruption) {
  const auto log = three_records();
  for (std::size_t place = 0; place < log.places[2]; ++place) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto bytes = log.bytes;
      bytes[place] = static_cast<std::uint8_t>(bytes[place] ^ (1U << bit));
      bytes.resize(bytes.size() + 64);
      const auto recovered = recover(bytes);
      BOOST_REQUIRE_MESSAGE(!recovered.ok(), "byte " << place << " bit " << bit);
      BOOST_TEST(recovered.error().reason == "LOG_CORRUPT");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_hole_inside_the_last_group_is_torn_because_nobody_was_told_of_it) {
  Log log;
  log.add();
  log.add(Group::begins);
  log.add(Group::continues);
  log.bytes[log.places[1] + 12] ^= 1;
  const auto recovered = recover(log.bytes);
  BOOST_REQUIRE(recovered.ok());
  BOOST_TEST((recovered->tail == Tail::torn));
  BOOST_TEST(recovered->valid_length == log.places[1]);
}

BOOST_AUTO_TEST_CASE(a_zeroed_page_before_a_later_group_is_corruption) {
  auto log = three_records();
  std::fill(log.bytes.begin() + static_cast<std::ptrdiff_t>(log.places[1]),
            log.bytes.begin() + static_cast<std::ptrdiff_t>(log.places[2]), std::uint8_t{0});
  BOOST_TEST(!recover(log.bytes).ok());
}

BOOST_AUTO_TEST_CASE(a_record_at_another_place_does_not_count) {
  // A torn record whose payload contains a copy of a good one: still torn.
  Bytes inner;
  append_record(inner, 0, 5, payload(1), Group::begins);
  Bytes bytes;
  append_record(bytes, 0, 5, inner, Group::begins);
  bytes.resize(bytes.size() - 1);
  const auto recovered = recover(bytes);
  BOOST_REQUIRE(recovered.ok());
  BOOST_TEST((recovered->tail == Tail::torn));
  BOOST_TEST(!recover(inner, 1).ok() == false);
}

/// `payload` in a record behind a good one, its last byte lost, in preallocated space.
Bytes torn(ByteView payload) {
  auto log = three_records();
  append_record(log.bytes, log.bytes.size(), 2, payload, Group::begins);
  log.bytes.back() ^= 1;
  log.bytes.resize(log.bytes.size() + 100'000);
  return log.bytes;
}

BOOST_AUTO_TEST_CASE(a_torn_block_is_searched_once_whatever_is_in_it) {
  constexpr std::size_t kBytes = 6 * 1024 * 1024;
  Bytes random(kBytes);
  std::uint64_t state = 1;
  for (auto& byte : random) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<std::uint8_t>(state >> 56U);
  }
  // Heads of records of 2 MiB, one behind the other: every ninth byte is worth a look.
  Bytes heads(kBytes);
  for (std::size_t i = 0; i + 9 <= heads.size(); i += 9) {
    heads[i + 2] = 0x20;
    heads[i + 4] = 2;
    heads[i + 5] = 1;
  }
  for (const auto& payload : {random, heads, Bytes(kBytes, 1)}) {
    const auto bytes = torn(payload);
    const auto recovered = recover(bytes);
    BOOST_REQUIRE(recovered.ok());
    BOOST_TEST((recovered->tail == Tail::torn));
    BOOST_TEST(recovered->records.size() == 3U);
    // Once from end to end, and less than two steps for each ninth byte.
    BOOST_TEST(recovered->bytes_searched <= bytes.size() * (1 + 2 * RangeChecksums::kStep / 9));
  }
}

BOOST_AUTO_TEST_CASE(a_long_group_behind_a_torn_block_is_found) {
  for (const std::size_t length : {0U, 1U, 63U, 64U, 65U, 1000U, 3'000'000U}) {
    auto bytes = torn(Bytes(100'000, 1));
    const auto place = bytes.size();
    append_record(bytes, place, 3, Bytes(length, 9), Group::begins);
    const auto damaged = recover(bytes);
    BOOST_REQUIRE(!damaged.ok());
    BOOST_TEST(damaged.error().message.find("at byte " + std::to_string(place) + ":") != std::string::npos);
    bytes[place + 5] ^= 1;
    BOOST_TEST(recover(bytes).ok());
  }
}

BOOST_AUTO_TEST_CASE(checksums_of_parts_are_those_of_their_bytes) {
  BOOST_TEST(crc32c(as_bytes("1234"), as_bytes("56789")) == 0xE3069283U);  // RFC 3720
  Bytes file(1000);
  for (std::size_t i = 0; i < file.size(); ++i) { file[i] = static_cast<std::uint8_t>(i * i + 7 * i); }
  RangeChecksums checksums(file, 13);
  for (std::size_t first = 13; first <= file.size(); first += 17) {
    for (std::size_t length = 0; first + length <= file.size(); length += 29) {
      const auto part = ByteView(file).subspan(first, length);
      BOOST_TEST(checksums.crc32c(as_bytes("head"), first, length) == crc32c(as_bytes("head"), part));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_longest_payload_fits) {
  Bytes bytes;
  append_record(bytes, 0, 1, Bytes(kRecordPayloadMax, 7), Group::begins);
  const auto recovered = recover(bytes);
  BOOST_REQUIRE(recovered.ok());
  BOOST_REQUIRE_EQUAL(recovered->records.size(), 1U);
  BOOST_TEST(recovered->records[0].payload.size() == kRecordPayloadMax);
}

BOOST_AUTO_TEST_CASE(of_two_copies_each_record_is_taken_from_the_good_one) {
  const auto log = three_records();
  for (std::size_t one = 0; one < 3; ++one) {
    for (std::size_t other = 0; other < 3; ++other) {
      auto first = log.bytes;
      auto second = log.bytes;
      first[log.places[one] + 4] ^= 1;
      second[log.places[other] + 4] ^= 1;
      const auto recovered = recover_copies(first, second);
      if (one == other && one < 2) {
        BOOST_TEST(recovered.error().reason == "LOG_CORRUPT");
        continue;
      }
      BOOST_REQUIRE(recovered.ok());
      BOOST_TEST(recovered->log.records.size() == (one == other ? 2U : 3U));
      BOOST_TEST((recovered->log.tail == (one == other ? Tail::torn : Tail::clean)));
      BOOST_TEST(recovered->one_sided == (one == other ? 0U : 2U));
    }
  }
}

BOOST_AUTO_TEST_CASE(two_good_records_that_differ_are_corruption) {
  const auto log = three_records();
  auto second = Bytes(log.bytes.begin(), log.bytes.begin() + static_cast<std::ptrdiff_t>(log.places[2]));
  append_record(second, second.size(), 5, payload(9), Group::begins);
  BOOST_TEST(recover_copies(log.bytes, second).error().reason == "LOG_CORRUPT");
  BOOST_TEST(recover_copies(log.bytes, {})->log.records.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::storage

#include "node/journal/vote_journal.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

#include "tests/unit/journal/temporary_directory.h"

namespace keten::journal {
namespace {

using consensus::Floor;
using consensus::HeldCertificate;
using consensus::JournalRecord;
using consensus::OwnVote;

JournalRecord vote(std::uint64_t view) {
  OwnVote own;
  own.vote.subject = {.kind = VoteKind::nullify, .epoch = {}, .view = View{view}, .parent_view = {}, .block = {}};
  own.vote.signature.bytes.fill(0xAB);  // no zeros at the end: those look like preallocated space
  return own;
}

JournalRecord floor_at(std::uint64_t height) {
  Floor floor;
  floor.height = Height{height};
  floor.view = View{height};
  floor.finalization.subject = {
      .kind = VoteKind::finalize, .epoch = {}, .view = View{height}, .parent_view = View{height - 1}, .block = {}};
  return floor;
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void write_file(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

struct Fixture {
  test::TemporaryDirectory directory;
  JournalIdentity identity;
  JournalOptions options{.file_bytes = 8192};
  std::string path = directory.path() + "/votes.log";

  Fixture() {
    identity.chain_id.bytes.fill(1);
    identity.validator.bytes.fill(2);
  }
  std::unique_ptr<VoteJournal> create() {
    auto journal = VoteJournal::create(directory.path(), identity, options);
    BOOST_REQUIRE_MESSAGE(journal.ok(), (journal ? "" : journal.error().message));
    return std::move(*journal);
  }
  std::unique_ptr<VoteJournal> open() {
    auto journal = VoteJournal::open(directory.path(), identity, options);
    BOOST_REQUIRE_MESSAGE(journal.ok(), (journal ? "" : journal.error().message));
    return std::move(*journal);
  }
  std::string refusal() {
    const auto journal = VoteJournal::open(directory.path(), identity, options);
    return journal ? "" : journal.error().reason;
  }
  static void write(VoteJournal& journal, const std::vector<JournalRecord>& records) {
    journal.append(records);
    BOOST_REQUIRE(journal.sync().ok());
  }
};

BOOST_FIXTURE_TEST_SUITE(vote_journal, Fixture)

BOOST_AUTO_TEST_CASE(what_was_synced_comes_back_in_order) {
  const std::vector<JournalRecord> first{vote(1), vote(2)};
  {
    const auto journal = create();
    write(*journal, first);
    write(*journal, {floor_at(1)});
    journal->append({vote(3)});  // never synced
    BOOST_TEST(journal->counters().appended == 3U);
    BOOST_TEST(journal->counters().synced == 2U);
  }
  const auto journal = open();
  BOOST_TEST((journal->take_records() == std::vector{first[0], first[1], floor_at(1)}));
  BOOST_TEST(!journal->was_torn());
  write(*journal, {vote(4)});
}

BOOST_AUTO_TEST_CASE(a_second_process_is_refused) {
  const auto journal = create();
  const auto second = VoteJournal::open(directory.path(), identity, options);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().reason == "JOURNAL_LOCKED");
  BOOST_TEST(second.error().message == "another process uses " + directory.path());
}

// Bug 33.
BOOST_AUTO_TEST_CASE(a_journal_is_never_made_twice_nor_silently) {
  BOOST_TEST(!VoteJournal::exists(directory.path()));
  BOOST_TEST(refusal() == "JOURNAL_MISSING");
  create();
  BOOST_TEST(VoteJournal::exists(directory.path()));
  BOOST_TEST(VoteJournal::create(directory.path(), identity, options).error().reason == "JOURNAL_EXISTS");
}

BOOST_AUTO_TEST_CASE(another_key_or_chain_is_refused) {
  create();
  identity.validator.bytes[0] ^= 1;
  BOOST_TEST(refusal() == "JOURNAL_WRONG_OWNER");
  identity.validator.bytes[0] ^= 1;
  identity.chain_id.bytes[0] ^= 1;
  BOOST_TEST(refusal() == "JOURNAL_WRONG_OWNER");
}

// Bug 41.
BOOST_AUTO_TEST_CASE(a_group_torn_at_every_byte_of_either_copy_is_not_there_or_whole) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  {
    const auto journal = create();
    write(*journal, {vote(1)});
    before = journal->counters().bytes;
    write(*journal, {vote(2)});
    after = journal->counters().bytes;
  }
  const auto whole = read_file(path);
  const auto half = whole.size() / 2;
  const auto with_tail = [&](std::uint64_t first, std::uint64_t second) {
    auto bytes = whole;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(first), bytes.begin() + static_cast<std::ptrdiff_t>(after),
              0);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(half + second),
              bytes.begin() + static_cast<std::ptrdiff_t>(half + after), 0);
    write_file(path, bytes);
  };
  for (auto length = before; length < after; ++length) {
    for (const auto& [first, second] :
         {std::pair(length, before), std::pair(before, length), std::pair(length, length)}) {
      with_tail(first, second);
      {
        const auto journal = open();
        BOOST_TEST((journal->take_records() == std::vector{vote(1)}));
        BOOST_TEST(journal->was_torn() == (length > before));
        if (length % 16 != 0) { continue; }
        write(*journal, {vote(3)});
      }
      BOOST_TEST((open()->take_records() == std::vector{vote(1), vote(3)}));
    }
    for (const auto& [first, second] : {std::pair(length, after), std::pair(after, length)}) {
      with_tail(first, second);
      BOOST_TEST((open()->take_records() == std::vector{vote(1), vote(2)}));
      BOOST_TEST((read_file(path) == whole));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_at_every_byte_loses_nothing) {
  std::uint64_t used = 0;
  {
    const auto journal = create();
    for (std::uint64_t view = 1; view <= 3; ++view) { write(*journal, {vote(view)}); }
    used = journal->counters().bytes;
  }
  const std::vector<JournalRecord> written{vote(1), vote(2), vote(3)};
  const auto whole = read_file(path);
  for (const auto copy : {std::size_t{0}, whole.size() / 2}) {
    for (std::size_t place = 0; place < used; ++place) {
      auto bytes = whole;
      bytes[copy + place] = static_cast<std::uint8_t>(bytes[copy + place] ^ (1U << (place % 8)));
      write_file(path, bytes);
      const auto journal = open();
      BOOST_TEST((journal->take_records() == written));
      BOOST_TEST(journal->restored() >= 1U);
      BOOST_TEST((read_file(path) == whole), "byte " << copy + place << " is repaired");
    }
  }
  BOOST_TEST(open()->restored() == 0U);
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_at_every_byte_behind_the_end_loses_nothing) {
  {
    const auto journal = create();
    write(*journal, {vote(1)});
  }
  const auto whole = read_file(path);
  for (auto place = 0U; place < whole.size(); ++place) {
    if (whole[place] != 0) { continue; }
    auto bytes = whole;
    bytes[place] = 0x40;
    write_file(path, bytes);
    BOOST_TEST((open()->take_records() == std::vector{vote(1)}), "byte " << place);
  }
}

BOOST_AUTO_TEST_CASE(a_file_cut_at_every_byte_is_corruption) {
  {
    const auto journal = create();
    for (std::uint64_t view = 1; view <= 3; ++view) { write(*journal, {vote(view)}); }
  }
  const auto whole = read_file(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(path, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    BOOST_TEST(refusal() == "JOURNAL_CORRUPT");
  }
  auto longer = whole;
  longer.resize(whole.size() + 8192);
  write_file(path, longer);
  BOOST_TEST(refusal() == "JOURNAL_CORRUPT");
}

// Bug 41.
BOOST_AUTO_TEST_CASE(a_record_that_is_bad_in_both_copies_before_the_end_is_corruption) {
  std::vector<std::uint64_t> begins;
  {
    const auto journal = create();
    for (std::uint64_t view = 1; view <= 3; ++view) {
      begins.push_back(journal->counters().bytes);
      write(*journal, {vote(view)});
    }
  }
  const auto whole = read_file(path);
  for (auto place = begins[0]; place < begins[2]; ++place) {
    auto bytes = whole;
    for (const auto at : {place, whole.size() / 2 + begins[place < begins[1] ? 0 : 1]}) {
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1U);
    }
    write_file(path, bytes);
    BOOST_TEST(refusal() == "JOURNAL_CORRUPT");
  }
}

BOOST_AUTO_TEST_CASE(a_lost_page_loses_nothing_also_after_a_rotation) {
  options.file_bytes = 32 * 1024;
  std::vector<JournalRecord> written;
  {
    const auto journal = create();
    for (std::uint64_t height = 1; height <= 200; ++height) {
      written.push_back(vote(height));
      write(*journal, {written.back()});
    }
    BOOST_TEST(journal->counters().rotations >= 1U);
  }
  const auto whole = read_file(path);
  for (std::size_t page = 0; page < whole.size(); page += 4096) {
    auto bytes = whole;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page), 4096, 0);
    write_file(path, bytes);
    BOOST_TEST((open()->take_records() == written));
    BOOST_TEST((read_file(path) == whole), "the page at byte " << page << " is repaired");
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_at_every_byte_of_a_rotated_file_loses_nothing) {
  options.file_bytes = 0;
  std::vector<JournalRecord> written;
  {
    const auto journal = create();
    while (journal->counters().rotations == 0) {
      written.push_back(vote(written.size() + 1));
      write(*journal, {written.back()});
    }
  }
  const auto whole = read_file(path);
  for (std::size_t place = 0; place < whole.size(); ++place) {
    auto bytes = whole;
    bytes[place] = static_cast<std::uint8_t>(bytes[place] ^ (1U << (place % 8)));
    write_file(path, bytes);
    BOOST_TEST((open()->take_records() == written), "byte " << place);
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_the_first_format_is_refused) {
  create();
  auto bytes = read_file(path);
  Bytes old;
  Bytes owner(bytes.begin() + storage::kRecordHeaderBytes, bytes.begin() + storage::kRecordHeaderBytes + 66);
  owner[0] = 1;
  storage::append_record(old, 0, 1, owner, storage::Group::begins);
  old.resize(8192);
  write_file(path, old);
  BOOST_TEST(refusal() == "JOURNAL_FORMAT");
}

// Bug 40.
BOOST_AUTO_TEST_CASE(rotation_keeps_the_executed_floor_and_everything_above_it) {
  options = {.file_bytes = 40'000};
  {
    const auto journal = create();
    for (std::uint64_t height = 1; height <= 400; ++height) {
      write(*journal, {vote(height)});
      if (height > 3) { journal->executed(Height{height - 3}); }
      write(*journal, {floor_at(height)});
    }
    BOOST_TEST(journal->counters().rotations >= 2U);
    BOOST_TEST(journal->counters().bytes < 20'480U);
    write(*journal, {vote(401)});
  }
  const auto records = open()->take_records();
  for (std::uint64_t view = 397; view <= 401; ++view) {
    BOOST_TEST((std::ranges::find(records, vote(view)) != records.end()));
  }
  BOOST_TEST((std::ranges::find(records, floor_at(397)) != records.end()));
  BOOST_TEST((std::ranges::find(records, vote(1)) == records.end()));
  BOOST_TEST(!std::filesystem::exists(path + ".new"));
}

BOOST_AUTO_TEST_CASE(how_each_epoch_ended_outlives_every_rotation) {
  options = {.file_bytes = 40'000};
  const auto in_epoch = [](std::uint64_t height) {
    auto floor = std::get<Floor>(floor_at(height));
    floor.finalization.subject.epoch = Epoch{height / 10};  // height 9 ends epoch 0, height 19 epoch 1
    floor.finalization.signers = {7};
    floor.finalization.signatures.resize(3);
    return JournalRecord(floor);
  };
  {
    const auto journal = create();
    for (std::uint64_t height = 1; height <= 1000; ++height) {
      write(*journal, {in_epoch(height)});
      journal->executed(Height{height - 1});
    }
    BOOST_TEST(journal->counters().rotations >= 5U);
  }
  // Again after a start: what was read is sorted like what was written.
  {
    const auto journal = open();
    journal->executed(Height{1000});
    const auto before = journal->counters().rotations;
    for (std::uint64_t height = 1001; journal->counters().rotations < before + 2; ++height) {
      write(*journal, {in_epoch(height)});
      journal->executed(Height{height - 1});
    }
  }
  std::vector<JournalRecord> ends;
  std::size_t others = 0;
  for (const auto& record : open()->take_records()) {
    const auto height = std::get<Floor>(record).height.value;
    if (height % 10 == 9 && height <= 999) {
      ends.push_back(record);
    } else {
      others += height <= 999 ? 1 : 0;
    }
  }
  BOOST_REQUIRE_EQUAL(ends.size(), 100);
  for (std::uint64_t epoch = 0; epoch < 100; ++epoch) { BOOST_TEST((ends[epoch] == in_epoch(10 * epoch + 9))); }
  BOOST_TEST(others == 0U);
}

BOOST_AUTO_TEST_CASE(a_proven_end_takes_the_place_of_one_without_proof) {
  options = {.file_bytes = 8192};
  auto bare = std::get<Floor>(floor_at(5));
  auto proven = bare;
  proven.finalization.signers = {7};
  proven.finalization.signatures.resize(3);
  {
    const auto journal = create();
    write(*journal, {JournalRecord(bare), JournalRecord(proven)});
    journal->executed(Height{1000});
    for (std::uint64_t height = 6; journal->counters().rotations < 2; ++height) {
      auto floor = std::get<Floor>(floor_at(height));
      floor.finalization.subject.epoch = Epoch{1};
      write(*journal, {JournalRecord(floor)});
    }
  }
  BOOST_TEST((open()->take_records().front() == JournalRecord(proven)));
}

BOOST_AUTO_TEST_CASE(rotation_forgets_nothing_while_nothing_is_executed) {
  options = {.file_bytes = 10'000};
  {
    const auto journal = create();
    for (std::uint64_t height = 1; height <= 100; ++height) { write(*journal, {vote(height), floor_at(height)}); }
    BOOST_TEST(journal->counters().rotations > 0U);
  }
  BOOST_TEST(open()->take_records().size() == 200U);
}

// Bug 40.
BOOST_AUTO_TEST_CASE(an_abandoned_rotation_is_ignored) {
  {
    const auto journal = create();
    write(*journal, {vote(1)});
  }
  write_file(path + ".new", to_bytes("half a file"));
  BOOST_TEST((open()->take_records() == std::vector{vote(1)}));
}

BOOST_AUTO_TEST_CASE(space_is_written_ahead) {
  const auto journal = create();
  BOOST_TEST(std::filesystem::file_size(path) == options.file_bytes);
  write(*journal, {vote(1)});
  BOOST_TEST(std::filesystem::file_size(path) == options.file_bytes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::journal

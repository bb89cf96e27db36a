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
  JournalOptions options{.preallocate_bytes = 4096, .rotate_bytes = 1024 * 1024};
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

BOOST_AUTO_TEST_CASE(a_file_cut_at_every_byte_of_the_last_record_opens_without_it) {
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
  for (auto length = before; length < after; ++length) {
    for (const bool preallocated : {false, true}) {
      auto bytes = Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      if (preallocated) { bytes.resize(whole.size()); }
      write_file(path, bytes);
      {
        const auto journal = open();
        BOOST_TEST((journal->take_records() == std::vector{vote(1)}));
        BOOST_TEST(journal->was_torn() == (length > before));
        if (length % 16 != 0) { continue; }
        write(*journal, {vote(3)});
      }
      BOOST_TEST((open()->take_records() == std::vector{vote(1), vote(3)}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_at_every_byte_before_the_last_record_is_corruption) {
  std::uint64_t last = 0;
  {
    const auto journal = create();
    for (std::uint64_t view = 1; view <= 3; ++view) {
      last = journal->counters().bytes;
      write(*journal, {vote(view)});
    }
  }
  const auto whole = read_file(path);
  for (std::size_t place = 0; place < last; ++place) {
    auto bytes = whole;
    bytes[place] = static_cast<std::uint8_t>(bytes[place] ^ (1U << (place % 8)));
    write_file(path, bytes);
    BOOST_TEST(refusal() == "JOURNAL_CORRUPT");
  }
}

BOOST_AUTO_TEST_CASE(rotation_keeps_the_executed_floor_and_everything_above_it) {
  options = {.preallocate_bytes = 0, .rotate_bytes = 20'000};
  {
    const auto journal = create();
    for (std::uint64_t height = 1; height <= 400; ++height) {
      write(*journal, {vote(height)});
      if (height > 3) { journal->executed(Height{height - 3}); }
      write(*journal, {floor_at(height)});
    }
    BOOST_TEST(journal->counters().rotations >= 2U);
    BOOST_TEST(journal->counters().bytes < 20'000U);
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

BOOST_AUTO_TEST_CASE(rotation_forgets_nothing_while_nothing_is_executed) {
  options = {.preallocate_bytes = 0, .rotate_bytes = 5'000};
  {
    const auto journal = create();
    for (std::uint64_t height = 1; height <= 100; ++height) { write(*journal, {vote(height), floor_at(height)}); }
    BOOST_TEST(journal->counters().rotations > 0U);
  }
  BOOST_TEST(open()->take_records().size() == 200U);
}

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
  BOOST_TEST(std::filesystem::file_size(path) == options.preallocate_bytes);
  write(*journal, {vote(1)});
  BOOST_TEST(std::filesystem::file_size(path) == options.preallocate_bytes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::journal

#include "node/audit/directory_source.h"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "node/audit/audit.h"
#include "tests/unit/audit/signed_chain.h"
#include "tests/unit/journal/temporary_directory.h"

namespace keten::audit {
namespace {

using test::SignedChain;

struct Fixture {
  SignedChain chain;
  test::TemporaryDirectory directory;
  std::string data = directory.path() + "/data";

  Fixture() {
    chain.add({chain.put("a", "1")});
    chain.add({chain.put("b", "2"), chain.put("c", "3")});
    chain.add({chain.put("a", "4")});
    std::filesystem::create_directories(data);
    chain.write_to(data);
  }

  Report run() {
    const auto source = SignedChain::require(DirectorySource::open(directory.path(), chain.chain));
    return SignedChain::require(audit(*source, chain.genesis, {.ledger = directory.path() + "/audit", .threads = 1}));
  }
  void flip(std::uint64_t place) {
    std::fstream file(data + "/blocks/000001.seg", std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(place));
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(place));
    file.put(byte);
  }
  storage::Location location(std::uint64_t height) {
    const auto database = SignedChain::require(rocksdb_store::RocksDatabase::open_read_only(data + "/state"));
    return storage::read_block_record(*database->snapshot(), Height{height})->location;
  }
};

BOOST_FIXTURE_TEST_SUITE(ledger_in_a_directory, Fixture)

BOOST_AUTO_TEST_CASE(a_directory_is_audited_and_left_as_it_was) {
  const auto listing = [&] {
    std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
      if (!entry.is_regular_file()) { continue; }
      files[entry.path().string()] = {entry.file_size(), entry.last_write_time()};
    }
    return files;
  };
  const auto before = listing();
  const auto report = run();
  BOOST_TEST(!report.finding.has_value());
  BOOST_TEST(report.height.value == 3U);
  BOOST_TEST(report.entries > 0U);
  BOOST_TEST((listing() == before));
}

BOOST_AUTO_TEST_CASE(a_ledger_is_read_while_a_node_has_it_open) {
  const auto writer = SignedChain::require(rocksdb_store::RocksDatabase::open(data + "/state"));
  const auto segments = SignedChain::require(journal::SegmentStore::open(data + "/blocks", chain.chain));
  BOOST_TEST(!run().finding.has_value());
}

BOOST_AUTO_TEST_CASE(a_reader_cannot_write) {
  const auto database = SignedChain::require(rocksdb_store::RocksDatabase::open_read_only(data + "/state"));
  storage::Batch batch;
  batch.put(storage::Column::state, to_bytes(std::string_view("k")), to_bytes(std::string_view("v")));
  BOOST_TEST(!database->write(batch, storage::Durability::buffered).ok());
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_in_a_segment_is_named_with_its_transaction) {
  const auto at = location(2);
  flip(at.offset + at.length - 3);
  const auto report = run();
  BOOST_REQUIRE(report.finding.has_value());
  BOOST_TEST(report.finding->reason == "SEGMENT_CORRUPT");
  BOOST_TEST(report.finding->height.value == 2U);
  BOOST_TEST((report.finding->block == chain.blocks[1].block->header.id()));
  BOOST_TEST(report.finding->message.find("number 1 (" + chain.blocks[1].block->transactions[1]->id.hex()) !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_segment_that_was_lost_since_the_last_audit_is_named) {
  BOOST_TEST(!run().finding.has_value());
  std::filesystem::remove(data + "/blocks/000001.seg");
  const auto report = run();
  BOOST_REQUIRE(report.finding.has_value());
  BOOST_TEST(report.finding->reason == "BLOCK_MISSING");
  BOOST_TEST(report.finding->height.value == 1U);
}

BOOST_AUTO_TEST_CASE(a_lost_segment_is_named) {
  std::filesystem::remove(data + "/blocks/000001.seg");
  const auto report = run();
  BOOST_REQUIRE(report.finding.has_value());
  BOOST_TEST(report.finding->reason == "BLOCK_MISSING");
  BOOST_TEST(report.finding->height.value == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_ledger_or_of_another_chain_is_refused) {
  const auto nothing = DirectorySource::open(directory.path() + "/elsewhere", chain.chain);
  BOOST_REQUIRE(!nothing.ok());
  BOOST_TEST(nothing.error().reason == "LEDGER_MISSING");
  const auto foreign = DirectorySource::open(data, sample::hash_of("another chain"));
  BOOST_REQUIRE(!foreign.ok());
  BOOST_TEST(foreign.error().reason == "WRONG_CHAIN");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::audit

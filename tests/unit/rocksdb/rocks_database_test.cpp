#include "node/rocksdb/rocks_database.h"

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/unit/journal/temporary_directory.h"
#include "tests/unit/storage/database_contract.h"

namespace keten::rocksdb_store {
namespace {

using storage::Batch;
using storage::Column;
using storage::Durability;

struct Fixture {
  test::TemporaryDirectory directory;
  std::string path = directory.path() + "/database";

  std::unique_ptr<RocksDatabase> open() {
    auto database = RocksDatabase::open(path);
    BOOST_REQUIRE_MESSAGE(database.ok(), (database ? "" : database.error().message));
    return std::move(*database);
  }
};

BOOST_FIXTURE_TEST_SUITE(rocks_database, Fixture)

BOOST_AUTO_TEST_CASE(it_is_a_database) { test::keeps_columns_apart_and_ordered(*open()); }

BOOST_AUTO_TEST_CASE(what_was_written_is_there_after_a_restart) {
  test::keeps_columns_apart_and_ordered(*open());
  const auto database = open();
  BOOST_TEST(test::scan_text(*database->snapshot(), Column::state) == "b=3;c=1;e=;");
  BOOST_REQUIRE(database->flush().ok());
  BOOST_TEST(database->size_bytes() > 0U);
  BOOST_TEST(database->statistics().at("database_keys") >= 3U);
}

BOOST_AUTO_TEST_CASE(a_second_opening_is_refused_with_a_clear_reason) {
  const auto database = open();
  const auto second = RocksDatabase::open(path);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().reason == "DATABASE_LOCKED");
  BOOST_TEST(second.error().message == "another process uses " + path);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_an_error) {
  std::ofstream(path) << "a file";
  BOOST_TEST(RocksDatabase::open(path).error().reason == "DATABASE_UNAVAILABLE");
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_the_write_ahead_log_is_not_a_silent_rollback) {
  {
    const auto database = open();
    for (int i = 0; i < 200; ++i) {
      Batch batch;
      batch.put(Column::state, as_bytes(std::to_string(i)), Bytes(100, 1));
      BOOST_REQUIRE(database->write(batch, Durability::synced).ok());
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() != ".log" || entry.file_size() < 1000) { continue; }
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(entry.file_size() / 2));
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(entry.file_size() / 2));
    file.put(byte);
  }
  BOOST_TEST(RocksDatabase::open(path).error().reason == "DATABASE_CORRUPT");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::rocksdb_store

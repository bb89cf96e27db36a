#pragma once

#include <string>

#include <boost/test/unit_test.hpp>

#include "node/storage/database.h"

/// What every implementation of storage::Database must do. `database` is empty.
namespace keten::test {

inline std::string scan_text(const storage::Snapshot& snapshot, storage::Column column, std::string_view first = {},
                             std::string_view end = {}) {
  std::string seen;
  snapshot.column(column).scan(as_bytes(first), as_bytes(end), [&](ByteView key, ByteView value) {
    seen += to_text(key) + "=" + to_text(value) + ";";
    return true;
  });
  return seen;
}

inline std::string scan_back_text(const storage::Snapshot& snapshot, storage::Column column,
                                  std::string_view first = {}, std::string_view end = {}, std::size_t most = 100) {
  std::string seen;
  snapshot.column(column).scan_back(as_bytes(first), as_bytes(end), [&](ByteView key, ByteView value) {
    seen += to_text(key) + "=" + to_text(value) + ";";
    return --most > 0;
  });
  return seen;
}

inline void keeps_columns_apart_and_ordered(storage::Database& database) {
  using storage::Column;
  storage::Batch batch;
  for (const auto* key : {"b", "a", "c"}) { batch.put(Column::state, as_bytes(key), as_bytes("1")); }
  batch.put(Column::index, as_bytes("a"), as_bytes("index"));
  batch.put(Column::meta, as_bytes("a"), as_bytes("meta"));
  BOOST_REQUIRE(database.write(batch, storage::Durability::synced).ok());
  const auto before = database.snapshot();
  BOOST_TEST(scan_text(*before, Column::state) == "a=1;b=1;c=1;");
  BOOST_TEST(scan_text(*before, Column::state, "b", "c") == "b=1;");
  BOOST_TEST(scan_text(*before, Column::index) == "a=index;");
  BOOST_TEST((before->column(Column::meta).get(as_bytes("a")) == to_bytes("meta")));
  BOOST_TEST(!before->column(Column::blocks).get(as_bytes("a")));

  storage::Batch change;
  change.erase(Column::state, as_bytes("a"));
  change.put(Column::state, as_bytes("b"), as_bytes("2"));
  change.put(Column::state, as_bytes("b"), as_bytes("3"));
  change.put(Column::state, as_bytes("e"), {});
  BOOST_REQUIRE(database.write(change, storage::Durability::buffered).ok());
  BOOST_TEST(scan_text(*database.snapshot(), Column::state) == "b=3;c=1;e=;");
  BOOST_TEST(scan_text(*before, Column::state) == "a=1;b=1;c=1;");

  std::size_t count = 0;
  database.snapshot()->column(Column::state).scan({}, {}, [&](ByteView, ByteView) { return ++count < 2; });
  BOOST_TEST(count == 2U);

  BOOST_TEST(scan_back_text(*before, Column::state) == "c=1;b=1;a=1;");
  BOOST_TEST(scan_back_text(*before, Column::state, "b") == "c=1;b=1;");
  BOOST_TEST(scan_back_text(*before, Column::state, "a", "c") == "b=1;a=1;");
  BOOST_TEST(scan_back_text(*before, Column::state, "aa", "bb") == "b=1;");
  BOOST_TEST(scan_back_text(*before, Column::state, "d") == "");
  BOOST_TEST(scan_back_text(*before, Column::state, {}, {}, 2) == "c=1;b=1;");
  BOOST_TEST(scan_back_text(*database.snapshot(), Column::state) == "e=;c=1;b=3;");
}

}  // namespace keten::test

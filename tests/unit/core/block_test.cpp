#include "core/block.h"

#include <functional>
#include <set>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

const ChainId kChain = sample::hash_of("chain");
constexpr std::size_t kHeaderBytes = 244;

BOOST_AUTO_TEST_SUITE(block)

BOOST_AUTO_TEST_CASE(a_block_comes_back_as_it_was) {
  for (const std::size_t count : {0U, 1U, 2U, 7U}) {
    const auto made = sample::block(kChain, 5, count);
    const auto bytes = made.encode();
    const auto decoded = Block::decode(bytes);
    BOOST_REQUIRE(decoded);
    BOOST_TEST((decoded->header == made.header));
    BOOST_TEST(decoded->transactions.size() == count);
    BOOST_TEST((decoded->encode() == bytes));
    BOOST_TEST(decoded->payload_matches());
  }
}

BOOST_AUTO_TEST_CASE(a_header_has_one_length) {
  Writer writer;
  sample::header(kChain, 5).encode(writer);
  BOOST_TEST(writer.bytes().size() == kHeaderBytes);
  BOOST_TEST(sample::block(kChain, 5, 0).encode().size() == kHeaderBytes + 4);
}

BOOST_AUTO_TEST_CASE(every_field_of_a_header_is_in_its_id) {
  const auto header = sample::header(kChain, 5);
  std::vector<std::function<void(BlockHeader&)>> changes = {
      [](BlockHeader& h) { ++h.version; },
      [](BlockHeader& h) { h.chain_id.bytes[0] ^= 1U; },
      [](BlockHeader& h) { ++h.epoch; },
      [](BlockHeader& h) { ++h.view; },
      [](BlockHeader& h) { ++h.height; },
      [](BlockHeader& h) { h.parent.bytes[0] ^= 1U; },
      [](BlockHeader& h) { ++h.proposer; },
      [](BlockHeader& h) { ++h.time; },
      [](BlockHeader& h) { h.payload_root.bytes[0] ^= 1U; },
      [](BlockHeader& h) { ++h.payload_bytes; },
      [](BlockHeader& h) { ++h.transaction_count; },
      [](BlockHeader& h) { ++h.executed_height; },
      [](BlockHeader& h) { h.state_root.bytes[0] ^= 1U; },
      [](BlockHeader& h) { h.next_set.bytes[0] ^= 1U; },
      [](BlockHeader& h) { h.evidence_root.bytes[0] ^= 1U; },
  };
  std::set<BlockId> ids{header.id()};
  for (const auto& change : changes) {
    auto changed = header;
    change(changed);
    ids.insert(changed.id());
    Writer writer;
    changed.encode(writer);
    Reader reader(writer.bytes());
    BOOST_TEST((BlockHeader::decode(reader) == changed));
  }
  BOOST_TEST(ids.size() == changes.size() + 1);
}

BOOST_AUTO_TEST_CASE(a_truncated_block_is_refused_at_every_byte_and_so_is_a_longer_one) {
  const auto bytes = sample::block(kChain, 5, 2).encode();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = Block::decode(ByteView(bytes).first(length));
    BOOST_TEST(!decoded, "first " << length << " bytes");
  }
  auto longer = bytes;
  longer.push_back(0);
  BOOST_TEST(Block::decode(longer).error().reason == "BLOCK_MALFORMED");
}

BOOST_AUTO_TEST_CASE(a_count_over_the_limit_is_refused_before_anything_is_reserved) {
  auto bytes = sample::block(kChain, 5, 0).encode();
  bytes[kHeaderBytes] = 0xD1;  // 2001
  bytes[kHeaderBytes + 1] = 0x07;
  const auto decoded = Block::decode(bytes);
  BOOST_REQUIRE(!decoded);
  BOOST_TEST(decoded.error().reason == "BLOCK_MALFORMED");
  BOOST_TEST(decoded.error().message == "at most 2000 transactions, found 2001");
  bytes[kHeaderBytes] = 0xD0;
  BOOST_TEST(Block::decode(bytes).error().message.find("end too early") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sizes_that_cut_the_envelopes_elsewhere_are_refused) {
  // The same bytes, cut at another place, must not be another block (Fabric, CVE-2023-46132).
  const auto made = sample::block(kChain, 5, 2);
  auto bytes = made.encode();
  bytes[kHeaderBytes + 4] = static_cast<std::uint8_t>(bytes[kHeaderBytes + 4] + 1);
  bytes[kHeaderBytes + 8] = static_cast<std::uint8_t>(bytes[kHeaderBytes + 8] - 1);
  BOOST_TEST(!Block::decode(bytes));
}

BOOST_AUTO_TEST_CASE(a_bad_transaction_gives_its_own_reason) {
  auto made = sample::block(kChain, 5, 1);
  auto bytes = made.encode();
  bytes[kHeaderBytes + 8] = 0xFF;  // first byte of the envelope
  BOOST_TEST(Block::decode(bytes).error().reason.find("TRANSACTION_") == 0U);
}

BOOST_AUTO_TEST_CASE(the_payload_must_be_what_the_header_says) {
  const auto made = sample::block(kChain, 5, 3);
  BOOST_TEST(made.payload_matches());
  auto changed = made;
  ++changed.header.payload_bytes;
  BOOST_TEST(!changed.payload_matches());
  changed = made;
  ++changed.header.transaction_count;
  BOOST_TEST(!changed.payload_matches());
  changed = made;
  std::swap(changed.transactions[0], changed.transactions[1]);
  BOOST_TEST(!changed.payload_matches());
  changed = made;
  changed.transactions.pop_back();
  BOOST_TEST(!changed.payload_matches());
}

BOOST_AUTO_TEST_CASE(a_header_that_boasts_does_not_cost_memory) {
  auto made = sample::block(kChain, 5, 1);
  made.header.payload_bytes = 0xFFFFFFFF;
  const auto bytes = made.encode();
  BOOST_TEST(bytes.capacity() < 100'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten

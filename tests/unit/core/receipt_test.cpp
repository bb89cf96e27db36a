#include "core/receipt.h"

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

std::vector<Receipt> receipts() {
  Receipt good;
  good.transaction = sample::hash_of("good");
  good.succeeded = true;
  good.fuel_used = 123;
  good.writes_digest = sample::hash_of("writes");
  good.result = to_bytes("result");
  good.valid_until = Height{77};
  Receipt bad;
  bad.transaction = sample::hash_of("bad");
  bad.reason = "OUT_OF_FUEL";
  bad.message = "at most 1000";
  return {good, bad};
}

BOOST_AUTO_TEST_SUITE(receipt)

BOOST_AUTO_TEST_CASE(receipts_come_back_as_they_were) {
  for (const auto& list : {receipts(), std::vector<Receipt>{}}) {
    const auto bytes = encode_receipts(list);
    BOOST_TEST((decode_receipts(bytes).value() == list));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      BOOST_TEST(!decode_receipts(ByteView(bytes).first(length)));
    }
    auto longer = bytes;
    longer.push_back(0);
    BOOST_TEST(!decode_receipts(longer));
  }
}

BOOST_AUTO_TEST_CASE(success_is_zero_or_one) {
  auto bytes = encode_receipts(receipts());
  for (int value = 0; value < 256; ++value) {
    bytes[4 + 32] = static_cast<std::uint8_t>(value);
    BOOST_TEST(decode_receipts(bytes).ok() == (value < 2));
  }
}

BOOST_AUTO_TEST_CASE(no_more_receipts_than_a_block_has_transactions) {
  const std::vector<Receipt> most(limits::kBlockTransactionsMax);
  BOOST_TEST(decode_receipts(encode_receipts(most)).ok());
  const std::vector<Receipt> more(limits::kBlockTransactionsMax + 1);
  BOOST_TEST(!decode_receipts(encode_receipts(more)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten

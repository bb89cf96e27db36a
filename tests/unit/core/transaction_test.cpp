#include "core/transaction.h"

#include <algorithm>
#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "core/limits.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

/// Protobuf by hand, so that every wrong encoding can be made too.
class Message {
 public:
  Message& varint(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<std::uint8_t>(value | 0x80U));
      value >>= 7U;
    }
    bytes_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Message& number(unsigned field, std::uint64_t value) { return varint(field << 3U).varint(value); }
  Message& bytes(unsigned field, ByteView content) {
    varint((field << 3U) | 2U).varint(content.size());
    return raw(content);
  }
  Message& text(unsigned field, std::string_view content) { return bytes(field, as_bytes(content)); }
  Message& raw(ByteView content) {
    bytes_.insert(bytes_.end(), content.begin(), content.end());
    return *this;
  }
  [[nodiscard]] const Bytes& get() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// The parts of one valid transaction; each test breaks one.
struct Parts {
  Bytes chain_id = to_bytes(sample::hash_of("chain").view());
  std::string organisation = "company0";
  Bytes public_key = to_bytes(sample::device_key(0).public_key().view());
  std::uint64_t valid_until = 100;
  Bytes salt = Bytes(16, 5);
  std::uint64_t fuel_limit = 1000;
  std::string contract = "record";
  std::string method = "put";
  Bytes arguments = to_bytes("arguments");
  std::vector<Payload> payloads = {sample::payload("content"), sample::payload("more")};
  std::vector<Bytes> commitments = {to_bytes(sample::payload("content").commitment().view()),
                                    to_bytes(sample::payload("more").commitment().view())};
  std::uint64_t signature_kind = 0;
  Bytes signature = Bytes(64, 1);
  Bytes body_tail;
  Bytes envelope_tail;

  [[nodiscard]] Bytes body() const {
    Message message;
    message.bytes(1, chain_id).text(2, organisation).bytes(3, public_key).number(4, valid_until).bytes(5, salt);
    message.number(6, fuel_limit).text(7, contract).text(8, method).bytes(9, arguments);
    for (const auto& commitment : commitments) { message.bytes(10, commitment); }
    return message.raw(body_tail).get();
  }
  [[nodiscard]] Bytes envelope() const { return envelope_of(body()); }
  [[nodiscard]] Bytes envelope_of(ByteView body_bytes) const {
    Message message;
    message.bytes(1, body_bytes).bytes(2, signature);
    for (const auto& payload : payloads) {
      message.bytes(3, Message().bytes(1, payload.salt.view()).bytes(2, payload.content).get());
    }
    if (signature_kind != 0) { message.number(4, signature_kind); }
    return message.raw(envelope_tail).get();
  }
};

std::string reason_of(ByteView envelope) {
  const auto decoded = decode_transaction(envelope);
  return decoded ? "accepted" : decoded.error().reason;
}

std::string reason_of(const std::function<void(Parts&)>& change) {
  Parts parts;
  change(parts);
  return reason_of(parts.envelope());
}

TransactionPointer signed_sample() {
  return sign_transaction(sample::body(sample::hash_of("chain"), 1), {sample::payload("content"), sample::payload("")},
                          sample::device_key(0));
}

/// Another valid signature of the same body: the nonce is the signer's choice.
Bytes signed_with_other_nonce(const Transaction& transaction, const KeySeed& seed) {
  std::array<std::uint8_t, 64> wide{};
  crypto_hash_sha512(wide.data(), seed.bytes.data(), seed.bytes.size());
  wide[0] &= 248U;
  wide[31] = static_cast<std::uint8_t>((wide[31] & 127U) | 64U);
  std::fill(wide.begin() + 32, wide.end(), std::uint8_t{0});
  std::array<std::uint8_t, 32> secret{};
  std::array<std::uint8_t, 32> nonce{};
  std::array<std::uint8_t, 32> challenge{};
  std::array<std::uint8_t, 32> product{};
  crypto_core_ed25519_scalar_reduce(secret.data(), wide.data());
  nonce[0] = 77;
  Bytes signature(64);
  BOOST_REQUIRE(crypto_scalarmult_ed25519_base_noclamp(signature.data(), nonce.data()) == 0);
  const auto digest = transaction_signing_hash(transaction.id);
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, signature.data(), 32);
  crypto_hash_sha512_update(&state, transaction.body.sender.bytes.data(), 32);
  crypto_hash_sha512_update(&state, digest.bytes.data(), 32);
  crypto_hash_sha512_final(&state, wide.data());
  crypto_core_ed25519_scalar_reduce(challenge.data(), wide.data());
  crypto_core_ed25519_scalar_mul(product.data(), challenge.data(), secret.data());
  crypto_core_ed25519_scalar_add(signature.data() + 32, product.data(), nonce.data());
  return signature;
}

BOOST_AUTO_TEST_SUITE(transaction)

BOOST_AUTO_TEST_CASE(what_was_signed_comes_back_and_its_signature_holds) {
  const auto made = signed_sample();
  const auto decoded = decode_transaction(made->envelope);
  BOOST_REQUIRE(decoded);
  const auto& transaction = **decoded;
  BOOST_TEST((transaction.id == made->id));
  BOOST_TEST((transaction.leaf == made->leaf));
  BOOST_TEST((transaction.envelope == made->envelope));
  BOOST_TEST((transaction.body.chain_id == made->body.chain_id));
  BOOST_TEST(transaction.body.organisation == "company0");
  BOOST_TEST((transaction.body.sender == sample::device_key(0).public_key()));
  BOOST_TEST((transaction.body.valid_until == Height{100}));
  BOOST_TEST((transaction.body.salt == made->body.salt));
  BOOST_TEST(transaction.body.fuel_limit == 1'000'000U);
  BOOST_TEST(transaction.body.contract == "record");
  BOOST_TEST(transaction.body.method == "put");
  BOOST_TEST((transaction.body.arguments == to_bytes("shelf 1")));
  BOOST_TEST((transaction.body.payload_commitments == made->body.payload_commitments));
  BOOST_REQUIRE(transaction.payloads.size() == 2U);
  BOOST_TEST((transaction.payloads[0].content == to_bytes("content")));
  BOOST_TEST(has_valid_signature(transaction));
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_protobuf_schema) {
  const auto made = signed_sample();
  Message body;
  body.bytes(1, made->body.chain_id.view()).text(2, "company0").bytes(3, made->body.sender.view()).number(4, 100);
  body.bytes(5, made->body.salt.view()).number(6, 1'000'000).text(7, "record").text(8, "put").text(9, "shelf 1");
  for (const auto& commitment : made->body.payload_commitments) { body.bytes(10, commitment.view()); }
  Message envelope;
  envelope.bytes(1, body.get()).bytes(2, made->signature.view());
  envelope.bytes(3, Message().bytes(1, made->payloads[0].salt.view()).text(2, "content").get());
  envelope.bytes(3, Message().bytes(1, made->payloads[1].salt.view()).get());
  BOOST_TEST((envelope.get() == made->envelope));
  BOOST_TEST((Hasher("keten/transaction/1").sized(ByteView(body.get())).finish() == made->id));
}

BOOST_AUTO_TEST_CASE(the_parts_of_these_tests_are_accepted_as_they_are) {
  BOOST_TEST(reason_of([](Parts&) {}) == "accepted");
  // Absent optional content is its default, and the default is absent.
  BOOST_TEST(reason_of([](Parts& parts) {
               parts.payloads.clear();
               parts.commitments.clear();
             }) == "accepted");
}

BOOST_AUTO_TEST_CASE(fields_of_another_length_are_refused_and_named) {
  for (const std::size_t size : {0U, 1U, 31U, 33U, 64U}) {
    BOOST_TEST(reason_of([&](Parts& parts) { parts.chain_id = Bytes(size, 1); }) != "accepted");
    BOOST_TEST(reason_of([&](Parts& parts) { parts.public_key = Bytes(size, 1); }) != "accepted");
    BOOST_TEST(reason_of([&](Parts& parts) { parts.commitments[1] = Bytes(size, 1); }) != "accepted");
    BOOST_TEST(reason_of([&](Parts& parts) { parts.salt = Bytes(size, 1); }) != "accepted");
  }
  for (const std::size_t size : {1U, 32U, 63U, 65U}) {
    BOOST_TEST(reason_of([&](Parts& parts) { parts.signature = Bytes(size, 1); }) == "TRANSACTION_MALFORMED");
  }
  Parts parts;
  parts.chain_id = Bytes(31, 1);
  BOOST_TEST(decode_transaction(parts.envelope()).error().message == "body.chain_id: expected 32 bytes");
}

BOOST_AUTO_TEST_CASE(names_are_short_and_plain) {
  for (const auto* name : {"", " ", "a b", "caf\xC3\xA9", "a/b", "a\n", "<b>"}) {
    const std::string text = name;
    const auto expected = text.empty() ? "TRANSACTION_NOT_CANONICAL" : "NAME_INVALID";
    BOOST_TEST(reason_of([&](Parts& parts) { parts.organisation = text; }) == expected);
    BOOST_TEST(reason_of([&](Parts& parts) { parts.contract = text; }) == expected);
    BOOST_TEST(reason_of([&](Parts& parts) { parts.method = text; }) == expected);
  }
  BOOST_TEST(reason_of([](Parts& parts) { parts.method = std::string(64, 'm'); }) == "accepted");
  BOOST_TEST(reason_of([](Parts& parts) { parts.method = std::string(65, 'm'); }) == "NAME_INVALID");
  BOOST_TEST(reason_of([](Parts& parts) { parts.method = "\xFF"; }) == "TRANSACTION_MALFORMED");
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_refused_in_body_envelope_and_payload) {
  const auto unknown = Message().number(11, 1).get();
  BOOST_TEST(reason_of([&](Parts& parts) { parts.body_tail = unknown; }) == "TRANSACTION_NOT_CANONICAL");
  BOOST_TEST(reason_of([&](Parts& parts) { parts.envelope_tail = unknown; }) == "TRANSACTION_NOT_CANONICAL");
  Parts parts;
  parts.payloads.clear();
  const auto payload = sample::payload("content");
  const auto more = sample::payload("more");
  parts.envelope_tail =
      Message()
          .bytes(3, Message().bytes(1, payload.salt.view()).bytes(2, payload.content).number(3, 1).get())
          .bytes(3, Message().bytes(1, more.salt.view()).bytes(2, more.content).get())
          .get();
  BOOST_TEST(reason_of(parts.envelope()) == "TRANSACTION_NOT_CANONICAL");
}

BOOST_AUTO_TEST_CASE(repeated_and_reordered_fields_are_refused) {
  BOOST_TEST(reason_of([](Parts& parts) { parts.body_tail = Message().number(6, 1000).get(); }) ==
             "TRANSACTION_NOT_CANONICAL");
  BOOST_TEST(reason_of([](Parts& parts) { parts.body_tail = Message().number(4, 7).get(); }) ==
             "TRANSACTION_NOT_CANONICAL");
  BOOST_TEST(reason_of([](Parts& parts) { parts.envelope_tail = Message().bytes(2, parts.signature).get(); }) ==
             "TRANSACTION_NOT_CANONICAL");
  const Parts parts;
  Message reordered;
  reordered.bytes(2, parts.signature).bytes(1, parts.body());
  for (const auto& payload : parts.payloads) {
    reordered.bytes(3, Message().bytes(1, payload.salt.view()).bytes(2, payload.content).get());
  }
  BOOST_TEST(reason_of(reordered.get()) == "TRANSACTION_NOT_CANONICAL");
}

BOOST_AUTO_TEST_CASE(numbers_have_one_encoding) {
  Parts parts;
  auto body = parts.body();
  // valid_until = 100 in one byte becomes two bytes of the same value.
  const Bytes field{0x20, 100};
  const auto place = std::search(body.begin(), body.end(), field.begin(), field.end());
  BOOST_REQUIRE((place != body.end()));
  *(place + 1) = 100 | 0x80;
  body.insert(place + 2, 0);
  BOOST_TEST(reason_of(parts.envelope_of(body)) == "TRANSACTION_NOT_CANONICAL");
  // A default that is written out.
  BOOST_TEST(reason_of([](Parts& with_zero) { with_zero.fuel_limit = 0; }) == "TRANSACTION_NOT_CANONICAL");
  BOOST_TEST(reason_of([](Parts& with_kind) { with_kind.envelope_tail = Message().number(4, 0).get(); }) ==
             "TRANSACTION_NOT_CANONICAL");
}

BOOST_AUTO_TEST_CASE(another_kind_of_signature_is_not_known_yet) {
  BOOST_TEST(reason_of([](Parts& parts) { parts.signature_kind = 1; }) == "TRANSACTION_MALFORMED");
}

BOOST_AUTO_TEST_CASE(a_truncated_transaction_is_refused_at_every_byte) {
  const auto made = signed_sample();
  for (std::size_t length = 0; length < made->envelope.size(); ++length) {
    BOOST_TEST(!decode_transaction(ByteView(made->envelope).first(length)), "first " << length << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(trailing_bytes_are_refused) {
  const auto made = signed_sample();
  for (int byte = 0; byte < 256; ++byte) {
    auto longer = made->envelope;
    longer.push_back(static_cast<std::uint8_t>(byte));
    BOOST_TEST(!decode_transaction(longer));
    Parts parts;
    parts.body_tail = {static_cast<std::uint8_t>(byte)};
    BOOST_TEST(!decode_transaction(parts.envelope()));
  }
}

BOOST_AUTO_TEST_CASE(a_changed_byte_makes_another_transaction_or_none) {
  const auto made = signed_sample();
  for (std::size_t place = 0; place < made->envelope.size(); ++place) {
    auto changed = made->envelope;
    changed[place] ^= 1U;
    const auto decoded = decode_transaction(changed);
    if (!decoded) { continue; }
    const auto& other = **decoded;
    BOOST_TEST((other.leaf != made->leaf), "byte " << place);
    BOOST_TEST(!has_valid_signature(other), "byte " << place);
    BOOST_TEST((other.envelope == changed));
  }
}

BOOST_AUTO_TEST_CASE(payloads_must_be_what_the_body_commits_to) {
  const auto mismatch = [](const std::function<void(Parts&)>& change) {
    return reason_of(change) == "PAYLOAD_MISMATCH";
  };
  BOOST_TEST(mismatch([](Parts& parts) { parts.payloads[0].content.push_back(0); }));
  BOOST_TEST(mismatch([](Parts& parts) { parts.payloads[1].salt.bytes[0] ^= 1U; }));
  BOOST_TEST(mismatch([](Parts& parts) { std::swap(parts.payloads[0], parts.payloads[1]); }));
  BOOST_TEST(mismatch([](Parts& parts) { parts.payloads.pop_back(); }));
  BOOST_TEST(mismatch([](Parts& parts) { parts.payloads.push_back(parts.payloads[0]); }));
  BOOST_TEST(mismatch([](Parts& parts) { parts.commitments.pop_back(); }));
  BOOST_TEST(mismatch([](Parts& parts) { parts.commitments[0][0] ^= 1U; }));
}

BOOST_AUTO_TEST_CASE(payloads_are_counted) {
  const auto with = [](std::size_t count) {
    return reason_of([count](Parts& parts) {
      parts.payloads.assign(count, sample::payload("x"));
      parts.commitments.assign(count, to_bytes(sample::payload("x").commitment().view()));
    });
  };
  BOOST_TEST(with(limits::kPayloadsMax) == "accepted");
  BOOST_TEST(with(limits::kPayloadsMax + 1) == "PAYLOAD_MISMATCH");
}

BOOST_AUTO_TEST_CASE(arguments_and_envelope_end_at_their_limits) {
  BOOST_TEST(reason_of([](Parts& parts) { parts.arguments = Bytes(limits::kArgumentBytesMax, 1); }) == "accepted");
  BOOST_TEST(reason_of([](Parts& parts) { parts.arguments = Bytes(limits::kArgumentBytesMax + 1, 1); }) ==
             "TRANSACTION_TOO_LARGE");

  const auto with_content = [](std::size_t bytes) {
    Parts parts;
    parts.payloads = {sample::payload(std::string(bytes, 'x'))};
    parts.commitments = {to_bytes(parts.payloads[0].commitment().view())};
    return parts.envelope();
  };
  auto content = limits::kTransactionBytesMax - 1000;
  content += limits::kTransactionBytesMax - with_content(content).size();
  const auto largest = with_content(content);
  BOOST_REQUIRE(largest.size() == limits::kTransactionBytesMax);
  BOOST_TEST(reason_of(largest) == "accepted");
  const auto oversize = with_content(content + 1);
  BOOST_REQUIRE(oversize.size() == limits::kTransactionBytesMax + 1);
  BOOST_TEST(reason_of(oversize) == "TRANSACTION_TOO_LARGE");
  BOOST_TEST((decode_transaction(oversize).error().kind == ErrorKind::too_large));
}

BOOST_AUTO_TEST_CASE(a_second_signature_gives_the_same_id_and_another_leaf) {
  const auto made = signed_sample();
  Parts parts;
  parts.signature = signed_with_other_nonce(*made, KeySeed{sample::hash_of("company0/device").bytes});
  auto envelope = made->envelope;
  const auto place =
      std::search(envelope.begin(), envelope.end(), made->signature.bytes.begin(), made->signature.bytes.end());
  std::copy(parts.signature.begin(), parts.signature.end(), place);
  const auto other = decode_transaction(envelope);
  BOOST_REQUIRE(other);
  BOOST_TEST((*other)->signature.hex() != made->signature.hex());
  BOOST_TEST(has_valid_signature(**other));
  BOOST_TEST(((*other)->id == made->id));
  BOOST_TEST(((*other)->leaf != made->leaf));
}

BOOST_AUTO_TEST_CASE(a_commitment_binds_salt_and_content) {
  auto payload = sample::payload("content");
  const auto commitment = payload.commitment();
  payload.salt.bytes[31] ^= 1U;
  BOOST_TEST((payload.commitment() != commitment));
  BOOST_TEST((sample::payload("contents").commitment() != commitment));
  BOOST_TEST((sample::payload("content").commitment() == commitment));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten

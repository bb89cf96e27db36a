#include "core/blake2b.h"

#include <bit>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace keten {
namespace {

using Word = std::uint64_t;
using State = std::array<Word, 8>;

constexpr std::size_t kRounds = 12;
// RFC 7693, section 2.6.
constexpr State kInitial{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                         0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
// Section 2.5: 32 bytes of output, no key, no tree.
constexpr Word kParameters = 0x01010000U | Hash::size;
// Section 2.7; the last two rounds are the first two again.
constexpr std::size_t kOrder[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

constexpr State begin_state() {
  State state = kInitial;
  state[0] ^= kParameters;
  return state;
}

Word read_word(const std::uint8_t* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) { word = __builtin_bswap64(word); }
  return word;
}

void write_word(std::uint8_t* bytes, Word word) {
  if constexpr (std::endian::native == std::endian::big) { word = __builtin_bswap64(word); }
  std::memcpy(bytes, &word, sizeof(word));
}

Hash hash_of(const State& state) {
  Hash hash;
  for (std::size_t i = 0; i < Hash::size / sizeof(Word); ++i) { write_word(&hash.bytes[sizeof(Word) * i], state[i]); }
  return hash;
}

// A word of one message, or the same word of several in a vector. Written out without loops and always in line, so that the
// sixteen words of the state stay in registers.

template <int Bits>
[[gnu::always_inline]] inline void turn(Word& word) {
  word = std::rotr(word, Bits);
}

#if defined(__x86_64__)
// The same word of four or eight messages.
using Word4 [[gnu::vector_size(32)]] = Word;
using Word8 [[gnu::vector_size(64)]] = Word;
using Bytes32 [[gnu::vector_size(32)]] = std::uint8_t;

template <int Bits>
[[gnu::always_inline]] inline void turn(Word8& words) {
  words = (words >> Bits) | (words << (64 - Bits));
}

template <int Bits>
[[gnu::always_inline]] inline void turn(Word4& words) {
  // Whole bytes are moved in one instruction.
  const auto bytes = reinterpret_cast<Bytes32>(words);
  if constexpr (Bits == 32) {
    words = reinterpret_cast<Word4>(__builtin_shufflevector(bytes, bytes, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9,
                                                            10, 11, 20, 21, 22, 23, 16, 17, 18, 19, 28, 29, 30, 31, 24,
                                                            25, 26, 27));
  } else if constexpr (Bits == 24) {
    words = reinterpret_cast<Word4>(__builtin_shufflevector(bytes, bytes, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8,
                                                            9, 10, 19, 20, 21, 22, 23, 16, 17, 18, 27, 28, 29, 30, 31,
                                                            24, 25, 26));
  } else if constexpr (Bits == 16) {
    words = reinterpret_cast<Word4>(__builtin_shufflevector(bytes, bytes, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14,
                                                            15, 8, 9, 18, 19, 20, 21, 22, 23, 16, 17, 26, 27, 28, 29,
                                                            30, 31, 24, 25));
  } else {
    words = (words >> Bits) | (words << (64 - Bits));
  }
}
#endif

template <typename Value>
[[gnu::always_inline]] inline void mix(Value& a, Value& b, Value& c, Value& d, const Value& x, const Value& y) {
  a += b + x;
  d ^= a;
  turn<32>(d);
  c += d;
  b ^= c;
  turn<24>(b);
  a += b + y;
  d ^= a;
  turn<16>(d);
  c += d;
  b ^= c;
  turn<63>(b);
}

template <std::size_t Round, typename Value>
[[gnu::always_inline]] inline void round(Value (&v)[16], const Value (&m)[16]) {
  constexpr const auto& order = kOrder[Round % 10];
  mix(v[0], v[4], v[8], v[12], m[order[0]], m[order[1]]);
  mix(v[1], v[5], v[9], v[13], m[order[2]], m[order[3]]);
  mix(v[2], v[6], v[10], v[14], m[order[4]], m[order[5]]);
  mix(v[3], v[7], v[11], v[15], m[order[6]], m[order[7]]);
  mix(v[0], v[5], v[10], v[15], m[order[8]], m[order[9]]);
  mix(v[1], v[6], v[11], v[12], m[order[10]], m[order[11]]);
  mix(v[2], v[7], v[8], v[13], m[order[12]], m[order[13]]);
  mix(v[3], v[4], v[9], v[14], m[order[14]], m[order[15]]);
}

template <typename Value, std::size_t... Round>
[[gnu::always_inline]] inline void all_rounds(Value (&v)[16], const Value (&m)[16], std::index_sequence<Round...>) {
  (round<Round>(v, m), ...);
}

/// The function F of section 3.2; `total` is the length of the message up to the end of this block.
void compress(State& state, const std::uint8_t* block, Word total, bool is_last) {
  Word m[16];
  for (std::size_t i = 0; i < 16; ++i) { m[i] = read_word(block + sizeof(Word) * i); }
  Word v[16];
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = state[i];
    v[i + 8] = kInitial[i];
  }
  v[12] ^= total;
  v[14] ^= is_last ? ~Word{0} : 0;
  all_rounds(v, m, std::make_index_sequence<kRounds>());
  for (std::size_t i = 0; i < 8; ++i) { state[i] ^= v[i] ^ v[i + 8]; }
}

#if defined(__x86_64__)
template <typename Words>
[[gnu::always_inline]] inline void hash_abreast(const Blake2b::Block* messages, std::size_t bytes, Hash* hashes) {
  constexpr auto kAbreast = sizeof(Words) / sizeof(Word);
  Words m[16];
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t lane = 0; lane < kAbreast; ++lane) { m[i][lane] = read_word(&messages[lane][sizeof(Word) * i]); }
  }
  constexpr auto kBegin = begin_state();
  Words v[16];
  for (std::size_t i = 0; i < 8; ++i) {
    v[i] = Words{} + kBegin[i];
    v[i + 8] = Words{} + kInitial[i];
  }
  v[12] ^= Word{bytes};
  v[14] ^= ~Word{0};
  all_rounds(v, m, std::make_index_sequence<kRounds>());
  for (std::size_t i = 0; i < Hash::size / sizeof(Word); ++i) {
    const Words result = kBegin[i] ^ v[i] ^ v[i + 8];
    for (std::size_t lane = 0; lane < kAbreast; ++lane) {
      write_word(&hashes[lane].bytes[sizeof(Word) * i], result[lane]);
    }
  }
}

[[gnu::target("avx512f")]] void hash_eight(const Blake2b::Block* messages, std::size_t bytes, Hash* hashes) {
  hash_abreast<Word8>(messages, bytes, hashes);
}

[[gnu::target("avx2")]] void hash_four(const Blake2b::Block* messages, std::size_t bytes, Hash* hashes) {
  hash_abreast<Word4>(messages, bytes, hashes);
}
#endif

Hash hash_one(const std::uint8_t* block, std::size_t bytes) {
  auto state = begin_state();
  compress(state, block, bytes, true);
  return hash_of(state);
}

}  // namespace

Blake2b::Blake2b() : state_(begin_state()) {}

void Blake2b::update(ByteView bytes) {
  // The last block is compressed at the end, so a full one waits for the next byte.
  while (bytes.size() > kBlockBytes - filled_) {
    const auto* full = bytes.data();
    auto taken = kBlockBytes;
    if (filled_ > 0) {
      taken -= filled_;
      std::memcpy(block_.data() + filled_, bytes.data(), taken);
      full = block_.data();
      filled_ = 0;
    }
    compressed_ += kBlockBytes;
    compress(state_, full, compressed_, false);
    bytes = bytes.subspan(taken);
  }
  if (bytes.empty()) { return; }
  std::memcpy(block_.data() + filled_, bytes.data(), bytes.size());
  filled_ += bytes.size();
}

Hash Blake2b::finish() {
  std::memset(block_.data() + filled_, 0, kBlockBytes - filled_);
  compress(state_, block_.data(), compressed_ + filled_, true);
  return hash_of(state_);
}

Hash Blake2b::of_short(ByteView message) {
  CHECK(message.size() <= kBlockBytes);
  Block block{};
  if (!message.empty()) { std::memcpy(block.data(), message.data(), message.size()); }
  return hash_one(block.data(), message.size());
}

void Blake2b::of_many(std::span<const Block> messages, std::size_t bytes, std::span<Hash> hashes) {
  CHECK(bytes <= kBlockBytes && messages.size() == hashes.size());
  std::size_t done = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0) {
    for (; messages.size() - done >= 8; done += 8) { hash_eight(&messages[done], bytes, &hashes[done]); }
  }
  if (__builtin_cpu_supports("avx2") != 0) {
    for (; messages.size() - done >= 4; done += 4) { hash_four(&messages[done], bytes, &hashes[done]); }
  }
#endif
  for (; done < messages.size(); ++done) { hashes[done] = hash_one(messages[done].data(), bytes); }
}

}  // namespace keten

#include "node/http/page_tokens.h"

#include <charconv>

#include <sodium.h>

#include "core/bytes.h"
#include "core/encoding.h"
#include "node/runtime/secrets.h"

namespace keten::http {

PageTokens::PageTokens() { random_bytes(key_); }

std::string PageTokens::tag(std::string_view purpose, std::string_view inner, Milliseconds expires) const {
  Writer writer;
  writer.sized("keten/page-token/1");
  writer.sized(purpose);
  writer.sized(inner);
  writer.u64(expires);
  std::array<std::uint8_t, 16> hash{};
  crypto_generichash(hash.data(), hash.size(), writer.bytes().data(), writer.bytes().size(), key_.data(), key_.size());
  return to_hex(hash);
}

std::string PageTokens::seal(std::string_view purpose, std::string_view inner, Milliseconds expires) const {
  return std::string(inner) + "." + std::to_string(expires) + "." + tag(purpose, inner, expires);
}

Result<std::string> PageTokens::open(std::string_view purpose, std::string_view token, Milliseconds now) const {
  const auto unknown =
      invalid("PAGE_TOKEN",
              "nextPageToken: expected one that this node gave for the same query since it was started; "
              "ask for the first page again");
  const auto last = token.rfind('.');
  if (last == std::string_view::npos || last == 0) { return unknown; }
  const auto middle = token.rfind('.', last - 1);
  if (middle == std::string_view::npos) { return unknown; }
  const auto inner = token.substr(0, middle);
  const auto time = token.substr(middle + 1, last - middle - 1);
  Milliseconds expires = 0;
  const auto read = std::from_chars(time.data(), time.data() + time.size(), expires);
  if (read.ec != std::errc() || read.ptr != time.data() + time.size()) { return unknown; }
  const auto wanted = tag(purpose, inner, expires);
  const auto given = token.substr(last + 1);
  if (given.size() != wanted.size() || sodium_memcmp(given.data(), wanted.data(), wanted.size()) != 0) {
    return unknown;
  }
  if (now >= expires) { return invalid("PAGE_TOKEN", "nextPageToken: it has expired; ask for the first page again"); }
  return std::string(inner);
}

}  // namespace keten::http

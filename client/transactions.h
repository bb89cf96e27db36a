#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/keys.h"
#include "core/transaction.h"

namespace keten::client {

/// Who signs, for which chain.
struct Sender {
  ChainId chain_id;
  std::string organisation;
  KeyPair key;
};

/// What a transaction asks for.
struct Call {
  std::string contract;
  std::string method;
  Bytes arguments;
  Height valid_until;  ///< the last block that may hold it: at most 2,000 ahead of the newest
  std::uint64_t fuel_limit = 1'000'000;
  std::vector<Bytes> payloads{};  ///< contents beside the body: documents, modules
};

/// Signs `call` with fresh salts, so that the same call twice is two transactions. Needs no connection.
TransactionPointer sign_call(const Sender& sender, Call call);

/// The same with the given salt of the body; payloads still get fresh ones.
TransactionPointer sign_call(const Sender& sender, Call call, const Salt& salt);

/// Arguments of method `put` of contract `record`: docs/formats/storage.md, "record".
Bytes record_put_arguments(ByteView key, ByteView value, const std::set<std::string>& subjects = {});

/// How far ahead of the newest block a transaction of ours may still be recorded.
inline constexpr std::uint64_t kValidityBlocks = 500;

}  // namespace keten::client

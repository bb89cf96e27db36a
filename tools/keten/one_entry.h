#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "contracts/contract.h"

namespace keten::tools {

/// A state of one entry, so that the contract that wrote it can read it.
class OneEntry final : public contracts::StateReader {
 public:
  OneEntry(Bytes key, Bytes value) : key_(std::move(key)), value_(std::move(value)) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    return std::ranges::equal(key, key_) ? std::optional(value_) : std::nullopt;
  }
  void scan(ByteView /*first*/, ByteView /*end*/, const Visit& /*visit*/) const override {}

 private:
  Bytes key_;
  Bytes value_;
};

}  // namespace keten::tools

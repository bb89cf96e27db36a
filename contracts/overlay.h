#pragma once

#include "contracts/contract.h"

namespace keten::contracts {

/// Order of unsigned bytes; a prefix sorts first.
[[nodiscard]] bool key_less(ByteView left, ByteView right);

/// State with changes laid over it. Borrows both. Changes may be added during a scan, but not taken away.
class Overlay : public StateReader {
 public:
  Overlay(const StateReader& below, const WriteSet& changes) : below_(below), changes_(changes) {}

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    scan_past(first, end, visit, [] {});
  }
  void scan_past(ByteView first, ByteView end, const Visit& visit, const std::function<void()>& erased) const override;

 private:
  const StateReader& below_;
  const WriteSet& changes_;
};

}  // namespace keten::contracts

#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"

namespace keten::fuzz {

/// One parser of bytes from outside. `run` takes any bytes; it aborts (CHECK) when a property of the parser is broken.
struct Target {
  std::string_view name;
  void (*run)(ByteView input);
};

// What suppliers and EPCIS clients send: edge_targets.cpp.
void csv(ByteView input);
void event_table(ByteView input);
void event_json(ByteView input);
void query_string(ByteView input);
// Agreements and packages: rules_targets.cpp.
void agreement_arguments(ByteView input);
void agreement_document(ByteView input);
void package_manifest(ByteView input);
std::vector<Bytes> agreement_argument_seeds();
std::vector<Bytes> agreement_documents();
// ODRL policies and cases: usage_targets.cpp.
void usage_policy(ByteView input);
void usage_case(ByteView input);
void usage_arguments(ByteView input);

std::span<const Target> targets();
/// Null when there is none of that name.
const Target* find_target(std::string_view name);

/// Small valid inputs to start from. Made, not stored, so that they follow the formats.
std::vector<Bytes> seeds(std::string_view target);

}  // namespace keten::fuzz

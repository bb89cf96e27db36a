#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace keten::production {

/// How exactly a document must follow the published JSON schema.
enum class Profile : std::uint8_t {
  strict,   ///< the schema's semantics
  lenient,  ///< also CBV words as `urn:epcglobal:cbv:...`, and unknown members, which are kept
};

/// Checks one event object against EPCIS-JSON-Schema.json of EPCIS 2.0 and the rules of EPCIS 2.0 section 7.4 that
/// the schema does not say (a parent is needed to add to or take from one). Appends what is wrong below `pointer`,
/// at most limits::kViolationsMax in all. Two readings are wider than the first published schema in both profiles,
/// as the later text and the field have them: `persistentDisposition` on all five types, and any word as a
/// measurement type.
///
/// `warnings` gets, if it is there, what is doubtful and accepted: a GS1 key with a wrong check digit, which the strict
/// profile refuses on id.gs1.org, and a sensor time after the event's own (M122 of the GS1 conformance requirements).
void validate_event(const json::Value& event, const std::string& pointer, Profile profile,
                    std::vector<Violation>& violations, std::vector<Violation>* warnings = nullptr);

/// A JSON-LD context: addresses of the standard's context, which is compiled in, and definitions of prefixes.
/// Nothing is ever fetched: another address is a violation, and so is an inline definition that redefines a
/// standard term.
void validate_context(const json::Value& context, const std::string& pointer, std::vector<Violation>& violations);

/// Every context below a value, which could give the names inside it another meaning.
void validate_contexts_inside(const json::Value& value, const std::string& pointer, std::vector<Violation>& violations);

/// An `epcisHeader`: master data, and prefixed names. The lenient profile keeps other names.
void validate_header(const json::Value& header, const std::string& pointer, Profile profile,
                     std::vector<Violation>& violations);
/// A `vocabularyList` of master data.
void validate_vocabulary_list(const json::Value& list, const std::string& pointer, Profile profile,
                              std::vector<Violation>& violations);

/// Reports members that are neither known nor prefixed.
void validate_members(const json::Value& object, const std::string& pointer, std::span<const std::string_view> known,
                      std::vector<Violation>& violations);

/// Whether the address is the EPCIS 2.0 context.
bool is_known_context(std::string_view address);

/// `scheme:anything` without spaces or control characters, at most limits::kUriBytesMax: an absolute URI or a
/// prefixed name.
bool is_uri(std::string_view text);

/// Appends unless the list is full.
void report(std::vector<Violation>& violations, std::string pointer, std::string expected, std::string found);

/// A value as it is shown in an error: shortened, on one line.
std::string shown(const json::Value& value);

}  // namespace keten::production

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace keten::query {

/// How identifiers of an answer are spelt: the header `GS1-EPC-Format`.
enum class EpcFormat : std::uint8_t { as_captured, digital_link, urn };

/// Whether these digits are a company prefix. A Digital Link does not say how long that of its key is, an EPC URN does.
using IsCompanyPrefix = std::function<bool(std::string_view digits)>;

/// The EPC URN of a canonical Digital Link (entity_key): `urn:epc:id:...` of an instance, `urn:epc:class:lgtin:...` of
/// a lot, `urn:epc:idpat:sgtin:...` of a product. Empty when there is none, or when no beginning of its key is a
/// company prefix; of several the longest is taken.
std::optional<std::string> epc_urn(std::string_view digital_link, const IsCompanyPrefix& is_company_prefix);

/// Spells the identifiers in the standard fields of an event alike. What has no such spelling stays as captured.
void spell_identifiers(json::Value& event, EpcFormat format, const IsCompanyPrefix& is_company_prefix);

}  // namespace keten::query

#pragma once

#include "core/genesis.h"
#include "core/json.h"

namespace keten {

json::Value organisation_to_json(const GenesisOrganisation& organisation);
/// `pointer` is where the value stands in its document, for errors.
Result<GenesisOrganisation> organisation_from_json(const json::Value& value, const std::string& pointer);

}  // namespace keten

#pragma once

#include <string>
#include <vector>

#include "contracts/agreements/records.h"
#include "contracts/contract.h"
#include "core/result.h"

namespace keten::agreements {

/// What parties have signed move by move elsewhere (a negotiation about data) becomes an agreement: version 1 of these canonical
/// bytes, signed by all. The caller has checked that `signatures` are of all parties and on exactly document_hash of the bytes; the
/// first is that of who proposed it. Fails with the reasons of parse_document, AGREEMENT_EXISTS, AGREEMENT_EXPIRED,
/// UNKNOWN_ORGANISATION or ORGANISATION_LEFT.
[[nodiscard]] Result<AgreementRecord> conclude(contracts::Context& context, const std::string& canonical,
                                               std::vector<SignatureRecord> signatures);

}  // namespace keten::agreements

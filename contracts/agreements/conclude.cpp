#include "contracts/agreements/conclude.h"

#include <utility>

#include "contracts/agreements/session.h"

namespace keten::agreements {

Result<AgreementRecord> conclude(contracts::Context& context, const std::string& canonical,
                                 std::vector<SignatureRecord> signatures) {
  const contracts::Context::Within here(context, kContractName);
  Session session(context);
  const auto document = parse_document(canonical);
  if (!document) { return document.error(); }
  const AgreementId id = document_hash(canonical);
  if (context.get(agreement_key(id))) {
    return failure(ErrorKind::conflict, "AGREEMENT_EXISTS", "exactly this was agreed before, as " + id.hex());
  }
  for (const auto& party : document->parties) {
    if (auto member = session.check_member(party); !member) { return member.error(); }
  }
  VersionRecord version;
  version.hash = id;
  version.status = VersionStatus::agreed;
  version.start = document->start;
  version.end = document->end.value_or(0);
  version.agreed = session.now();
  version.signatures = std::move(signatures);
  if (version.end != 0 && version.end <= session.now()) {
    return refused("AGREEMENT_EXPIRED", "its end lies in the past; agree on one that ends later");
  }
  AgreementRecord record;
  record.parties = document->parties;
  record.versions.push_back(std::move(version));
  session.keep(id, record);
  context.put(document_key(id, 1), to_bytes(canonical));
  // Not among those that events are judged by: it has no rules.
  for (const auto& party : record.parties) {
    auto key = of_party(party);
    key.insert(key.end(), id.bytes.begin(), id.bytes.end());
    context.put(key, {});
  }
  session.tell(id, "agreed", id.hex());
  return record;
}

}  // namespace keten::agreements

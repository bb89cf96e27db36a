#include "tests/simulator/checkers/certificates_valid.h"

#include "tests/simulator/checkers/restated.h"

namespace keten::simulator {

void CertificatesValid::certificate_sent(NodeNumber from, const Certificate& certificate) {
  if (certificate.subject.view == View{0} && certificate.signatures.empty()) { return; }  // the genesis needs no votes
  const auto what = text_of(from) + " sent a certificate (" + text_of(certificate.subject) + ") ";
  const auto set = sets_.find(certificate.subject.epoch);
  if (set == sets_.end()) {
    violated(what + "of an epoch that has not begun");
    return;
  }
  const auto& validators = set->second;
  if (!restated::is_well_formed(certificate, validators)) {
    violated(what + "that is not well-formed or has no quorum");
    return;
  }
  const auto digest = restated::signed_digest(certificate.subject, chain_, validators.id());
  std::size_t place = 0;
  for (const auto signer : certificate.signer_indices()) {
    if (!keys_.is_valid(validators.at(signer).key, digest, certificate.signatures[place++])) {
      violated(what + "with a wrong signature of validator " + signer.text());
    }
  }
}

}  // namespace keten::simulator
